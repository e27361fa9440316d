"""Recordings that come from an address: fetched, and kept in storage under a name of ours."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

from imece import storage
from transcription import audio, fetching, recordings
from transcription.models import Recording, Stage
from transcription.settings import settings


def fetch(recording: Recording, report: fetching.Report, check: Callable[[], None]) -> tuple[str, int]:
    """Fetch a recording into storage; its key, the same at every call, and its size. What `fetching.fetch` raises."""
    assert recording.address is not None
    ours = settings()
    terms = fetching.Terms(most=int(ours.fetch_most), seconds=ours.fetch_minutes * 60.0, allowed=ours.allowed_networks)
    key = storage.new_key(recording.company_id, recordings.AREA, f"{recording.title}.source", of=recording.id)
    with audio.alone(recording.id, check):
        path = audio.partial(recording.id)
        size = fetching.fetch(recording.address, path, terms, report)
        check()
        storage.put(key, path)
        path.unlink()
    return key, size


def arrived(session: Session, recording_id: UUID, key: str) -> None:
    """Write down where the recording is; it is prepared next."""
    recording = recordings.find(session, None, recording_id, lock=True)
    recording.source_key = recording.media_key = key
    recording.stage, recording.asked = Stage.PREPARING, False
