"""
Telegram's two ways of writing bold: what has to be escaped in them, and how a long HTML text becomes several messages.

A message holds 4096 characters after its tags and entities are read, counted here as UTF-16 does, which is never less than what Telegram counts.
Source: Telegram Bot API, "Formatting options" and "sendMessage".
"""

import html
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 4096  #: UTF-16 units of a message
LONGEST_CAPTION = 1024  #: of what stands under a photo

_JOINER = "\N{ZERO WIDTH JOINER}"
_RESERVED = re.compile(r"([_*\[\]()~`>#+\-=|{}.!\\])")

#: The tags Telegram knows, and which attributes it reads.
_TAGS = {
    "b": (), "strong": (), "i": (), "em": (), "u": (), "ins": (), "s": (), "strike": (), "del": (),
    "span": ("class",), "tg-spoiler": (), "a": ("href",), "tg-emoji": ("emoji-id",), "code": ("class",), "pre": (),
    "blockquote": ("expandable",),
}  # fmt: skip
_BREAKS = {"br", "p", "div", "li", "tr"}  #: of the web's HTML: a new line

_TOKEN = re.compile(
    r"<(?P<close>/?)(?P<tag>[A-Za-z][A-Za-z0-9-]*)(?P<attributes>(?:\s+[^<>]*?)?)\s*/?>|&(?P<entity>#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
)
_ATTRIBUTE = re.compile(r"""([A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")


def escape_html(text: str) -> str:
    """`text` as it is read back under parse_mode=HTML: `&`, `<` and `>` are all it takes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_markdownv2(text: str) -> str:
    r"""`text` as it is read back under parse_mode=MarkdownV2: a backslash before each of ``_*[]()~`>#+-=|{}.!\``."""
    return _RESERVED.sub(r"\\\1", text)


def size(text: str) -> int:
    """How long Telegram takes a text without markup to be: UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def plain(markup: str) -> str:
    """What is left to read of an HTML text."""
    return "".join(piece.text for piece in _pieces(markup))


def split(markup: str, longest: int = LONGEST, first: int | None = None) -> list[str]:
    """
    An HTML text as messages of at most `longest` each (the first: `first`), none of which breaks a tag or an entity.

    Cuts where a paragraph ends, else a line, a sentence, a word; a word that is longer than a message is cut inside. What is open at a cut is
    closed there and opened again in the next. Tags that Telegram does not know are left out, their text stays. Nothing but blanks is lost.
    """
    pieces = list(_pieces(markup))
    messages: list[str] = []
    start = 0
    while start < len(pieces):
        room = first if first is not None and not messages else longest
        end = _fitting(pieces, start, room)
        if end < len(pieces):
            end = _good_cut(pieces, start, end)
        if not all(piece.text.isspace() for piece in pieces[start:end]):
            messages.append(_written(pieces[start:end]))
        start = end
    return messages


@dataclass(frozen=True)
class _Piece:
    """One character of what is read, as it is written, and the tags it stands in, outermost first."""

    text: str
    tags: tuple[tuple[str, str], ...]  #: (name, as it is opened)


def _pieces(markup: str) -> Iterator[_Piece]:
    open_tags: list[tuple[str, str]] = []
    position = 0
    for token in _TOKEN.finditer(markup):
        yield from (_Piece(character, tuple(open_tags)) for character in markup[position : token.start()])
        position = token.end()
        if token["entity"]:
            yield from (_Piece(character, tuple(open_tags)) for character in html.unescape(token[0]))
            continue
        name = token["tag"].lower()
        if name in _BREAKS:
            if name == "br" or token["close"]:
                yield _Piece("\n", tuple(open_tags))
        elif name not in _TAGS:
            continue
        elif not token["close"]:
            open_tags.append((name, _opened(name, token["attributes"])))
        elif name in (known for known, _ in open_tags):
            while open_tags.pop()[0] != name:
                pass
    yield from (_Piece(character, tuple(open_tags)) for character in markup[position:])


def _opened(name: str, attributes: str) -> str:
    kept = []
    for found in _ATTRIBUTE.finditer(attributes):
        attribute = found[1].lower()
        if attribute in _TAGS[name]:
            value = next((given for given in found.groups()[1:] if given is not None), None)
            kept.append(attribute if value is None else f'{attribute}="{html.escape(html.unescape(value))}"')
    return f"<{' '.join([name, *kept])}>"


def _fitting(pieces: list[_Piece], start: int, room: int) -> int:
    """How far the pieces from `start` go into one message."""
    used = 0
    for end in range(start, len(pieces)):
        used += size(pieces[end].text)
        if used > room:
            return max(end, start + 1)
    return len(pieces)


def _good_cut(pieces: list[_Piece], start: int, end: int) -> int:
    """Where to cut at or before `end`: after the best break in the last two thirds of what fits, else between two letters."""
    text = "".join(piece.text for piece in pieces[start:end])
    for mark in ("\n\n", "\n", ". ", " "):
        found = text.rfind(mark)
        if found >= 0 and found + len(mark) > len(text) // 3:
            return start + found + len(mark)
    cut = end
    while cut > start + 1 and _joined(pieces[cut - 1].text, pieces[cut].text):
        cut -= 1
    return cut if cut > start + 1 else end


def _joined(left: str, right: str) -> bool:
    """Whether two characters are drawn as one: a letter and its mark, an emoji and what changes it."""
    return unicodedata.category(right) in {"Mn", "Me", "Mc", "Sk"} or _JOINER in {left, right}


def _written(pieces: list[_Piece]) -> str:
    written: list[str] = []
    open_tags: tuple[tuple[str, str], ...] = ()
    for piece in pieces:
        if piece.tags != open_tags:
            shared = next(
                (n for n, (a, b) in enumerate(zip(open_tags, piece.tags, strict=False)) if a is not b), min(len(open_tags), len(piece.tags))
            )
            written += [f"</{name}>" for name, _ in reversed(open_tags[shared:])]
            written += [opened for _, opened in piece.tags[shared:]]
            open_tags = piece.tags
        written.append(escape_html(piece.text))
    written += [f"</{name}>" for name, _ in reversed(open_tags)]
    return "".join(written)


def without_links(text: str) -> str:
    """A post as safe HTML, for a page: its few tags, and of its links only that they are some. Whoever wrote one may have meant a script."""
    kept = "".join(split(text, longest=1 << 20))
    return re.sub(r"<a(?: [^>]*)?>", "<u>", kept).replace("</a>", "</u>")
