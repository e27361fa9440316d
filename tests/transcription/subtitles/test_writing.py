"""Claims about subtitle files: the libraries that others read them with read the same."""

from datetime import timedelta

import pysubs2
import srt as srt_library
import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from transcription.segments import Segment
from transcription.subtitles import Cue, cues, srt, vtt
from transcription.subtitles.writing import clock

made = [
    Cue(0.0, 1.5, ("Bütçe 3 < 5 & <b>kalın</b> değil,", "ok --> işareti de metin.")),
    Cue(1.58, 4.0, ("İkinci: çğıöşü ÇĞİÖŞÜ",)),
    Cue(3600.0, 3601.001, ("7", "42")),
]


def test_srt_is_read_by_srt_and_pysubs2() -> None:
    text = srt(made)
    assert [(one.start, one.end, one.content) for one in srt_library.parse(text)] == [
        (timedelta(seconds=cue.start), timedelta(seconds=cue.end), "\n".join(cue.lines)) for cue in made
    ]
    assert [(one.start, one.end) for one in pysubs2.SSAFile.from_string(text)] == [
        (round(c.start * 1000), round(c.end * 1000)) for c in made
    ]


def test_vtt_is_read_by_webvtt_and_pysubs2_and_holds_no_markup() -> None:
    text = vtt(made)
    assert text.startswith("WEBVTT\n\n")
    assert "&lt;b&gt;kalın&lt;/b&gt;" in text
    assert "ok --&gt; işareti" in text
    captions = webvtt.from_string(text).captions
    assert [(one.start, one.end) for one in captions] == [(clock(cue.start), clock(cue.end)) for cue in made]
    assert [one.lines[-1] for one in captions][1:] == [cue.lines[-1] for cue in made][1:]
    assert len(pysubs2.SSAFile.from_string(text, format_="vtt")) == 3


def test_nothing_is_an_empty_file_that_is_still_one() -> None:
    assert srt([]) == ""
    assert vtt([]) == "WEBVTT\n"
    assert webvtt.from_string(vtt([])).captions == []


@given(
    st.lists(
        st.builds(Segment, start=st.floats(0, 90000), end=st.floats(0, 90000), text=st.text(st.characters(codec="utf-8"), max_size=80)),
        max_size=6,
    )
)
@settings(max_examples=60, deadline=None)
def test_any_text_survives_the_file(given: list[Segment]) -> None:
    found = cues(given)
    assert [one.content.split() for one in srt_library.parse(srt(found))] == [cue.text.split() for cue in found]
    assert len(webvtt.from_string(vtt(found)).captions) == len(found)


def test_a_clock_counts_hours() -> None:
    assert (clock(0), clock(59.9996), clock(3661.5, ",")) == ("00:00:00.000", "00:01:00.000", "01:01:01,500")
