"""How one part is heard and committed."""

from typing import Any

import pytest

from imece import db
from transcription import parts, recordings


@pytest.mark.parametrize(
    ("seconds", "tr", "en"),
    [(3, "5 sn", "5 s"), (62, "60 sn", "60 s"), (119, "2 dk", "2 min"), (3000, "50 dk", "50 min"), (9000, "2,5 sa", "2.5 h")],
)
def test_what_is_left_is_told_in_words(seconds: float, tr: str, en: str) -> None:
    assert parts.told(seconds) == {"tr": f"dinleniyor (yaklaşık {tr} kaldı)", "en": f"listening (about {en} left)"}


def prepared(desk: Any, seconds: float) -> Any:
    """A recording that waits to be heard."""
    job = desk.ask(desk.upload(seconds))
    desk.work()
    desk.sql("delete from transcription.segment")
    desk.sql("update transcription.window set state = 'planned', heard_at = null, model = null, attempts = 0")
    desk.sql("update transcription.recording set stage = 'listening', finished_at = null, language = null")
    with db.transaction() as session:
        return recordings.find(session, desk.company, recordings.listed(session, desk.company)[0].recording.id), job


def test_what_is_left_follows_the_pace_so_far(desk: Any) -> None:
    recording, _ = prepared(desk, 60.0)
    assert parts.remaining(recording.id) is None, "nobody has heard any of it"
    desk.sql("update transcription.window set state = 'heard', model = 'small', heard_at = now() - interval '60 seconds' where idx < 2")
    desk.sql("update transcription.window set state = 'heard', model = 'small', heard_at = now() where idx between 2 and 3")
    note = parts.remaining(recording.id)
    assert note is not None
    assert note["en"] == "listening (about 4 min left)", "10 s of speech took a minute, and 40 s are left"


def test_a_part_that_is_heard_twice_is_taken_once(desk: Any, scripted: Any) -> None:
    recording, _ = prepared(desk, 20.0)
    first = parts.hear(desk.company, recording.id, 0, 4, lambda: None)
    second = parts.hear(desk.company, recording.id, 0, 4, lambda: None)
    assert first is not None
    assert second is not None
    counts = []
    for hearing in (first, second):
        with db.transaction() as session:
            counts.append(parts.take(session, hearing).windows)
    assert counts == [4, 0]
    assert desk.sql("select count(*) from transcription.segment") == [(8,)]
    assert parts.hear(desk.company, recording.id, 0, 4, lambda: None) is None, "nothing of it is left"
    assert desk.sql("select language, language_probability from transcription.recording") == [("tr", 0.97)]


def test_what_was_invented_out_of_silence_is_heard_but_not_written(desk: Any, scripted: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    real = scripted.hear
    monkeypatch.setattr(scripted, "hear", lambda self, *given: [replace(one, dropped=one.window.index == 1) for one in real(self, *given)])
    job = desk.ask(desk.upload(12.0))
    desk.work()
    assert desk.done(job)["segments"] == 4
    assert desk.sql("select idx, dropped, state from transcription.window order by idx") == [
        (0, False, "heard"),
        (1, True, "heard"),
        (2, False, "heard"),
    ]


def test_a_machine_with_another_model_does_not_mix_it_in(desk: Any, scripted: Any) -> None:
    from imece.errors import Transient

    recording, _ = prepared(desk, 40.0)
    desk.sql("update transcription.window set state = 'heard', model = 'medium', heard_at = now() where idx = 0")
    with pytest.raises(Transient, match="medium"):
        parts.hear(desk.company, recording.id, 4, 4, lambda: None)


def test_a_part_of_a_recording_that_is_gone_is_nothing(desk: Any) -> None:
    from imece import ids

    assert parts.hear(desk.company, ids.new_id(), 0, 4, lambda: None) is None
