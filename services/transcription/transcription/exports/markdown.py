"""Markdown: the title, chapters as headings, each paragraph with its time."""

import re

from transcription.chapters.lists import clock
from transcription.exports import languages
from transcription.exports.transcripts import Transcript, parts, plain

#: What would be markup inside a line, and at its beginning.
_INSIDE = re.compile(r"([\\`*_\[\]<>|~])")
_FIRST = re.compile(r"^(\s*)([#+\-=]|\d+[.)])(?=\s|$|-|=)")


def text(of: Transcript) -> str:
    """What was said, to be put into notes."""
    facts = [languages.name(of.language, of.locale), clock(of.duration)]
    blocks = [f"# {_escaped(of.title or of.say('Transcript', 'Döküm'))}", " · ".join(fact for fact in facts if fact)]
    for chapter, paragraphs in parts(of):
        if chapter:
            blocks.append(f"## {_escaped(chapter.title)} ({clock(chapter.start)})")
        blocks += [
            f"`{clock(one.start)}` " + (f"**{_escaped(one.speaker)}:** " if one.speaker else "") + _escaped(one.text) for one in paragraphs
        ]
    return "\n\n".join(blocks) + "\n"


def _escaped(given: str) -> str:
    return _FIRST.sub(r"\1\\\2", _INSIDE.sub(r"\\\1", plain(given).replace("&", "&amp;")))
