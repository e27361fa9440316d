"""Jobs that people ask for here: a recording to text, a window heard again."""

from collections.abc import Iterable
from typing import Any, TypeVar
from uuid import UUID

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.orm import Session

from imece import db, face, ledger, storage
from imece.contracts import Contract
from imece.contracts.transcription import Listen, ListenHigh, RerunWindow, Transcribe
from imece.errors import Conflict, Invalid, NotFound
from imece.ledger import overview
from transcription import recordings
from transcription.models import Window

C = TypeVar("C", bound=Contract)

#: Options of a transcription that are lists: one value each, or several with commas between.
_LISTS = frozenset({"hotwords", "formats"})

_ADDRESS = ("http://", "https://")

#: Fields that hold a moment of the recording: seconds, or a clock as players show it.
_MOMENTS = frozenset({"start", "end"})


def transcribe(caller: face.Caller, asked: Transcribe) -> UUID:
    """Ask for a transcription; the job's id. Raises Forbidden for a role that may not, NotFound for a key that is not the company's."""
    caller.must(asked.role)
    if not asked.recording.startswith(_ADDRESS):
        if storage.owner(asked.recording) != caller.company_id:
            raise NotFound("There is no such file.", "Böyle bir dosya yok.")
        storage.size(asked.recording)
    with db.transaction() as session:
        return _submit(session, caller, asked)


def of_form(fields: Iterable[tuple[str, str]], recording: str, locale: str) -> Transcribe:
    """What a form asks for besides its file. Raises RequestValidationError, naming the fields."""
    given: dict[str, Any] = {}
    for field, value in fields:
        name = field.removesuffix("[]")
        if not value.strip() or name in ("csrf", "recording", "company"):
            continue
        if name in _LISTS:
            given[name] = (*given.get(name, ()), *(part for part in map(str.strip, value.split(",")) if part))
        else:
            given[name] = seconds(value.strip()) if name in _MOMENTS else value.strip()
    return validated(Transcribe, {"locale": locale, **given, "recording": recording})


def of_json(body: bytes, locale: str) -> Transcribe:
    """What a JSON object asks for. Raises Invalid for what is none, RequestValidationError naming the fields."""
    try:
        given = orjson.loads(body)
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise Invalid("The body is no JSON object.", "Gövde bir JSON nesnesi değil.")
    return validated(Transcribe, {"locale": locale, **given})


def seconds(clock: str) -> str:
    """`1:02:03.5` as seconds; what is no clock stays as it is, for whoever checks it."""
    parts = clock.replace(",", ".").split(":")
    if len(parts) < 2 or len(parts) > 3 or not all(part.replace(".", "", 1).isdecimal() and len(part) < 9 for part in parts):
        return clock
    found = 0.0
    for part in parts:
        found = found * 60 + float(part)
    return f"{found:g}"


def validated(contract: type[C], given: dict[str, Any]) -> C:
    """The contract. Raises RequestValidationError, as the framework does for its own."""
    try:
        return contract.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(error.errors(include_url=False)) from None


def unserved(*, urgent: bool = False) -> str | None:
    """A queue that a transcription needs and no living worker serves; None where it would be done."""
    queues = (Transcribe.queue, ListenHigh.queue if urgent else Listen.queue)
    return next((queue for queue in queues if not overview.has_consumer(queue)), None)


def rerun(session: Session, caller: face.Caller, recording_id: UUID, window: int, model: str, beam_size: int | None = None) -> UUID:
    """Ask for a window to be heard again. Raises NotFound; Conflict where it has not been heard once, or its sound is gone."""
    recording = recordings.find(session, caller.company_id, recording_id)
    found = session.get(Window, (recording_id, window))
    if found is None or found.company_id != caller.company_id:
        raise NotFound("There is no such window.", "Böyle bir parça yok.")
    if found.heard_at is None:
        raise Conflict("It has not been heard once yet.", "Henüz bir kez bile dinlenmedi.")
    if recording.media_key is None and recording.audio_key is None:
        raise Conflict("The sound of this recording is not kept any more.", "Bu kaydın sesi artık saklanmıyor.")
    given = {"recording_id": recording_id, "window": window, "model": model, "beam_size": beam_size}
    wanted = validated(RerunWindow, given)
    return _submit(session, caller, wanted, unique_key=f"{RerunWindow.kind} {recording_id} {window}")


def _submit(session: Session, caller: face.Caller, asked: Contract, unique_key: str | None = None) -> UUID:
    caller.must(asked.role)
    return ledger.submit(session, asked, company_id=caller.company_id, requested_by=caller.name, unique_key=unique_key)
