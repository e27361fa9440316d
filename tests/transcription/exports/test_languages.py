"""Claims about the names of languages."""

from transcription import listening
from transcription.exports import languages


def test_every_language_that_the_recogniser_knows_has_its_name_in_both_languages() -> None:
    assert set(languages.NAMES) == set(listening.LANGUAGES)
    assert all(en and tr for en, tr in languages.NAMES.values())
    assert languages.name("tr", "tr") == "Türkçe"
    assert languages.name("xx", "en") == "xx"
