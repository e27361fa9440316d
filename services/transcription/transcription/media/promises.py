"""What a file says of its own length where libav goes by what is there: a file that was cut off must not look whole."""

import struct
from pathlib import Path

_TAIL = 1 << 17  #: bytes; a page of Ogg is at most 65,307


def seconds(path: Path, formats: set[str]) -> float | None:
    """The seconds that the header of a WAV or an AVI promises; None where it promises none."""
    if "wav" in formats:
        return _wav(path)
    return _avi(path) if "avi" in formats else None


def ends_early(path: Path, formats: set[str]) -> bool:
    """Whether an Ogg ends in the middle of a page, or behind a page that is not the last. It has no header that knows its length."""
    if "ogg" not in formats:
        return False
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _TAIL))
        tail = file.read()
    place = tail.rfind(b"OggS")
    page = tail[place:]
    if place < 0 or len(page) < 27 or len(page) < 27 + page[26]:
        return True
    whole = 27 + page[26] + sum(page[27 : 27 + page[26]])
    return len(page) < whole or not page[5] & 4


def counts_itself(path: Path) -> bool:
    """Whether an MP3 says in its first frame how many there are. Source: the Xing and VBRI headers, as LAME and Fraunhofer write them."""
    with path.open("rb") as file:
        head = file.read(10)
        skip = 0
        if head[:3] == b"ID3":
            skip = 10 + (head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9])
        file.seek(skip)
        frame = file.read(4096)
    return any(mark in frame for mark in (b"Xing", b"Info", b"VBRI"))


def _wav(path: Path) -> float | None:
    """None where the size was never filled in. Source: Multimedia Programming Interface and Data Specifications 1.0, chapter 3."""
    rate = 0
    with path.open("rb") as file:
        file.seek(12)
        while len(head := file.read(8)) == 8:
            name, size = head[:4], int.from_bytes(head[4:], "little")
            if name == b"data":
                return size / rate if rate and 0 < size < 0xFFFFFF00 else None
            body = file.read(16) if name == b"fmt " else b""
            if len(body) == 16:
                rate = int.from_bytes(body[8:12], "little")
            file.seek(size + size % 2 - len(body), 1)
    return None


def _avi(path: Path) -> float | None:
    """Microseconds a frame times frames, of the main header. Source: AVI RIFF File Reference, AVIMAINHEADER."""
    with path.open("rb") as file:
        head = file.read(56)
    if len(head) < 56 or head[24:28] != b"avih":
        return None
    micros, frames = struct.unpack_from("<I12xI", head, 32)
    return micros * frames / 1e6 or None
