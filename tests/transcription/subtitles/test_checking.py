"""Claims about what holds subtitles against their rules."""

import pytest

from transcription.segments import Segment
from transcription.subtitles import Cue, faults, lost


@pytest.mark.parametrize(
    ("cues", "rule"),
    [
        ([Cue(0, 4, ("x" * 43,))], "width"),
        ([Cue(0, 4, ("bir", "iki", "üç"))], "lines"),
        ([Cue(0, 1, ("",))], "empty"),
        ([Cue(0, 0.8, ("bir",))], "shortest"),
        ([Cue(0, 7.1, ("bir",))], "longest"),
        ([Cue(0, 1, ("yirmi iki harflik satır",))], "fastest"),
        ([Cue(0, 1, ("bir",)), Cue(1.05, 2, ("iki",))], "gap"),
        ([Cue(0, 1, ("bir",)), Cue(0.9, 2, ("iki",))], "order"),
    ],
)
def test_each_broken_rule_is_named(cues: list[Cue], rule: str) -> None:
    assert [fault.rule for fault in faults(cues)] == [rule]
    assert faults(cues)[0].place == 0


def test_what_keeps_the_rules_has_no_faults() -> None:
    assert faults([Cue(0, 0.834, ("bir",)), Cue(0.914, 7.914, ("x" * 42, "y" * 42))]) == []


def test_a_lost_word_is_named_as_often_as_it_is_missing() -> None:
    said = [Segment(0, 3, " gel gel gel git")]
    assert lost(said, [Cue(0, 3, ("gel git",))]) == ["gel", "gel"]
    assert lost(said, []) == ["gel", "gel", "gel", "git"]
    assert lost([Segment(0, 3, "a" * 60)], [Cue(0, 3, ("a" * 42, "a" * 18))]) == []
    assert lost([Segment(0, 3, "a" * 60)], [Cue(0, 3, ("a" * 42,))]) == ["a" * 60]
