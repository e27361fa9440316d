"""The page as a document tree: made from bytes of any charset, bounded in size, and what the stages ask of its nodes."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

#: More of a page than this is not parsed: real product pages end below 2 MB.
LARGEST = 4 << 20
#: Opened tags, and those left open, beyond which only a page's beginning is parsed: the parser's time grows with the square of the depth.
_MOST_TAGS, _MOST_OPEN = 50_000, 15_000

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w\-]{3,20})", re.IGNORECASE)
_LANGUAGE = re.compile(rb"<html\b[^>]{0,3000}?\s(?:xml:)?lang\s*=\s*[\"']?([A-Za-z]{2,3}(?:[-_][A-Za-z]{2,4}){0,2})", re.IGNORECASE)
_LOCALE = re.compile(rb"og:locale[\"'][^>]{0,200}content\s*=\s*[\"']([a-z]{2}_[A-Z]{2})[\"']")


def as_utf8(page: bytes) -> bytes:
    """The page in UTF-8, whatever it claims: what is UTF-8 stays, else the charset it names, else the one Turkish pages have (Windows-1254)."""
    if page.startswith((b"\xff\xfe", b"\xfe\xff")):
        return page.decode("utf-16", "replace").encode()
    try:
        page.decode("utf-8")
    except UnicodeDecodeError as fault:
        if len(page) - fault.start < 4:  # cut within a letter
            return page
    else:
        return page
    named = _CHARSET.search(page, 0, 4096)
    for charset in (named[1].decode("ascii") if named else "", "cp1254"):
        if charset and charset.lower().replace("-", "") != "utf8":
            try:
                return page.decode(charset, "replace").encode()
            except LookupError:
                continue
    return page


def language_of(page: bytes) -> str | None:
    """The language that the root element names, with the region of `og:locale` where only that has one."""
    found, locale = _LANGUAGE.search(page, 0, 1 << 16), _LOCALE.search(page, 0, 1 << 18)
    language = found[1].decode() if found else None
    if locale and (not language or ("-" not in language and locale[1].decode().startswith(language))):
        return locale[1].decode().replace("_", "-")
    return language


def parse(page: bytes) -> LexborHTMLParser:
    """The tree of (the beginning of) a page in UTF-8. Never raises: anything is HTML."""
    page = page[:LARGEST]
    while (tags := page.count(b"<")) > _MOST_OPEN:
        opened = tags - (closed := page.count(b"</"))
        if opened <= _MOST_TAGS and opened - closed <= _MOST_OPEN:
            break
        page = page[: len(page) // 2]
    return LexborHTMLParser(page)


def ancestors(node: LexborNode, most: int = 40) -> Iterator[LexborNode]:
    """The elements around `node`, the nearest first."""
    for _ in range(most):
        parent = node.parent
        if parent is None or parent.tag in {"-undef", "-document", "html"}:
            return
        node = parent
        yield node
