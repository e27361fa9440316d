"""Claims about Telegram's markup: nothing is lost, nothing is broken, and every message is one that Telegram takes."""

import html
import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notify.catcher.telegram import _html
from notify.channels import markup

TAG = re.compile(r"</?[a-z-]+[^<>]*>")

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=80)
pieces = st.one_of(
    words.map(markup.escape_html),
    st.sampled_from(
        [
            "&amp;",
            "&lt;",
            "&gt;",
            "&quot;",
            "&#128512;",
            "&#x1F600;",
            "&nbsp;",
            "&uuml;",
            "&foo;",
            "&",
            "😀",
            "👨‍👩‍👧‍👦",
            "ğ̈",
            "\n\n",
            "\n",
            ". ",
            " ",
        ]
    ),
    st.sampled_from(
        [
            "<b>",
            "</b>",
            "<i>",
            "</i>",
            '<a href="https://x.example/?a=1&amp;b=2">',
            "</a>",
            "<code>",
            "</code>",
            "<br>",
            "<p>",
            "</p>",
            "<x>",
            "<",
        ]
    ),
)
marked = st.lists(pieces, max_size=40).map("".join)


def read(message: str) -> str:
    """What Telegram shows of a message, by the stand-in's own strict reader."""
    shown, fault = _html(message)
    assert fault == "", (fault, message)
    return shown


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(marked, st.integers(8, 90), st.integers(4, 60))
def test_any_html_becomes_messages_that_telegram_takes_and_no_letter_is_lost(written: str, longest: int, first: int) -> None:
    messages = markup.split(written, longest, first=min(first, longest))

    assert "".join("".join(map(read, messages)).split()) == "".join(markup.plain(written).split())
    for position, message in enumerate(messages):
        assert markup.size(read(message)) <= max(longest if position else min(first, longest), 2)
        assert read(message).strip()


@given(st.text(max_size=300), st.integers(4, 50))
def test_plain_text_is_said_as_it_was_written(text: str, longest: int) -> None:
    said = "".join(html.unescape(message) for message in markup.split(markup.escape_html(text), longest))

    assert "".join(said.split()) == "".join(text.split())
    assert markup.plain(markup.escape_html(text)) == text


def test_a_short_text_is_one_message_as_it_was() -> None:
    written = '<b>İndirim</b>: <a href="https://x.example/?a=1&amp;b=2">2.450,00 TL</a> &amp; daha fazlası'

    assert markup.split(written) == [written]


def test_it_cuts_between_paragraphs_then_lines_then_sentences_then_words() -> None:
    assert markup.split("bir iki.\n\nüç dört beş", 14) == ["bir iki.\n\n", "üç dört beş"]
    assert markup.split("bir iki üç\ndört beş", 14) == ["bir iki üç\n", "dört beş"]
    assert markup.split("Bir iki. Üç dört", 12) == ["Bir iki. ", "Üç dört"]
    assert markup.split("bir iki üç dört", 12) == ["bir iki üç ", "dört"]


def test_what_is_open_at_a_cut_is_closed_and_opened_again() -> None:
    assert markup.split("<b>bir <i>iki üç</i></b> dört", 8) == ["<b>bir <i>iki </i></b>", "<b><i>üç</i></b> dört"]
    link = '<a href="https://x.example/">'
    assert markup.split(f"{link}bir iki üç dört</a>", 8) == [f"{link}bir iki </a>", f"{link}üç dört</a>"]


def test_a_letter_and_its_mark_and_the_parts_of_an_emoji_stay_together() -> None:
    family = "👨‍👩‍👧‍👦"
    messages = markup.split(f"aaaaaaa{family}", 12)

    assert messages == ["aaaaaaa", family]
    assert markup.split("aaağ̈", 4) == ["aaa", "ğ̈"]


def test_a_long_turkish_digest_is_cut_at_4096_units_as_utf16_counts() -> None:
    lines = "".join(f"• <b>Ürün {n} 😀</b>: 1.{n:03},00 TL (-%20)\n" for n in range(400))
    messages = markup.split(lines)

    assert len(messages) == 4
    assert all(len(read(message).encode("utf-16-le")) // 2 <= 4096 for message in messages)
    assert all(message.startswith("• <b>Ürün") and message.endswith("\n") for message in messages)


def test_tags_that_telegram_does_not_know_leave_their_text_behind() -> None:
    written = "<div><h1>Başlık</h1><p>Bir<br/>iki</p><script>x</script><b onclick='y'>kalın</b></div>"

    assert markup.split(written) == ["BaşlıkBir\niki\nx<b>kalın</b>\n"]


def test_tags_that_cross_or_do_not_end_are_put_right() -> None:
    assert markup.split("<b>a<i>b</b>c</i>") == ["<b>a<i>b</i></b>c"]
    assert markup.split("<b>a") == ["<b>a</b>"]
    assert markup.split("</b>a < b & c") == ["a &lt; b &amp; c"]


def test_blanks_alone_are_no_message() -> None:
    assert markup.split("") == []
    assert markup.split("<b> \n </b>") == []


def test_html_takes_three_escapes() -> None:
    assert markup.escape_html("<b> & \"'ğ") == "&lt;b&gt; &amp; \"'ğ"


def test_markdown_takes_eighteen() -> None:
    """Source: Telegram Bot API, MarkdownV2 style; the backslash escapes itself."""
    assert markup.escape_markdownv2("2.450,00 TL (-%20)!") == "2\\.450,00 TL \\(\\-%20\\)\\!"
    assert markup.escape_markdownv2("_*[]()~`>#+-=|{}.!\\") == "\\_\\*\\[\\]\\(\\)\\~\\`\\>\\#\\+\\-\\=\\|\\{\\}\\.\\!\\\\"


@given(st.text(max_size=100))
def test_what_is_escaped_is_read_back(text: str) -> None:
    assert re.sub(r"\\(.)", r"\1", markup.escape_markdownv2(text), flags=re.DOTALL) == text
    assert markup.plain(markup.escape_html(text)) == text
    assert not TAG.search(markup.escape_html(text))


@pytest.mark.parametrize(("text", "units"), [("abc", 3), ("ğ", 1), ("😀", 2), ("👨‍👩‍👧‍👦", 11)])
def test_a_size_is_counted_in_utf16(text: str, units: int) -> None:
    assert markup.size(text) == units == len(text.encode("utf-16-le")) // 2


def test_on_a_page_a_post_has_its_tags_and_no_links() -> None:
    post = '<b>Fırsat</b> <a href="javascript:alert(1)">bak</a> <script>x</script> 3 < 4'

    assert markup.without_links(post) == "<b>Fırsat</b> <u>bak</u> x 3 &lt; 4"
