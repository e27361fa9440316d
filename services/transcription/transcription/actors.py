"""What `transcription` does when a job comes: each handler calls the domain, reports progress, and says what comes next."""

from datetime import timedelta

from imece import db, storage
from imece.contracts.transcription import (
    Fetch,
    Fetched,
    Heard,
    Listen,
    ListenHigh,
    PruneRecordings,
    RerunWindow,
    Transcribe,
    WindowReheard,
)
from imece.errors import Permanent, Snooze
from imece.ledger import State
from imece.worker import ChildOutcome, Job, actor
from transcription import arrivals, audio, mails, parts, preparing, recordings, rehearing, results, retention
from transcription.models import Recording, Stage
from transcription.settings import settings

#: How long what is not urgent stands back.
_BEHIND = timedelta(seconds=2)

_FETCHING = {"tr": "kayıt indiriliyor", "en": "fetching the recording"}
_LISTENING = {"tr": "dinleniyor", "en": "listening"}
_WRITING = {"tr": "döküm yazılıyor", "en": "writing the transcript"}
_PRUNED = {"tr": "kayıt silindi", "en": "records deleted"}


@actor(Transcribe)
def transcribe(job: Job, contract: Transcribe) -> None:
    """Fetch, prepare, wait for the parts, write, tell. Called once per stage, and again for a stage that a crash undid."""
    recording = recordings.begin(job.id, job.company, job.requested_by, contract)
    if contract.priority == "normal" and recording.stage != Stage.DONE and recordings.urgent_waits():
        raise Snooze(_BEHIND, "An urgent recording goes first.", "Acil bir kayıt öne geçti.")
    if recording.stage == Stage.FETCHING:
        _fetch(job, recording)
    elif recording.stage == Stage.PREPARING:
        _prepare(job, contract, recording)
    else:
        _listen_or_conclude(job, contract, recording)


@actor(Fetch)
def fetch(job: Job, contract: Fetch) -> None:
    """Fetch it into storage; the beginning that an attempt before has fetched stays."""
    with db.transaction() as session:
        recording = recordings.find(session, job.company, contract.recording_id)
    try:
        key, size = arrivals.fetch(recording, lambda done, of: job.progress(done, of, _FETCHING), job.check)
    except Permanent:
        audio.drop(recording.id)
        raise
    with job.transaction() as session:
        arrivals.arrived(session, recording.id, key)
        job.finish(session, Fetched(key=key, size=size))


@actor(Listen)
def listen(job: Job, contract: Listen) -> None:
    """Hear one part."""
    _hear(job, contract)


@actor(ListenHigh)
def listen_high(job: Job, contract: ListenHigh) -> None:
    """Hear one part that cannot wait: its queue is the first of the pool."""
    _hear(job, contract)


@actor(RerunWindow)
def rerun_window(job: Job, contract: RerunWindow) -> None:
    """Hear one window again with another model; its text and the files follow."""
    again = rehearing.hear(job.company, contract, job.check)
    with job.transaction() as session:
        before, after = rehearing.take(session, again, by=job.requested_by)
        result = WindowReheard(recording_id=contract.recording_id, window=contract.window, model=again.model, text=after, before=before)
        job.finish(session, result)
    rehearing.write_files(contract.recording_id)


@actor(PruneRecordings)
def prune(job: Job, _contract: PruneRecordings) -> None:
    """Delete what is past its retention."""
    count = retention.prune(job.check)
    job.progress(count, count, _PRUNED)


def _fetch(job: Job, recording: Recording) -> None:
    if recording.asked:
        _raise_if_failed(job, recording)
    with job.transaction() as session:
        recordings.find(session, job.company, recording.id, lock=True).asked = True
        job.wait_for(session, [Fetch(recording_id=recording.id)], _FETCHING)


def _prepare(job: Job, contract: Transcribe, recording: Recording) -> None:
    try:
        prepared = preparing.prepare(
            recording, contract, lambda done, of, note: job.progress(round(done), None if of is None else round(of), note), job.check
        )
    except Permanent:
        audio.drop(recording.id)
        raise
    with job.transaction() as session:
        kept = recordings.prepared(session, recording.id, prepared)
        job.wait_for(session, recordings.parts(session, kept, high=contract.priority == "high"), _LISTENING)


def _listen_or_conclude(job: Job, contract: Transcribe, recording: Recording) -> None:
    with db.transaction() as session:
        left = recordings.parts(session, recording, high=contract.priority == "high")
    if not left:
        _conclude(job, contract, recording)
        return
    if recording.asked:
        _raise_if_failed(job, recording)
    with job.transaction() as session:
        recordings.find(session, job.company, recording.id, lock=True).asked = True
        job.wait_for(session, left, _LISTENING)


def _hear(job: Job, contract: Listen | ListenHigh) -> None:
    heard = parts.hear(job.company, contract.recording_id, contract.first, contract.count, job.check)
    with job.transaction() as session:
        result = Heard(windows=0, segments=0, seconds=0.0) if heard is None else parts.take(session, heard)
        job.finish(session, result)
    note = parts.remaining(contract.recording_id)
    if note:
        job.tell_parent(note)


def _conclude(job: Job, contract: Transcribe, recording: Recording) -> None:
    speech = round(recording.speech or 0)
    job.progress(speech, speech, _WRITING)
    with job.transaction() as session:
        if contract.chapters:
            results.suggest_chapters(session, recording)
    files = results.write(recording, contract.formats)
    audio_key = results.copy_sound(recording, job.check, lambda _done, _of: job.check())
    with job.transaction() as session:
        kept = recordings.done(session, recording.id, files, audio_key)
        result = results.result(session, kept)
        gone = recordings.release_source(session, kept) if settings().keep_sources_days == 0 else []
        if contract.notify_email:
            job.submit(session, mails.ready(session, kept, result, contract.notify_email))
        job.finish(session, result)
    storage.delete(gone)
    audio.drop(recording.id)


def _raise_if_failed(job: Job, recording: Recording) -> None:
    """
    Raise what a part, or the fetching, has failed with; what was only stopped is asked for once more.

    So is everything, when somebody runs the failed job again: what has been heard stays heard.
    """
    failed = [child for child in job.children() if child.state == State.FAILED]
    if failed:
        with job.transaction() as session:
            recordings.find(session, job.company, recording.id, lock=True).asked = False
        raise _reason(recording, failed[-1])


def _reason(recording: Recording, child: ChildOutcome) -> Permanent:
    error = child.error or {}
    en, tr = error.get("en", ""), error.get("tr", "")
    if child.kind == Fetch.kind:
        return Permanent(en, tr)
    where = parts.place(recording, child.args["first"], child.args["count"])
    return Permanent(f"The part at {where} could not be heard: {en}", f"{where} arasındaki bölüm dinlenemedi: {tr}")
