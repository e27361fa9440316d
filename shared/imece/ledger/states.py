"""The states of a job and the moves between them. No state exists in which a job can stick: see who moves it on."""

from enum import StrEnum


class State(StrEnum):
    """Where a job stands."""

    SCHEDULED = "scheduled"  #: for a time that has not come; the sweeper releases it
    QUEUED = "queued"  #: may be claimed; rung in Redis, or about to be
    RUNNING = "running"  #: claimed by a living worker; rescued by the sweeper if that worker dies
    RETRYING = "retrying"  #: an attempt ended without success; the sweeper releases it when its time comes
    WAITING = "waiting"  #: held back until the jobs that unblock it are final; the last of them releases it
    SUCCEEDED = "succeeded"
    FAILED = "failed"  #: `error` says why
    CANCELLED = "cancelled"  #: `cancel_requested_by` says by whom


FINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})

#: Every move there is, and who makes it (`imece.ledger.moves`). The tests hold the statements against this table.
MOVES: dict[tuple[State, State], str] = {
    (State.SCHEDULED, State.QUEUED): "release_due",
    (State.RETRYING, State.QUEUED): "release_due",
    (State.QUEUED, State.RUNNING): "claim",
    (State.RUNNING, State.SUCCEEDED): "succeed",
    (State.RUNNING, State.FAILED): "end",
    (State.RUNNING, State.CANCELLED): "end",
    (State.RUNNING, State.RETRYING): "put_off",
    (State.RUNNING, State.QUEUED): "put_off",
    (State.RUNNING, State.WAITING): "hold",
    (State.WAITING, State.QUEUED): "the last of its children",
    (State.SCHEDULED, State.CANCELLED): "cancel",
    (State.QUEUED, State.CANCELLED): "cancel",
    (State.RETRYING, State.CANCELLED): "cancel",
    (State.WAITING, State.CANCELLED): "cancel",
    (State.FAILED, State.QUEUED): "revive",
    (State.CANCELLED, State.QUEUED): "revive",
}
