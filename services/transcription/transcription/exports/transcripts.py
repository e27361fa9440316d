"""What is exported: a transcript, and the paragraphs that it is read in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from transcription.chapters import Chapter
from transcription.segments import Segment

#: Seconds of silence that begin a paragraph; characters after which the next sentence does.
_PAUSE = 2.0
_LONG = 700

#: Signs that neither XML nor a line of text can hold.
_BARE = dict.fromkeys((*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F, 0xFFFE, 0xFFFF))


@dataclass(frozen=True, slots=True)
class Transcript:
    """
    What was said in a recording of `duration` seconds.

    `language` is a code (`tr`), empty where nobody speaks; `locale` is the language that files speak in about it.
    """

    language: str
    duration: float
    segments: Sequence[Segment]
    title: str = ""
    chapters: Sequence[Chapter] = ()
    locale: str = "tr"

    def say(self, en: str, tr: str) -> str:
        """A word of ours, in the file's language."""
        return tr if self.locale == "tr" else en

    @property
    def text(self) -> str:
        """All of it, in one line."""
        return " ".join(text for segment in self.segments if (text := plain(segment.text)))


@dataclass(slots=True)
class Paragraph:
    """Some sentences that are read together."""

    start: float
    speaker: str
    sentences: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The sentences in one line."""
        return " ".join(self.sentences)


def parts(of: Transcript) -> Iterator[tuple[Chapter | None, list[Paragraph]]]:
    """Each chapter with its paragraphs; one part without a chapter where there are none, and one before the first where something is said there."""
    said = sorted((segment for segment in of.segments if plain(segment.text)), key=lambda segment: segment.start)
    listed = sorted(of.chapters, key=lambda chapter: chapter.start)
    place = 0
    for chapter, until in zip([None, *listed], [*(chapter.start for chapter in listed), float("inf")], strict=True):
        first = place
        # A sentence that runs over the border belongs where most of it is.
        while place < len(said) and (said[place].start + max(said[place].end, said[place].start)) / 2 < until:
            place += 1
        if chapter or place > first:
            yield chapter, paragraphs(said[first:place])


def paragraphs(said: Sequence[Segment]) -> list[Paragraph]:
    """The segments in paragraphs: a longer silence, another speaker, or a sentence's end after many lines begins a new one."""
    found: list[Paragraph] = []
    for place, segment in enumerate(said):
        new = not found or segment.speaker != found[-1].speaker or segment.start - said[place - 1].end > _PAUSE
        if new or (len(found[-1].text) > _LONG and found[-1].sentences[-1].endswith((".", "?", "!", "…"))):
            found.append(Paragraph(segment.start, segment.speaker))
        found[-1].sentences.append(plain(segment.text))
    return found


def plain(text: str) -> str:
    """A text in one line, without what no file can hold."""
    return " ".join(text.translate(_BARE).split())
