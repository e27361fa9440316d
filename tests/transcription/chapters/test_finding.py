"""Claims about where chapters are found."""

import random
from itertools import pairwise

import pytest

from transcription.chapters import chapters, refusals
from transcription.chapters.lists import SHORTEST
from transcription.segments import Segment

SYLLABLES = ["ka", "lem", "sa", "tış", "dö", "kü", "ge", "lir", "vo", "da", "rı", "pak", "zu", "fen", "mi", "ro", "tal", "şı", "bü", "nek"]


def talk(rnd: random.Random, subjects: int, sentences: int) -> tuple[list[Segment], list[float]]:
    """A talk about subjects of their own words among shared ones, with a longer pause between two; and when each but the first begins."""

    def word() -> str:
        return "".join(rnd.choices(SYLLABLES, k=3))

    shared, said, turns, at = [word() for _ in range(60)], [], [], 0.0
    for subject in range(subjects):
        own = [word() for _ in range(20)]
        if subject:
            at += 2.5
            turns.append(at)
        for _ in range(sentences):
            text = " ".join(rnd.choice(own if rnd.random() < 0.35 else shared) for _ in range(rnd.randint(7, 15))) + "."
            said.append(Segment(at, at + len(text) / 14, f" {text}"))
            at = said[-1].end + rnd.uniform(0.1, 0.6)
    return said, turns


def test_chapters_begin_where_the_subject_changes() -> None:
    found = asked = 0
    for seed in range(6):
        said, turns = talk(random.Random(seed), subjects=5, sentences=30)
        starts = [chapter.start for chapter in chapters(said, "tr")]
        assert starts[0] == 0
        asked += len(turns)
        found += sum(any(abs(start - turn) < 1 for start in starts) for turn in turns)
    assert found >= 0.85 * asked


def test_a_cut_lies_at_the_longest_pause_near_it() -> None:
    said, turns = talk(random.Random(1), subjects=4, sentences=30)
    starts = [chapter.start for chapter in chapters(said, "tr")]
    assert set(starts[1:]) <= {segment.start for segment in said}
    assert set(turns) <= set(starts)


@pytest.mark.parametrize("subjects", [1, 3, 20])
def test_what_is_found_is_a_list_that_a_video_shows(subjects: int) -> None:
    said, _ = talk(random.Random(subjects), subjects=subjects, sentences=12)
    end = said[-1].end
    found = chapters(said, "tr")
    assert len(found) >= 3
    assert refusals(found, end) == []
    assert all(chapter.suggested and chapter.title for chapter in found)
    assert len(found) <= 20
    assert all(after.start - before.start >= SHORTEST for before, after in pairwise(found))


def test_three_hours_have_few_enough_chapters_to_be_taken_in() -> None:
    said, _ = talk(random.Random(3), subjects=40, sentences=45)
    assert said[-1].end > 3 * 3600 - 600
    found = chapters(said, "tr")
    assert 3 <= len(found) <= 20
    assert min(after.start - before.start for before, after in pairwise(found)) > 300


def test_a_recording_that_is_too_short_has_none() -> None:
    assert chapters([], "tr") == []
    assert chapters([Segment(0, 3, " Merhaba.")], "tr") == []
    assert chapters([Segment(at, at + 3, f" Cümle {at}.") for at in range(0, 40, 4)], "tr") == []
    assert chapters([Segment(0, 600, " Tek bir cümle.")], "tr") == []


def test_words_without_any_full_stop_are_cut_all_the_same() -> None:
    said, turns = talk(random.Random(5), subjects=4, sentences=30)
    bare = [Segment(one.start, one.end, one.text.replace(".", "")) for one in said]
    starts = [chapter.start for chapter in chapters(bare, "tr")]
    assert sum(any(abs(start - turn) < 1 for start in starts) for turn in turns) >= 2


def test_a_list_that_says_nothing_is_still_cut() -> None:
    found = chapters([Segment(at, at + 3, " ve bu da.") for at in range(0, 400, 4)], "tr")
    assert [chapter.title for chapter in found] == [f"Bölüm {number}" for number in range(1, len(found) + 1)]


def test_an_unknown_language_is_cut_too() -> None:
    said, _ = talk(random.Random(2), subjects=4, sentences=20)
    assert len(chapters(said, "xx")) >= 3
    assert chapters(said, "") == chapters(said, "xx")
