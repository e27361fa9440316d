"""Claims about lists of chapters as videos want them."""

import pytest

from imece.errors import Invalid
from transcription.chapters import Chapter, refusals, youtube_text
from transcription.chapters.lists import clock

good = [Chapter(0, "Açılış"), Chapter(75.9, "Bütçe <2027>\nve ekleri"), Chapter(3723.2, "Sorular")]


def test_a_line_for_each_as_a_description_wants_it() -> None:
    assert youtube_text(good, 4000) == "0:00 Açılış\n1:15 Bütçe 2027 ve ekleri\n1:02:03 Sorular\n"


@pytest.mark.parametrize(
    ("chapters", "duration", "word"),
    [
        ([], 100, "no chapters"),
        (good[:2], 4000, "here are 2"),
        ([Chapter(2, "a"), Chapter(20, "b"), Chapter(40, "c")], 100, "0:00"),
        ([Chapter(0, "a"), Chapter(9.5, "b"), Chapter(40, "c")], 100, "shorter"),
        ([Chapter(0, "a"), Chapter(40, "b"), Chapter(20, "c")], 100, "shorter"),
        ([Chapter(0, "a"), Chapter(20, "b"), Chapter(95, "c")], 100, "shorter"),
        ([Chapter(0, "a"), Chapter(20, " <> "), Chapter(40, "c")], 100, "no title"),
    ],
)
def test_a_list_that_a_video_would_not_show_is_refused_with_its_reason_in_both_languages(
    chapters: list[Chapter], duration: float, word: str
) -> None:
    assert any(word in en and tr for en, tr in refusals(chapters, duration))
    with pytest.raises(Invalid):
        youtube_text(chapters, duration)


def test_a_clock_without_needless_zeros() -> None:
    assert [clock(seconds) for seconds in (0, 9.99, 60, 600, 3599, 3600, 36000)] == [
        "0:00",
        "0:09",
        "1:00",
        "10:00",
        "59:59",
        "1:00:00",
        "10:00:00",
    ]
