"""Claims about where a line may end."""

import pytest

from transcription.subtitles import breaking


def test_one_line_where_one_is_enough_else_the_best_two() -> None:
    assert breaking.lines(["Kısa", "bir", "cümle."], 42) == ("Kısa bir cümle.",)
    long = "Raporu bugün hazırladık, ama müşteri yarın sabah istedi."
    assert breaking.lines(long.split(), 42) == ("Raporu bugün hazırladık,", "ama müşteri yarın sabah istedi.")
    with pytest.raises(ValueError, match="kelime"):
        breaking.lines(["kelime" * 5] * 4, 42)


@pytest.mark.parametrize("word", ["bitti.", "bitti!”", "mi?", "done…", "終わり。"])
def test_a_sentence_ends_with_its_sign(word: str) -> None:
    assert breaking.ends_sentence(word)


@pytest.mark.parametrize("word", ["Dr.", "Av.", "A.", "T.C.", "vb.", "bitti", "bitti,"])
def test_an_abbreviation_ends_no_sentence(word: str) -> None:
    assert not breaking.ends_sentence(word)


def test_a_break_after_a_clause_before_a_conjunction_costs_less_than_one_between_words_that_belong_together() -> None:
    ranked = [("bitti.", "Sonra"), ("geldi,", "ve"), ("geldi", "ama"), ("yeni", "depo"), ("bir", "depo"), ("depo", "da")]
    costs = [breaking.cost(*pair) for pair in ranked]
    assert costs == sorted(costs)
    assert len(set(costs)) > 4


def test_pieces_of_a_long_word_are_the_word_and_end_at_its_own_signs() -> None:
    address = "https://ornek.example/raporlar/2026/ucuncu-ceyrek/satis-tablolari.xlsx"
    parts = breaking.pieces(address, 42)
    assert "".join(parts) == address
    assert all(0 < len(part) <= 42 for part in parts)
    assert parts[0].endswith(("-", "/"))
    assert breaking.pieces("e\u0301" * 30, 7)[1].startswith("e")
