import pytest

from transcription.listening.decoding import Written
from transcription.listening.sentences import segments
from transcription.segments import Segment, Word


def written(*words: tuple[str, float, float]) -> Written:
    made = tuple(Word(start, end, f" {text}", 0.9) for text, start, end in words)
    return Written("".join(word.text for word in made), made, -0.25, 0.01, 1.2)


def said(text: str, pace: float = 0.3, pauses: dict[int, float] | None = None) -> tuple[Segment, ...]:
    """Words one after another, with a pause after some of them."""
    at, words = 0.0, []
    for number, word in enumerate(text.split()):
        words.append((word, at, at + pace))
        at += pace + (pauses or {}).get(number, 0.0)
    return segments(written(*words), 100.0, 100.0 + at, keep_words=True)


def texts(found: tuple[Segment, ...]) -> list[str]:
    return [segment.text.strip() for segment in found]


def test_sentences_become_segments_whose_texts_joined_are_the_windows() -> None:
    found = said("It was late. We went home! Why? Nobody knows")
    assert texts(found) == ["It was late.", "We went home!", "Why?", "Nobody knows"]
    assert "".join(segment.text for segment in found) == " It was late. We went home! Why? Nobody knows"
    assert all("".join(word.text for word in segment.words) == segment.text for segment in found)


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Dashwood had leisure",
        "Dr. Ayşe Kaya geldi",
        "yarın 3. madde konuşulacak",
        "toplantıya A. Kaya katıldı",
        "yaklaşık 3.5 milyon lira",
        "Sn. Yılmaz söz aldı",
    ],
)
def test_abbreviations_numbers_and_initials_end_no_sentence(text: str) -> None:
    assert texts(said(text)) == [text]


def test_a_pause_ends_a_segment_without_any_full_stop() -> None:
    assert texts(said("bu birinci konu bu ikinci konu", pauses={2: 1.2})) == ["bu birinci konu", "bu ikinci konu"]


def test_a_sentence_without_an_end_is_parted_at_a_comma_when_it_gets_long() -> None:
    found = said(" ".join(["ve sonra,"] * 40), pace=0.3)
    assert all(segment.end - segment.start < 17 for segment in found)
    assert len(found) > 1


def test_times_are_the_recordings_and_marks_are_the_windows() -> None:
    (one,) = said("Merhaba dünya.")
    assert (one.start, one.end) == (100.0, 100.6)
    assert (one.avg_logprob, one.no_speech_prob, one.compression_ratio) == (-0.25, 0.01, 1.2)
    assert [(word.start, word.end) for word in one.words] == [(100.0, 100.3), (100.3, 100.6)]


def test_without_words_times_stay_and_words_go() -> None:
    found = segments(written(("Bir.", 0.0, 0.4), ("İki.", 0.8, 1.2)), 10.0, 12.0, keep_words=False)
    assert [(segment.start, segment.end, segment.words) for segment in found] == [(10.0, 10.4, ()), (10.8, 11.2, ())]


def test_what_could_not_be_aligned_is_one_segment_as_long_as_its_window() -> None:
    found = segments(Written(" Merhaba", (), -0.3, 0.0, 1.0), 10.0, 12.0, keep_words=True)
    assert [(segment.start, segment.end, segment.text) for segment in found] == [(10.0, 12.0, " Merhaba")]
    assert segments(Written("  ", (), 0.0, 1.0, 0.0), 10.0, 12.0, keep_words=True) == ()
