"""
A model as a folder: what must be in it, and whether it is what it was.

A folder without a tokenizer makes faster-whisper ask the hub for one, and half a `model.bin` fails in the middle of a job with a word about payloads:
so both are looked for first. The sums of a model we know are pinned; those of any other are written down when it is first seen. Hashing 3 GB takes
seconds, so a file whose size and time have not changed since it was hashed is believed.
"""

import hashlib
import json
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from imece.errors import Permanent
from transcription.weights.catalogue import FURTHER, MODELS, NEEDED, VOCABULARIES

_RECORD = "imece.json"


@dataclass(frozen=True)
class Record:
    """What is known of a folder: where it came from, and per file its sum, size and time."""

    source: str
    files: dict[str, dict[str, Any]]

    @property
    def sums(self) -> dict[str, str]:
        """sha256 by name."""
        return {name: str(file["sha256"]) for name, file in self.files.items()}


def files_of(folder: Path) -> list[str]:
    """The files of the model in `folder`. Raises Permanent, naming what is missing or only half there."""
    if not folder.is_dir():
        raise Permanent(f"There is no folder {folder}.", f"{folder} klasörü yok.")
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    vocabulary = [name for name in VOCABULARIES if (folder / name).is_file()]
    if not vocabulary:
        missing.append(VOCABULARIES[0])
    if missing:
        names = ", ".join(missing)
        raise Permanent(f"The model in {folder} is incomplete: {names} is missing.", f"{folder} içindeki model eksik: {names} yok.")
    if not is_whole(folder / "model.bin"):
        raise Permanent(
            f"The model in {folder} is damaged: model.bin is cut off, a download that did not end. Fetch it again.",
            f"{folder} içindeki model bozuk: model.bin yarım kalmış (indirme bitmemiş). Yeniden indirin.",
        )
    return [*NEEDED, vocabulary[0], *(name for name in FURTHER if (folder / name).is_file())]


def checked(folder: Path, notes: Path, *, pinned: Iterable[dict[str, str]] = (), source: str = "directory", again: bool = False) -> Record:
    """
    What the model in `folder` is, after its files have been held against what they must be.

    That is one of `pinned`, or what was written down when they were first seen. `again` hashes even what has not changed.

    Raises Permanent for a file that is another than it was, or is missing or cut off. `notes` is where the record of somebody else's folder is kept.
    """
    names, known = files_of(folder), _known(folder, notes)
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        state = (folder / name).stat()
        before = known.files.get(name) if known else None
        if not again and before and (before["size"], before["mtime"]) == (state.st_size, state.st_mtime_ns):
            found[name] = before
        else:
            found[name] = {"sha256": sha256(folder / name), "size": state.st_size, "mtime": state.st_mtime_ns}
    record = Record(known.source if known else source, found)
    wanted = list(pinned) or ([known.sums] if known else [])
    if wanted and not any(all(record.sums.get(name) == total for name, total in sums.items()) for sums in wanted):
        wrong = [name for name in names if all(sums.get(name) != record.sums[name] for sums in wanted)] or names
        raise Permanent(
            f"The model in {folder} is not what it should be: {', '.join(wrong)} has another sha256. Fetch it again.",
            f"{folder} içindeki model olması gereken değil: {', '.join(wrong)} dosyasının sha256'sı başka. Yeniden indirin.",
        )
    if record != known:
        write_down(record, folder, notes)
    return record


def write_down(record: Record, folder: Path, notes: Path) -> None:
    """Keep the record; a place that cannot be written to only costs the next start its time."""
    path = _place(folder, notes)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"source": record.source, "files": record.files}), encoding="utf-8")
        draft.replace(path)
    except OSError:
        return


def record_of(folder: Path, notes: Path) -> Record | None:
    """What was written down of it, if anything."""
    return _known(folder, notes)


def size(folder: Path) -> int:
    """Bytes of the model's files."""
    return sum((folder / name).stat().st_size for name in files_of(folder))


def sha256(path: Path) -> str:
    """Of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(path: Path) -> bool:
    """
    Whether a `model.bin` of CTranslate2 is as long as its own table of contents says.

    Source: CTranslate2, python/ctranslate2/specs/model_spec.py (`_serialize`): version, name, revision, then per tensor its name, shape, type and bytes.
    """
    end = path.stat().st_size
    try:
        with path.open("rb") as file:
            version = _number(file, "I")
            if version < 4:
                return end > 0  # older than any model we name; CTranslate2 itself will say
            file.seek(_number(file, "H"), 1)
            _number(file, "I")
            for _ in range(_number(file, "I")):
                file.seek(_number(file, "H"), 1)
                file.seek(4 * _number(file, "B"), 1)
                _number(file, "B")
                size_ = _number(file, "I")
                if file.tell() + size_ > end:
                    return False
                file.seek(size_, 1)
    except struct.error:
        return False
    return True


def name_of(folder: Path) -> str:
    """What to call a folder's model: its size where its name or its sum gives it away, else the folder's name."""
    names = folder.name.lower().split("faster-whisper-")[-1]
    return names if names in MODELS else folder.name


def _number(file: BinaryIO, kind: str) -> int:
    return int(struct.unpack(f"<{kind}", file.read(struct.calcsize(kind)))[0])


def _known(folder: Path, notes: Path) -> Record | None:
    try:
        read = json.loads(_place(folder, notes).read_text(encoding="utf-8"))
        return Record(read["source"], read["files"])
    except (OSError, ValueError, KeyError):
        return None


def _place(folder: Path, notes: Path) -> Path:
    if folder.parent == notes.parent:
        return folder / _RECORD
    return notes / f"{hashlib.sha256(bytes(folder.absolute())).hexdigest()[:32]}.json"
