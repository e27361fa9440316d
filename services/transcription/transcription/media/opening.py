"""
Opening a stranger's file, inside the child.

A playlist or a session description makes libav open other files and addresses, whatever the file is called: so only the `file` protocol and
only containers that hold their sound themselves are let in, and what is refused is looked at for a sentence that says what it was.
"""

import struct
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from transcription.media.findings import Probe, Stream, Unreadable

#: Demuxers of containers, by libav's names. None of them reads anything but the file it is given.
_CONTAINERS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,mp3,wav,w64,flac,ogg,aac,amr,amrnb,amrwb,avi,mpegts,mpeg,asf,flv,caf,aiff,au,ac3,eac3"
_OPTIONS = {"protocol_whitelist": "file", "format_whitelist": _CONTAINERS}

_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"v=0", b"<MPD", b"<?xml", b"[playlist]", b"<asx", b"<ASX", b"<smil", b"RTSPtext")


def opened(path: Path) -> InputContainer:
    """Open `path`, a name made by the server. Raises Unreadable with what is wrong with it."""
    if not path.is_file():
        raise Unreadable("There is no such file.", "Böyle bir dosya yok.")
    if path.stat().st_size == 0:
        raise Unreadable("The file is empty (0 bytes).", "Dosya boş (0 bayt).")
    try:
        return av.open(f"file:{path.absolute()}", mode="r", options=dict(_OPTIONS), metadata_errors="replace")
    except (OSError, ValueError, av.error.FFmpegError):  # libav's errors are of many classes, and none says what a person can do
        raise refusal(path) from None


def refusal(path: Path) -> Unreadable:
    """Why a file that could not be opened is none of ours."""
    with path.open("rb") as file:
        head = file.read(4096)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(_PLAYLISTS):
        return Unreadable(
            "This is a playlist that points elsewhere, not a recording; nothing it names was opened.",
            "Bu bir kayıt değil, başka yerleri gösteren bir çalma listesi; gösterdiği hiçbir şey açılmadı.",
        )
    if head[4:8] == b"ftyp" and not _has_index(path):
        return Unreadable(
            "The file was cut off before its index (moov) was written: nothing of it can be read. Upload it again, or repair it first.",
            "Dosya, dizini (moov) yazılmadan kesilmiş: hiçbir bölümü okunamıyor. Yeniden yükleyin ya da önce onarın.",
        )
    if _is_text(head):
        return Unreadable("This is a text, not a recording, whatever its name says.", "Adı ne olursa olsun bu bir metin, kayıt değil.")
    return Unreadable(
        "This is not a recording in a format we know, or its beginning is damaged.",
        "Bu, tanıdığımız biçimlerden birinde bir kayıt değil ya da başı hasarlı.",
    )


def described(container: InputContainer, path: Path) -> Probe:
    """What the header says. Raises Unreadable where libav has guessed a format and found nothing of it."""
    streams = tuple(_stream(stream) for stream in container.streams)
    if not any(stream.rate or stream.width for stream in streams):
        raise refusal(path)
    seconds = container.duration / av.time_base if container.duration and container.duration > 0 else None
    return Probe(container.format.name, seconds, streams, path.stat().st_size)


def sound_of(container: InputContainer) -> Any:
    """Its audio stream, the one a player would choose. Raises Unreadable where there is none, or none that can be decoded."""
    if not container.streams.audio:
        raise Unreadable("There is no sound in this file: it has no audio stream.", "Bu dosyada ses yok: ses akışı bulunmuyor.")
    stream = container.streams.best("audio") or container.streams.audio[0]
    if stream.codec_context is None:
        raise Unreadable(
            "The sound of this file is in a codec that cannot be decoded here.", "Bu dosyanın sesi burada çözülemeyen bir kodekle yazılmış."
        )
    return stream


def _stream(stream: Any) -> Stream:
    context = getattr(stream, "codec_context", None)
    kind = stream.type if stream.type in {"audio", "video", "subtitle"} else "data"
    if kind == "video" and stream.disposition & av.stream.Disposition.attached_pic:
        kind = "data"
    rate = getattr(stream, "average_rate", None)
    return Stream(
        stream.index,
        kind,
        context.name if context else "",
        float(stream.duration * stream.time_base) if stream.duration and stream.time_base else None,
        stream.metadata.get("language", ""),
        rate=getattr(context, "sample_rate", 0) or 0 if kind == "audio" else 0,
        channels=getattr(context, "channels", 0) or 0 if kind == "audio" else 0,
        width=getattr(context, "width", 0) or 0 if kind == "video" else 0,
        height=getattr(context, "height", 0) or 0 if kind == "video" else 0,
        frames_per_second=round(float(rate), 3) if kind == "video" and rate else 0.0,
    )


def _is_text(head: bytes) -> bool:
    text = head.decode("utf-8", "ignore")
    printed = sum(letter.isprintable() or letter in "\r\n\t" for letter in text)
    return len(text.encode()) > 0.99 * len(head) and printed > 0.97 * len(text)


def _has_index(path: Path) -> bool:
    """Whether a `moov` stands among the boxes of the file. Source: ISO/IEC 14496-12, 4.2."""
    end, place = path.stat().st_size, 0
    with path.open("rb") as file:
        while place + 8 <= end:
            file.seek(place)
            size, kind = struct.unpack(">I4s", file.read(8))
            if kind == b"moov":
                return True
            if size == 1:
                size = int.from_bytes(file.read(8), "big")
            if size < 8:  # 0: until the end of the file
                break
            place += size
    return False
