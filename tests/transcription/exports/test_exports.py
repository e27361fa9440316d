"""Claims about transcripts as files."""

import json
from io import BytesIO
from typing import Any

import pysubs2
import pytest
import srt
import webvtt
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st
from openai.types.audio import TranscriptionVerbose

from imece.errors import Invalid
from transcription import exports
from transcription.chapters import Chapter
from transcription.exports import Transcript
from transcription.segments import Segment


def body(kind: str, transcript: Transcript) -> str:
    return exports.render(kind, transcript).body.decode()


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_every_format_holds_every_word_says_what_it_is_and_is_the_same_twice(kind: str, transcript: Transcript) -> None:
    made = exports.render(kind, transcript)
    assert made.extension == kind
    assert made == exports.render(kind, transcript)
    text = "\n".join(p.text for p in Document(BytesIO(made.body)).paragraphs) if kind == "docx" else made.body.decode()
    for word in ("Merhaba", "bütçe", "Teşekkürler", "mı?"):
        assert word in text
    assert "/" in made.media_type


def test_an_unknown_format_is_refused_with_those_there_are(transcript: Transcript) -> None:
    with pytest.raises(Invalid, match="txt, srt, vtt, json, docx, md"):
        exports.render("pdf", transcript)


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_nothing_said_is_a_file_all_the_same(kind: str) -> None:
    assert isinstance(exports.render(kind, Transcript("", 12.0, [])).body, bytes)


def test_subtitles_are_read_by_others(transcript: Transcript) -> None:
    said = " ".join(one.content for one in srt.parse(body("srt", transcript))).split()
    assert said == transcript.text.split()
    assert len(webvtt.from_string(body("vtt", transcript)).captions) == len(pysubs2.SSAFile.from_string(body("srt", transcript)))


def test_json_is_what_openai_s_own_client_reads(transcript: Transcript) -> None:
    found = json.loads(body("json", transcript))
    read = TranscriptionVerbose.model_validate(found, strict=True)
    assert (read.language, read.duration, read.text) == ("tr", 4003.5, transcript.text)
    assert read.segments
    assert [one.start for one in read.segments] == [0, 3, 60, 62, 4000]
    first = found["segments"][0]["words"][0]
    assert first == {"start": 0, "end": 0.4, "word": "Merhaba", "text": "Merhaba", "probability": 0.9}
    assert found["segments"][3]["words"] == []
    assert [one["suggested"] for one in found["chapters"]] == [True, False, True]


def test_plain_text_has_chapters_speakers_and_paragraphs(transcript: Transcript) -> None:
    assert body("txt", transcript) == (
        "Yönetim toplantısı\n\nBütçe, yıl\n----------\n\nMerhaba & hoş geldiniz. Önce bütçe: <b>2027</b> yılı.\n\nSorular\n-------\n\n"
        "Ayşe: Soru var mı?\n\nAli: # Evet, *bir* tane_var.\n\nKapanış\n-------\n\nTeşekkürler.\n"
    )


def test_markdown_shows_text_as_it_is(transcript: Transcript) -> None:
    lines = body("md", transcript).split("\n\n")
    assert lines[0] == "# Yönetim toplantısı"
    assert lines[1] == "Türkçe · 1:06:43"
    assert "## Sorular (0:59)" in lines
    assert "`0:00` Merhaba &amp; hoş geldiniz. Önce bütçe: \\<b\\>2027\\</b\\> yılı." in lines
    assert "`1:02` **Ali:** \\# Evet, \\*bir\\* tane\\_var." in lines


def test_a_word_document_has_headings_a_table_of_chapters_and_times(transcript: Transcript) -> None:
    read = Document(BytesIO(exports.render("docx", transcript).body))
    assert read.paragraphs[0].text == "Yönetim toplantısı"
    assert [p.text for p in read.paragraphs if p.style and p.style.name == "Heading 1"] == ["Bütçe, yıl", "Sorular", "Kapanış"]
    assert [cell.text for cell in read.tables[0].rows[0].cells] == ["0:00", "Bütçe, yıl  öneri"]
    assert [cell.text for cell in read.tables[0].rows[1].cells] == ["0:59", "Sorular"]
    assert "1:02\tAli: # Evet, *bir* tane_var." in [p.text for p in read.paragraphs]
    assert read.core_properties.title == "Yönetim toplantısı"


def test_a_sentence_over_the_border_of_a_chapter_stands_once() -> None:
    crossing = Transcript(
        "tr", 100, [Segment(50, 60, " Sınırda bir cümle.")], chapters=[Chapter(0, "A"), Chapter(54, "B"), Chapter(80, "C")]
    )
    assert body("txt", crossing).count("Sınırda") == 1
    assert body("txt", crossing).index("Sınırda") > body("txt", crossing).index("B\n-")


@given(
    st.text(st.characters(codec="utf-8"), max_size=200),
    st.text(st.characters(codec="utf-8"), max_size=40),
    st.sampled_from(exports.FORMATS),
)
@settings(max_examples=60, deadline=None)
def test_no_text_breaks_a_file(said: str, title: str, kind: str) -> None:
    made: Any = exports.render(kind, Transcript("tr", 9, [Segment(0, 9, said)], title, [Chapter(0, title or "?")]))
    if kind == "docx":
        Document(BytesIO(made.body))
    else:
        made.body.decode()
