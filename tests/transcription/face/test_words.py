"""Claims about the words of the pages."""

from imece.text import sort_key
from transcription.face import words


def test_languages_stand_in_the_readers_alphabet_after_those_of_our_readers() -> None:
    turkish, english = ([name for _, name in words.SPOKEN[locale]] for locale in ("tr", "en"))
    assert turkish[:2] == ["Türkçe", "İngilizce"]
    assert english[:2] == ["Turkish", "English"]
    assert turkish[2:] == sorted(turkish[2:], key=sort_key)
    assert english[2:] == sorted(english[2:])
    assert turkish.index("Çekçe") < turkish.index("Çince") < turkish.index("Danca")
