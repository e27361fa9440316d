"""The third act: a recording in, its words out while they are heard, then its subtitles and chapters."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imece.cli.demo import visitor
from imece.cli.demo.visitor import Api
from imece.cli.output import say
from imece.config import settings
from imece.errors import Permanent

if TYPE_CHECKING:
    from rich.console import Console

#: The model that can be had everywhere: from the hub, or as Python packages.
_MODEL = "base"
_SUBTITLES = 3


def act(console: "Console", api: Api, recording: Path) -> list[tuple[str, str]]:
    """Upload, follow, read: what there is to tell. Raises Permanent when the model cannot be had, or text, subtitles, chapters or the mail lack."""
    console.rule(say("A recording in, its words out", "Bir kayıt girer, sözleri çıkar"))
    _have_model(console)
    stored = api.upload(recording)
    wish = {"recording": stored["key"], "model": _MODEL, "title": recording.stem, "formats": ["txt", "srt", "vtt", "docx"]}
    job = api.ask("transcription.transcribe", wish | {"notify_email": visitor.EMAIL, "locale": settings().locale})
    words = _Words(api, job["id"])
    result = visitor.done(api, job["id"], console, words.news)
    for line in words.news():
        console.print(line, highlight=False)
    srt = api.download(result["files"]["srt"]).decode()
    chapters = api.get(f"/v1/transcription/recordings/{result['recording_id']}/chapters")["chapters"]
    _show(console, srt, chapters)
    mail = next((sent["id"] for sent in api.children(job["id"], "notify.send_email") if visitor.done(api, sent["id"])), None)
    caught = [file for file in (settings().home / "mail").glob("*.eml") if mail and file.name.startswith(mail)]
    if not (result["words"] and "-->" in srt and chapters and caught):
        raise Permanent("Text, subtitles, chapters or the mail are not there.", "Metin, altyazı, bölüm ya da posta eksik.")
    return [
        (say("sound", "ses"), f"{result['duration']:.0f} s, {say('language', 'dil')} {result['language']}"),
        (say("words", "kelime"), str(result["words"])),
        (say("subtitles", "altyazı"), str(srt.count("-->"))),
        (say("chapters", "bölüm"), str(len(chapters))),
    ]


class _Words:
    """What is said, as it is heard."""

    def __init__(self, api: Api, job: str) -> None:
        self._api, self._job, self._shown = api, job, 0

    def news(self) -> Iterator[str]:
        """The sentences that have come since."""
        try:
            recording = self._api.get(f"/v1/transcription/jobs/{self._job}/recording")["id"]
        except Permanent:
            return  # nobody has begun with it
        said = self._api.get(f"/v1/transcription/recordings/{recording}/transcript?words=false")["segments"]
        for segment in said[self._shown :]:
            yield f"[dim]{_time(segment['start'])}[/]  {segment['text']}"
        self._shown = len(said)


def _have_model(console: "Console") -> None:
    """Have the model on this machine: fetched and verified at the first run. Raises Permanent when it cannot be had."""
    console.print(say(f"the model {_MODEL} (145 MB, fetched once)", f"{_MODEL} modeli (145 MB, bir kez indirilir)"), style="dim")
    try:
        visitor.run("transcription", "models", "fetch", _MODEL)
    except Permanent as error:
        raise Permanent(
            f"The model {_MODEL} cannot be had here, so nothing was transcribed: {error.en}",
            f"{_MODEL} modeli burada alınamıyor, bu yüzden yazıya dökme gösterilmedi: {error.tr}",
        ) from None


def _show(console: "Console", srt: str, chapters: list[dict[str, Any]]) -> None:
    console.print(say("subtitles", "altyazılar"), style="dim")
    for cue in islice(srt.lstrip("\ufeff").split("\n\n"), _SUBTITLES):
        _, times, *lines = cue.strip().splitlines()
        console.print(f"[dim]{times}[/]  {' / '.join(lines)}", highlight=False)
    console.print(say("chapters (suggested)", "bölümler (öneri)"), style="dim")
    for chapter in chapters:
        console.print(f"[dim]{_time(chapter['start'])}[/]  {chapter['title']}", highlight=False)


def _time(seconds: float) -> str:
    minutes, left = divmod(int(seconds), 60)
    return f"{minutes}:{left:02}"
