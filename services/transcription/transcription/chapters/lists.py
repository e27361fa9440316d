"""A list of chapters, as a video's description wants it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from imece.errors import Invalid

#: YouTube's own rules: one of them broken, and it shows no chapter at all.
FEWEST = 3
SHORTEST = 10

_LONGEST_TITLE = 100

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """From `start`, in seconds, on it is about `title`; `suggested` until a person has named it."""

    start: float
    title: str
    suggested: bool = True


def youtube_text(chapters: Sequence[Chapter], duration: float) -> str:
    """One line for each, `m:ss Title`, for the description of a video of `duration` seconds. Raises Invalid with the first reason why it would not work."""
    for en, tr in refusals(chapters, duration):
        raise Invalid(en, tr)
    return "".join(f"{clock(chapter.start)} {_plain(chapter.title)}\n" for chapter in chapters)


def refusals(chapters: Sequence[Chapter], duration: float) -> list[Pair]:
    """Why a video would show none of these chapters, in English and Turkish; empty where it would."""
    return list(_refusals(chapters, duration))


def clock(seconds: float) -> str:
    """`0:00`, `12:34`, `1:02:03`: whole seconds, rounded down, so that nothing of a chapter's beginning is cut off."""
    whole = int(seconds + 0.0005)
    minutes = f"{whole // 60 % 60:02}" if whole >= 3600 else f"{whole // 60}"
    return (f"{whole // 3600}:" if whole >= 3600 else "") + f"{minutes}:{whole % 60:02}"


def _refusals(chapters: Sequence[Chapter], duration: float) -> Iterator[Pair]:
    if not chapters:
        yield (
            "There are no chapters: the recording is too short for any, or keeps to one subject.",
            "Bölüm yok: kayıt bölünemeyecek kadar kısa ya da tek konulu.",
        )
        return
    if len(chapters) < FEWEST:
        yield (
            f"A video shows chapters from {FEWEST} on; here are {len(chapters)}.",
            f"Videoda bölümler en az {FEWEST} taneyken gösterilir; burada {len(chapters)} tane var.",
        )
    if int(chapters[0].start + 0.0005) != 0:
        yield "The first chapter has to begin at 0:00.", "İlk bölüm 0:00'da başlamalı."
    starts = [int(chapter.start + 0.0005) for chapter in chapters]
    for chapter, start, end in zip(chapters, starts, [*starts[1:], duration], strict=True):
        if not _plain(chapter.title):
            yield f"The chapter at {clock(start)} has no title.", f"{clock(start)} bölümünün başlığı yok."
        if end - start < SHORTEST:
            yield (
                f"The chapter at {clock(start)} is shorter than {SHORTEST} seconds.",
                f"{clock(start)} bölümü {SHORTEST} saniyeden kısa.",
            )


def _plain(title: str) -> str:
    """A title that a description may hold: one line, no angle brackets, not too long."""
    return " ".join(title.replace("<", "").replace(">", "").split())[:_LONGEST_TITLE].rstrip()
