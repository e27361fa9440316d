"""Claims about the layout of subtitles."""

import random
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from transcription.segments import Segment, Word
from transcription.subtitles import Rules, cues, faults, lost, timed

#: Rules that no input breaks.
ALWAYS = {"width", "lines", "empty", "longest", "gap", "order"}

texts = st.text(st.characters(codec="utf-8"), max_size=60)
moments = st.floats(allow_nan=True, allow_infinity=True) | st.floats(0, 30)
words = st.lists(st.builds(Word, start=moments, end=moments, text=texts, probability=st.floats(0, 1)), max_size=12).map(tuple)
segments = st.builds(Segment, start=moments, end=moments, text=texts, words=words, speaker=st.sampled_from(["", "Ayşe", "Ali"]))


def said(text: str, start: float = 0.0, rate: float = 14.0, pause: float = 0.0) -> Segment:
    """A segment whose words are said at `rate` characters a second."""
    made, at = [], start
    for word in text.split():
        end = at + (len(word) + 1) / rate
        made.append(Word(at, end, f" {word}"))
        at = end + pause
    return Segment(start, made[-1].end, f" {text}", tuple(made))


@given(st.lists(segments, max_size=12))
@example([Segment(0, 0, "a" * 500)])
@example([Segment(5, 5, " x", (Word(5, 5, " x"),))] * 40)
@settings(max_examples=100, deadline=None)
def test_no_word_is_lost_and_what_no_speech_can_break_holds_whatever_is_given(given: list[Segment]) -> None:
    found = cues(given)
    spoken = [word.text for segment in given for word in timed(segment)]
    assert sorted("".join(cue.text for cue in found).replace(" ", "")) == sorted("".join(spoken))
    assert lost(given, found) == []
    assert {fault.rule for fault in faults(found)} & ALWAYS == set()


@given(st.lists(st.text("abcçdeğıöşü.,?", min_size=1, max_size=30), min_size=1, max_size=80), st.floats(0.01, 0.5))
@settings(max_examples=60, deadline=None)
def test_words_stay_in_the_order_they_were_said_in(given: list[str], length: float) -> None:
    spoken = tuple(Word(place * length, (place + 1) * length, f" {text}") for place, text in enumerate(given))
    found = cues([Segment(0, spoken[-1].end, "".join(word.text for word in spoken), spoken)])
    assert " ".join(cue.text for cue in found).split() == given


def test_half_an_hour_of_ordinary_speech_breaks_no_rule() -> None:
    rnd, at, talk = random.Random(7), 0.0, []
    vocabulary = "toplantı rapor ve müşteri sipariş mutabakat karşılaştırmalı için yarın muhasebeleştirilmemiş ödeme ama bu çeyrek".split()  # noqa: SIM905 - words
    for _ in range(200):
        sentence = " ".join(rnd.choice(vocabulary) + ("," if rnd.random() < 0.1 else "") for _ in range(rnd.randint(3, 22)))
        talk.append(said(f"{sentence}.", at, rnd.choice([12, 15, 17, 19])))
        at = talk[-1].end + rnd.choice([0.0, 0.15, 0.5, 2.5])
    found = cues(talk)
    assert faults(found) == []
    assert lost(talk, found) == []
    bare = cues([Segment(one.start, one.end, one.text) for one in talk])
    assert faults(bare) == []
    assert lost(talk, bare) == []


def test_a_subtitle_ends_with_its_sentence_where_it_can() -> None:
    found = cues([said("Bugün toplantıda üç konu var. İlk konu yeni depo. Sonra bütçeye bakacağız, en son da izinlere.")])
    assert found[0].text.endswith(".")
    assert found[-1].text.endswith("izinlere.")


def test_no_line_begins_with_a_word_that_leans_on_the_one_before_or_ends_with_one_that_points() -> None:
    found = cues([said("Raporu muhasebe müdürüne gönderdik ve bütün şubelere de ayrıca haber verdik ama bir cevap gelmedi henüz bize")])
    lines = [line for cue in found for line in cue.lines]
    assert not [line for line in lines if line.split()[0] in ("de", "mi")]
    assert not [line for line in lines[:-1] if line.split()[-1] in ("bir", "ve", "ama")]


def test_a_hesitation_does_not_tear_apart_what_belongs_together() -> None:
    said = [("And so my fellow Americans,", 0.0, 2.2), ("ask not what", 3.1, 4.9), ("your country can do for you,", 5.5, 7.6)]
    said.append(("ask what you can do for your country.", 8.2, 10.4))
    words: list[Word] = []
    for text, start, end in said:
        each = (end - start) / len(text.split())
        words += [Word(start + n * each, start + (n + 1) * each, f" {word}") for n, word in enumerate(text.split())]
    found = cues([Segment(0, 10.4, "".join(word.text for word in words), tuple(words))])
    assert [cue.text.split()[-1] for cue in found] == ["Americans,", "you,", "country."]


def test_a_silence_parts_subtitles() -> None:
    found = cues([said("Bir dakika", 0.0), said("geldim", 4.0)])
    assert [cue.text for cue in found] == ["Bir dakika", "geldim"]


def test_speakers_do_not_share_a_subtitle() -> None:
    first, second = said("Hazır mısın?", 0.0), said("Evet, hazırım.", 1.0)
    found = cues(
        [
            Segment(first.start, first.end, first.text, first.words, speaker="Ayşe"),
            Segment(1.0, second.end, second.text, second.words, speaker="Ali"),
        ]
    )
    assert [cue.text for cue in found] == ["Hazır mısın?", "Evet, hazırım."]


def test_a_short_answer_stays_long_enough_to_be_read_and_does_not_hang() -> None:
    (cue,) = cues([Segment(3.0, 3.2, " Evet.", (Word(3.0, 3.2, " Evet."),))])
    assert cue.start == pytest.approx(3.0)
    assert 5 / 6 <= cue.end - cue.start <= 0.2 + Rules().linger


def test_segments_out_of_order_are_put_in_order() -> None:
    talk = [said("ikinci cümle.", 5.0), said("birinci cümle.", 1.0), said("üçüncü cümle.", 5.4)]
    found = cues(talk)
    assert " ".join(cue.text for cue in found) == "birinci cümle. ikinci cümle. üçüncü cümle."
    assert all(after.start > before.end for before, after in pairwise(found))


def test_the_rules_can_be_others() -> None:
    narrow = Rules(width=20, lines=1, brisk=12, fastest=30)
    found = cues([said("Dar bir ekranda altyazılar tek satır olur ve kısa kalır, hepsi okunur.", rate=10)], narrow)
    assert all(len(cue.lines) == 1 and len(cue.text) <= 20 for cue in found)
    assert faults(found, narrow) == []


def test_nothing_said_gives_nothing() -> None:
    assert cues([]) == []
    assert cues([Segment(0, 5, "  "), Segment(5, 6, "\0")]) == []
