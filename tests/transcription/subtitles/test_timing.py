"""Claims about when each word was said."""

from itertools import pairwise

import pytest

from transcription.segments import Segment, Word
from transcription.subtitles import timed


def test_a_word_that_the_recogniser_parted_is_one_again() -> None:
    spoken = (Word(0, 1, " İstanbul'"), Word(1, 1.5, "da"), Word(1.5, 2, " re"), Word(2, 3, "-elected."))
    found = timed(Segment(0, 3, " İstanbul'da re-elected.", spoken))
    assert [(word.text, word.start, word.end) for word in found] == [("İstanbul'da", 0, 1.5), ("re-elected.", 1.5, 3)]


def test_an_edited_text_keeps_the_times_of_the_words_that_stayed() -> None:
    spoken = tuple(Word(at, at + 0.8, f" {text}") for at, text in enumerate("yarın sabah taplantı var arkadaşlar".split()))  # noqa: SIM905 - words
    found = timed(Segment(0, 5, " Yarın sabah genel toplantı var, arkadaşlar.", spoken))
    assert [word.text for word in found] == ["Yarın", "sabah", "genel", "toplantı", "var,", "arkadaşlar."]
    times = {word.text: word.start for word in found}
    assert (times["Yarın"], times["sabah"], times["var,"], times["arkadaşlar."]) == (0, 1, 3, 4)
    assert 1.8 <= times["genel"] < times["toplantı"] < 3


def test_without_words_a_text_shares_its_span_by_length() -> None:
    short, long = timed(Segment(10, 20, "on muhasebeleştirilmiş"))
    assert short.start == 10
    assert long.end == pytest.approx(20)
    assert long.end - long.start > 5 * (short.end - short.start)


def test_words_without_blanks_are_parted_as_the_text_is() -> None:
    found = timed(Segment(0, 2, "Merhaba dünya", (Word(0, 1, "Merhaba"), Word(1, 2, "dünya"))))
    assert [word.text for word in found] == ["Merhaba", "dünya"]


def test_impossible_times_are_put_inside_the_segment() -> None:
    spoken = (Word(float("nan"), 2, " bir"), Word(900, 800, " iki"), Word(-5, 4, " üç"))
    found = timed(Segment(1, 5, " bir iki üç", spoken))
    assert all(1 <= word.start <= word.end <= 5 for word in found)
    assert all(before.start <= after.start for before, after in pairwise(found))


def test_a_segment_without_any_time_takes_as_long_as_its_text() -> None:
    found = timed(Segment(4, 4, "on beş karakter"))
    assert found[0].start == 4
    assert 4.5 < found[-1].end < 6


def test_the_least_sure_part_speaks_for_the_word() -> None:
    (word,) = timed(Segment(0, 1, " İzmir'de", (Word(0, 0.5, " İzmir'", 0.9), Word(0.5, 1, "de", 0.2))))
    assert word.probability == 0.2
