"""From bytes to a tree, bounded."""

import pytest

from pricing.extraction.tree import ancestors, as_utf8, language_of, parse


@pytest.mark.parametrize(
    ("page", "language"),
    [
        (b'<html lang="tr">', "tr"),
        (b"<html class=x lang=tr-TR>", "tr-TR"),
        (b"<HTML LANG='en-us'>", "en-us"),
        (b'<html xml:lang="de">', "de"),
        (b'<html><meta property="og:locale" content="tr_TR">', "tr-TR"),
        (b'<html lang="es"><meta property="og:locale" content="es_CL">', "es-CL"),
        (b'<html lang="tr"><meta property="og:locale" content="en_US">', "tr"),
        (b'<html lang="">', None),
        (b"<p>", None),
    ],
)
def test_the_language_a_page_names(page: bytes, language: str | None) -> None:
    assert language_of(page) == language


def test_utf8_stays_as_it_is() -> None:
    page = "ığüşöç ₺".encode()

    assert as_utf8(page) is page


def test_a_page_of_unclosed_tags_is_cut() -> None:
    tree = parse(b"<div>" * 500_000)

    assert len(list(tree.root.traverse())) < 60_000  # type: ignore[union-attr]


def test_a_large_honest_page_is_not_cut() -> None:
    tree = parse(b"<p>x</p>" * 20_000 + b"<b id=end>y</b>")

    assert tree.css_first("#end") is not None


def test_ancestors_are_the_elements_around() -> None:
    node = parse(b"<body><main><p><b>x").css_first("b")

    assert [outer.tag for outer in ancestors(node)] == ["p", "main", "body"]
