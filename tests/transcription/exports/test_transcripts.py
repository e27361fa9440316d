"""Claims about the paragraphs a transcript is read in."""

from transcription.exports import languages
from transcription.exports.transcripts import Transcript, paragraphs, parts
from transcription.segments import Segment


def test_a_silence_another_speaker_or_many_lines_begin_a_paragraph() -> None:
    said = [Segment(0, 2, "Bir."), Segment(2.5, 4, "İki."), Segment(7, 8, "Üç."), Segment(8, 9, "Dört.", speaker="Ali")]
    assert [one.text for one in paragraphs(said)] == ["Bir. İki.", "Üç.", "Dört."]
    long = [Segment(at, at + 1, "Yirmi harflik cümle.") for at in range(100)]
    assert 2 <= len(paragraphs(long)) <= 4


def test_what_is_said_before_the_first_chapter_is_a_part_of_its_own() -> None:
    from transcription.chapters import Chapter

    found = list(parts(Transcript("tr", 60, [Segment(0, 1, "Önce."), Segment(20, 21, "Sonra.")], chapters=[Chapter(10, "A")])))
    assert [(chapter.title if chapter else None, [one.text for one in said]) for chapter, said in found] == [
        (None, ["Önce."]),
        ("A", ["Sonra."]),
    ]


def test_a_language_has_its_name_in_both_languages() -> None:
    assert (languages.name("tr", "en"), languages.name("tr", "tr"), languages.name("xx", "tr"), languages.name("", "tr")) == (
        "Turkish",
        "Türkçe",
        "xx",
        "",
    )
