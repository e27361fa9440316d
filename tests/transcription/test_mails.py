"""What is written to whoever asked for a transcript."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("locale", "subject", "words"),
    [
        (
            "tr",
            "Döküm hazır: Satış toplantısı",
            ("Kayıt yazıya döküldü", "Türkçe", "Kelime:", "0:23", "Kayıt eksik", "Bölümler (öneri):", "0:10  iade, bütçe"),
        ),
        (
            "en",
            "Transcript ready: Satış toplantısı",
            ("has been transcribed", "Turkish", "Words:", "0:23", "incomplete", "Chapters (suggested):"),
        ),
    ],
)
def test_the_mail_says_how_much_of_what_and_where_it_is(
    desk: Any, monkeypatch: pytest.MonkeyPatch, locale: str, subject: str, words: tuple[str, ...]
) -> None:
    from transcription import results, transcripts

    def chapters(session: Any, recording: Any) -> int:
        recording = session.merge(recording)
        recording.warnings = [{"code": "truncated", "en": "The recording is incomplete: 0:23 of 1:00.", "tr": "Kayıt eksik: 0:23 / 1:00."}]
        return transcripts.suggest(session, recording, [(0.0, "satış"), (10.0, "iade, bütçe")])

    monkeypatch.setattr(results, "suggest_chapters", chapters)
    job = desk.ask(desk.upload(23.0), title="Satış\n toplantısı", notify_email="ayse@example.com", locale=locale)
    desk.work()
    result = desk.done(job)
    (mail,) = desk.mails
    assert (mail.to, mail.subject, mail.locale) == ("ayse@example.com", subject, locale)
    for word in (*words, f"/transcription/recordings/{result['recording_id']}", "Small0"):
        assert word in mail.text
    assert len(mail.text) < 1500
