"""Claims about the names of files."""

from urllib.parse import unquote

import pytest

from transcription.face import files
from transcription.models import Recording


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Toplantı.mp4", "Toplantı"),
        ("Toplantı 12.11", "Toplantı 12"),
        ("v1.2 sürümü", "v1.2 sürümü"),
        (".mp4", ".mp4"),
        ("Görüşme", "Görüşme"),
    ],
)
def test_a_file_is_called_after_its_recording_without_that_ones_ending(title: str, name: str) -> None:
    assert files.name_of(Recording(title=title)) == name


@pytest.mark.parametrize(
    "name", ["a.txt", "ışık şöleni.srt", 'x"\r\nSet-Cookie: y.txt', "../../etc/passwd", "x" * 400 + ".docx", "\u202etxt.exe"]
)
def test_no_name_breaks_the_header_or_leads_elsewhere(name: str) -> None:
    header = files.disposition(name)
    assert header.isascii()
    assert header.isprintable()
    exact = unquote(header.partition("UTF-8''")[2])
    assert not set('/\\"\r\n') & set(exact)
    assert exact.endswith(name[-3:].replace("/", "_"))
