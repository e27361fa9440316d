"""What transcription can lack: the model that it is to listen with, memory for it, room for sound at work."""

import shutil
from collections.abc import Iterator

from imece.checks import Finding
from transcription import memory, weights
from transcription.settings import settings

#: Bytes of sound at work that must fit: an hour is 115 MB.
_LITTLE = 1 << 30


def everything() -> Iterator[Finding]:
    """All findings, the good ones too."""
    yield _model()
    yield _memory()
    yield _scratch()


def _model() -> Finding:
    name = settings().model
    one = next(found for found in weights.listed() if found.name == name)
    if one.fault:
        return Finding("speech model", "fault", one.fault, one.fault)
    if one.here:
        return Finding("speech model", "ok", f"{name}, {one.bytes / 1e6:.0f} MB", f"{name}, {one.bytes / 1e6:.0f} MB")
    if settings().offline:
        return Finding(
            "speech model",
            "fault",
            f"{name} is not here, and TRANSCRIPTION_OFFLINE forbids fetching it",
            f"{name} burada değil ve TRANSCRIPTION_OFFLINE indirmeyi yasaklıyor",
        )
    return Finding(
        "speech model",
        "warning",
        f"{name} is not here: the first recording fetches it; `imece transcription models fetch {name}` has it beforehand",
        f"{name} burada değil: ilk kayıt indirecek; `imece transcription models fetch {name}` önceden getirir",
    )


def _memory() -> Finding:
    name = settings().model
    needed, has = memory.needed(name, settings().compute_type), memory.total()
    if needed > has:
        return Finding(
            "speech memory",
            "fault",
            f"{name} needs {needed / 1e9:.1f} GB and there are {has / 1e9:.1f}: TRANSCRIPTION_MODEL",
            f"{name} için {needed / 1e9:.1f} GB gerekir, {has / 1e9:.1f} var: TRANSCRIPTION_MODEL",
        )
    return Finding(
        "speech memory",
        "ok",
        f"{name} needs {needed / 1e9:.1f} of {has / 1e9:.1f} GB",
        f"{name}: {has / 1e9:.1f} GB içinden {needed / 1e9:.1f}",
    )


def _scratch() -> Finding:
    folder = settings().scratch_folder
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    level, hours = ("warning" if free < _LITTLE else "ok"), free / 115e6
    return Finding("speech scratch", level, f"room for {hours:.0f} hours of sound", f"{hours:.0f} saatlik sese yer var")  # type: ignore[arg-type] # one of two literals
