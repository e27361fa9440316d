import pytest

from transcription.listening import decoding
from transcription.segments import Word


@pytest.mark.parametrize(("seconds", "frames"), [(0.5, 1500), (14.0, 1500), (14.1, 2400), (23.0, 2400), (25.0, 2400)])
def test_what_the_encoder_is_given_depends_on_the_length_alone(seconds: float, frames: int) -> None:
    assert decoding.context(int(seconds * 16_000)) == frames


def words(*times: tuple[str, float, float]) -> list[Word]:
    return [Word(start, end, text, 0.5) for text, start, end in times]


def test_a_word_is_not_stretched_over_the_pause_beside_it() -> None:
    """The first of a sentence begins late, the last ends early."""
    found = decoding._tidied(
        words((" Evet", 0.0, 4.0), (" geldi.", 4.0, 4.4), (" Sonra", 4.4, 8.0), (" gitti", 8.0, 8.4), (" eve", 8.4, 12.0)), 20.0
    )
    assert [(word.start, word.end) for word in found] == [(2.6, 4.0), (4.0, 4.4), (6.6, 8.0), (8.0, 8.4), (8.4, 9.8)]


def test_words_are_in_order_and_inside_their_piece() -> None:
    found = decoding._tidied(words((" a", 1.0, 1.5), (" b", 1.2, 1.3), (" c", 1.9, 5.0)), 2.0)
    assert [(word.start, word.end) for word in found] == [(1.0, 1.5), (1.5, 1.5), (1.9, 2.0)]
    assert decoding._tidied([], 2.0) == ()
