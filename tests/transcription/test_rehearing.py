"""One window heard again with a bigger model."""

from typing import Any

from imece import db, ids, ledger, storage
from imece.contracts.transcription import RerunWindow


def rerun(desk: Any, **wish: Any) -> Any:
    with db.transaction() as session:
        job = ledger.submit(session, RerunWindow(**wish), company_id=desk.company, requested_by="mehmet")
    desk.work()
    return desk.job(job)


def done(desk: Any) -> Any:
    desk.ask(desk.upload(23.0), formats=("txt",))
    desk.work()
    ((id_, files),) = desk.sql("select id, files from transcription.recording")
    return id_, files


def test_its_text_its_files_and_its_history_follow(desk: Any, scratch: Any) -> None:
    id_, files = done(desk)
    desk.sql("update transcription.recording set title = 'Başka bir ad'")
    job = rerun(desk, recording_id=id_, window=2, model="medium", beam_size=5)
    assert job.state == "succeeded", job.error
    assert (job.result["window"], job.result["model"], job.result["text"].split()[0]) == (2, "medium", "Medium2")
    assert job.result["before"].split()[0] == "Small2"
    text = storage.get(files["txt"]).decode()
    assert "Medium2" in text
    assert "Small1" in text
    assert desk.sql("select idx from transcription.window where model = 'medium'") == [(2,)]
    assert desk.sql("select by, reason from transcription.edit") == [("mehmet", "rehear")]
    assert list(scratch.iterdir()) == [], "the sound was made from the small copy, and is gone again"


def test_what_cannot_be_heard_again_says_why(desk: Any) -> None:
    id_, _ = done(desk)
    for wish, words in (
        ({"recording_id": id_, "window": 99, "model": "medium"}, "Böyle bir pencere yok"),
        ({"recording_id": ids.new_id(), "window": 0, "model": "medium"}, "Böyle bir kayıt yok"),
        ({"recording_id": id_, "window": 0, "model": "large-v3"}, "yararı olmaz"),
    ):
        job = rerun(desk, **wish)
        assert (job.state, words in job.error["tr"]) == ("failed", True), job.error
    desk.sql("update transcription.recording set audio_key = null, media_key = null")
    job = rerun(desk, recording_id=id_, window=0, model="medium")
    assert job.error["tr"] == "Kayıt dosyası yok (artık silinmiş)."
    assert desk.sql("select count(*) from transcription.edit") == [(0,)]
