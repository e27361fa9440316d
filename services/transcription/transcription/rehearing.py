"""One window of a recording heard again with another model, as a rule a bigger one."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from imece import db
from imece.contracts.transcription import RerunWindow
from imece.errors import NotFound, Permanent
from transcription import audio, hearing, listening, recordings, results, transcripts
from transcription.models import Recording, Stage, Window, WindowState


@dataclass(frozen=True)
class Again:
    """What a window says to the other model."""

    recording: Recording
    heard: listening.Heard
    model: str


def hear(company_id: UUID, contract: RerunWindow, check: Callable[[], None]) -> Again:
    """
    Hear the window again.

    Raises Permanent when there is no such window, its sound has been deleted, or the model cannot be had: another in its place would be no help. Snooze
    while there is no memory for it.
    """
    with db.transaction() as session:
        try:
            recording = recordings.find(session, company_id, contract.recording_id)
        except NotFound as error:
            raise Permanent(error.en, error.tr) from None
        row = session.get(Window, (recording.id, contract.window))
    if row is None or row.state != WindowState.HEARD:
        raise Permanent("There is no such window, or nobody has heard it yet.", "Böyle bir pencere yok ya da henüz dinlenmedi.")
    try:
        with audio.at_hand(recording, check) as wav, hearing.lent(contract.model) as (listener, weights):
            if weights.name != contract.model:
                raise Permanent(
                    f"The model {contract.model} is not on this machine, and {weights.name} would be no help.",
                    f"{contract.model} modeli bu makinede yok; {weights.name} ile yeniden dinlemenin yararı olmaz.",
                )
            beam = {"beam_size": contract.beam_size} if contract.beam_size else {}
            wish = recordings.wish(recording, recording.language, **beam)
            (heard,) = listener.hear(wav, [listening.Window(row.idx, row.t0, row.t1)], wish)
    finally:
        if recording.stage == Stage.DONE:
            audio.drop(recording.id)
    check()
    return Again(recording, heard, contract.model)


def take(session: Session, again: Again, *, by: str) -> tuple[str, str]:
    """Take what was heard in place of what is there; the text before and after."""
    recording = recordings.find(session, None, again.recording.id, lock=True)
    window = session.get_one(Window, (recording.id, again.heard.window.index), with_for_update=True)
    window.avg_logprob, window.second_try, window.dropped = again.heard.avg_logprob, again.heard.second_try, again.heard.dropped
    said = () if again.heard.dropped else again.heard.segments
    before, after = transcripts.rehear(session, window, said, model=again.model, by=by)
    recording.words = recordings.measures(session, recording.id)[1]
    return before, after


def write_files(recording_id: UUID) -> None:
    """Write the files of a finished recording anew, under their keys."""
    with db.transaction() as session:
        recording = recordings.find(session, None, recording_id)
    if recording.files:
        results.write(recording, tuple(recording.files))
