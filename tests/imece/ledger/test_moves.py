"""The guards: of two who want the same move one makes it, and who lost his job changes nothing."""

import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from imece import db
from imece.ids import new_id
from imece.ledger import State, moves
from imece.ledger.moves import Attempt, Ending


def key(claimed: moves.Claimed) -> Attempt:
    return Attempt(claimed.id, claimed.attempt)


def put_off(desk: Any, claimed: moves.Claimed, seconds: float, *, charged: bool) -> bool:
    with db.quick() as connection:
        return moves.put_off(connection, key(claimed), timedelta(seconds=seconds), Ending("failed", charged=charged), desk.me)


def rescue() -> set[UUID]:
    with db.quick() as connection:
        return moves.rescue(connection, 15.0)[0]


def test_of_many_claims_of_one_job_one_gets_it(desk: Any) -> None:
    job_id = desk.submit()
    together, claimed = threading.Barrier(8), []

    def claim() -> None:
        with db.quick() as connection:
            together.wait()
            claimed.extend(moves.claim(connection, [job_id], new_id()))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [one.attempt for one in claimed] == [1]


def test_a_claim_of_many_skips_what_cannot_be_had(desk: Any) -> None:
    free, taken, cancelled = (desk.submit() for _ in range(3))
    desk.claim(taken)
    with db.quick() as connection:
        moves.cancel(connection, cancelled, "ayşe")
        got = moves.claim(connection, [free, taken, cancelled, new_id(), free], new_id())
    assert [one.id for one in got] == [free]


def test_an_attempt_that_lost_its_job_changes_nothing(desk: Any) -> None:
    zombie = desk.claim(desk.submit())
    put_off(desk, zombie, 0, charged=False)
    living = desk.claim(zombie.id)
    before = desk.job(zombie.id)

    with db.quick() as connection:
        assert moves.succeed(connection, [(key(zombie), '{"late": true}')], desk.me) == (set(), [])
        assert moves.end(connection, key(zombie), State.FAILED, Ending("failed", True, {"type": "x"}), desk.me) == (False, [])
        assert not moves.put_off(connection, key(zombie), timedelta(0), Ending("failed", charged=True), desk.me)
        assert not moves.hold(connection, key(zombie), 3, 3, None, desk.me)
        assert moves.progress(connection, key(zombie), 5, 10, None, desk.me) == (False, None)

    after = desk.job(zombie.id)
    assert {c.key: getattr(before, c.key) for c in before.__table__.columns} == {
        c.key: getattr(after, c.key) for c in after.__table__.columns
    }
    assert len(desk.attempts(zombie.id)) == 1
    desk.succeed(living)


def test_a_claim_that_a_crash_took_back_leaves_an_attempt_that_changes_nothing(desk: Any) -> None:
    """Claims do not wait for the disk. The next one, by another worker, has the same number."""
    forgotten = desk.claim(desk.submit(), new_id())
    desk.sql("update ledger.job set state = 'queued', attempt = 0, worker_id = null")
    living = desk.claim(forgotten.id, worker := new_id())
    assert key(living) == key(forgotten)

    with db.quick() as connection:
        assert moves.succeed(connection, [(key(forgotten), None)], desk.me) == (set(), [])
        assert not moves.put_off(connection, key(forgotten), timedelta(0), Ending("failed", charged=True), desk.me)
        assert moves.progress(connection, key(forgotten), 1, 2, None, desk.me) == (False, None)

    desk.succeed(living, worker=worker)


def test_many_successes_at_once_move_only_the_living(desk: Any) -> None:
    first, second, lost = (desk.claim(job_id) for job_id in desk.submit_many(3))
    put_off(desk, lost, 0, charged=False)
    with db.quick() as connection:
        done = [(key(first), '{"n": 1}'), (key(lost), '{"n": 2}'), (key(second), None)]
        moved, _ = moves.succeed(connection, done, desk.me)

    assert moved == {first.id, second.id}
    assert desk.job(first.id).result == {"n": 1}
    assert desk.job(second.id).result is None
    assert desk.state(lost.id) == "queued"
    assert [one.outcome for one in desk.attempts(first.id)] == ["succeeded"]


def test_success_completes_the_progress(desk: Any) -> None:
    claimed = desk.claim(desk.submit())
    with db.quick() as connection:
        assert moves.progress(connection, key(claimed), 3, 10, {"tr": "satır", "en": "rows"}, desk.me) == (True, None)
    job = desk.job(claimed.id)
    assert (job.progress_done, job.progress_total, job.progress_note) == (3, 10, {"tr": "satır", "en": "rows"})
    desk.succeed(claimed)
    assert desk.job(claimed.id).progress_done == 10


def test_the_last_two_children_may_end_at_the_same_moment_in_two_workers(desk: Any) -> None:
    """Each commits without having seen the other; the parent is freed exactly once all the same."""
    for _ in range(10):
        children = [desk.claim(job_id) for job_id in desk.submit_many(2, then=desk.Pack())]
        together = threading.Barrier(2)
        freed: list[UUID] = []

        def succeed(child: moves.Claimed, together: threading.Barrier = together, freed: list[UUID] = freed) -> None:
            together.wait()
            freed.extend(ring.job_id for ring in desk.succeed(child))

        threads = [threading.Thread(target=succeed, args=(child,)) for child in children]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(freed) == 1
        assert desk.state(freed[0]) == "queued"
        assert desk.job(freed[0]).progress_done == 2


def test_children_that_end_in_one_statement_count_each(desk: Any) -> None:
    children = [desk.claim(job_id) for job_id in desk.submit_many(3, then=desk.Pack())]
    with db.quick() as connection:
        _, freed = moves.succeed(connection, [(key(child), None) for child in children], desk.me)
    assert len(freed) == 1


def test_putting_off_charges_or_forgives(desk: Any) -> None:
    claimed = desk.claim(desk.submit())
    assert put_off(desk, claimed, 60, charged=True)
    job = desk.job(claimed.id)
    assert (job.state, job.attempt - job.forgiven, job.sent_at) == ("retrying", 1, None)

    desk.sql("update ledger.job set scheduled_at = clock_timestamp()")
    with db.quick() as connection:
        assert [ring.job_id for ring in moves.release_due(connection, 10)] == [claimed.id]
    assert put_off(desk, desk.claim(claimed.id), 0, charged=False)
    job = desk.job(claimed.id)
    assert (job.state, job.attempt - job.forgiven) == ("queued", 1)


def test_a_job_whose_end_was_asked_for_is_not_put_off_for_long(desk: Any) -> None:
    """Its attempt failed before it saw the request: it is claimed again at once, to be cancelled, and does not wait out a back-off."""
    claimed = desk.claim(desk.submit())
    with db.quick() as connection:
        moves.cancel(connection, claimed.id, "ayşe")
    assert put_off(desk, claimed, 900, charged=True)
    assert desk.state(claimed.id) == "queued"
    assert desk.claim(claimed.id).cancel_requested_by == "ayşe"


def test_a_job_whose_end_was_asked_for_begins_no_new_phase(desk: Any) -> None:
    claimed = desk.claim(desk.submit())
    with db.quick() as connection:
        moves.cancel(connection, claimed.id, "ayşe")
        assert not moves.hold(connection, key(claimed), 3, 3, None, desk.me)
    assert desk.state(claimed.id) == "running"


def test_holding_for_nothing_queues_at_once(desk: Any) -> None:
    claimed = desk.claim(desk.submit())
    with db.quick() as connection:
        assert moves.hold(connection, key(claimed), 0, 0, None, desk.me)
    job = desk.job(claimed.id)
    assert (job.state, job.attempt, job.forgiven) == ("queued", 1, 1)
    assert [(one.outcome, one.charged) for one in desk.attempts(claimed.id)] == [("waiting", False)]


def test_an_end_keeps_its_reason_and_traceback(desk: Any) -> None:
    claimed = desk.claim(desk.submit())
    desk.fail(claimed)
    (attempt,) = desk.attempts(claimed.id)
    assert (attempt.outcome, attempt.charged, attempt.traceback) == ("failed", True, "here")
    assert attempt.error == desk.job(claimed.id).error == {"type": "Permanent", "en": "no", "tr": "yok"}
    assert attempt.finished_at >= attempt.started_at


def test_cancelling_children_frees_the_parent_that_waits_for_them(desk: Any) -> None:
    first, second = desk.submit_many(2, then=desk.Pack())
    with db.quick() as connection:
        assert moves.cancel(connection, first, "ayşe") == ({first}, [])
        touched, freed = moves.cancel(connection, second, "ayşe")
    assert touched == {second}
    assert [ring.kind for ring in freed] == ["ledgertest.pack"]


def test_only_what_is_due_is_released_oldest_first(desk: Any) -> None:
    later, sooner, future = (desk.submit() for _ in range(3))
    for job_id, offset in ((later, -1), (sooner, -60), (future, 60)):
        desk.sql(
            "update ledger.job set state = 'scheduled', scheduled_at = clock_timestamp() + :offset where id = :id",
            offset=timedelta(seconds=offset), id=job_id,
        )  # fmt: skip
    with db.quick() as connection:
        assert [ring.job_id for ring in moves.release_due(connection, 1)] == [sooner]
        assert [ring.job_id for ring in moves.release_due(connection, 10)] == [later]
    assert desk.state(future) == "scheduled"


@pytest.mark.parametrize("how", ["silent", "buried", "gone"])
def test_the_job_of_a_dead_worker_goes_back_and_its_death_is_charged_when_it_ran_alone(desk: Any, how: str) -> None:
    worker = new_id() if how == "gone" else desk.worker(silent=timedelta(seconds=20 if how == "silent" else 0), died=how == "buried")
    claimed = desk.claim(desk.submit(), worker)

    assert rescue() == {claimed.id}

    job = desk.job(claimed.id)
    assert (job.state, job.deaths, job.forgiven, job.sent_at) == ("queued", 1, 0, None)
    assert [(one.outcome, one.charged) for one in desk.attempts(claimed.id)] == [("worker died", True)]
    assert rescue() == set()


def test_what_a_drained_worker_left_behind_is_no_death(desk: Any) -> None:
    """It could not give the job back, because PostgreSQL was away when it left."""
    worker = desk.worker(silent=timedelta(seconds=20))
    claimed = desk.claim(desk.submit(), worker)
    desk.sql("update ledger.worker set stopped_at = clock_timestamp()")

    assert rescue() == {claimed.id}
    assert [(one.outcome, one.charged) for one in desk.attempts(claimed.id)] == [("interrupted", False)]


def test_jobs_that_died_side_by_side_get_the_benefit_of_the_doubt_twice(desk: Any) -> None:
    ids = desk.submit_many(4)
    for deaths in (1, 2):
        worker = desk.worker(died=True)
        for job_id in ids:
            desk.claim(job_id, worker)
        assert rescue() == set(ids)
        assert {(desk.job(job_id).deaths, desk.job(job_id).forgiven) for job_id in ids} == {(deaths, deaths)}


def test_of_suspects_that_died_together_the_one_that_was_claimed_first_is_charged(desk: Any) -> None:
    """The others had been claimed, and were about to be put back until it is done."""
    ids = desk.submit_many(3)
    desk.sql("update ledger.job set attempt = 2, forgiven = 2, deaths = 2")
    worker = desk.worker(died=True)
    (fresh,) = desk.submit_many(1)
    for job_id in (fresh, *ids):
        desk.claim(job_id, worker)

    assert rescue() == {fresh, *ids}

    assert [desk.job(job_id).forgiven for job_id in ids] == [2, 3, 3]
    assert (desk.job(fresh).deaths, desk.job(fresh).forgiven) == (1, 1)


def test_a_claim_that_is_committed_after_its_worker_was_judged_is_nobodys_fault(desk: Any) -> None:
    killer, late = desk.submit_many(2)
    worker = desk.worker(died=True)
    desk.claim(killer, worker)
    assert rescue() == {killer}
    desk.claim(late, worker)  # sent before the process died, and carried out after it

    assert rescue() == {late}

    assert [(desk.job(job_id).deaths, desk.job(job_id).forgiven) for job_id in (killer, late)] == [(1, 0), (1, 1)]


def test_a_job_that_keeps_killing_its_worker_fails_with_that_reason_and_frees_its_parent(desk: Any) -> None:
    (poison,) = desk.submit_many(1, then=desk.Pack())
    for _ in range(3):
        desk.claim(poison, desk.worker(died=True))
        with db.quick() as connection:
            rescued, freed = moves.rescue(connection, 15.0)
        assert rescued == {poison}
    job = desk.job(poison)
    assert (job.state, job.deaths) == ("failed", 3)
    assert job.error is not None
    assert job.error["type"] == "WorkerDied"
    assert [ring.kind for ring in freed] == ["ledgertest.pack"]


def test_a_living_worker_keeps_its_jobs(desk: Any) -> None:
    job_id = desk.submit()
    worker = desk.worker(running=[job_id])
    desk.claim(job_id, worker)
    desk.sql("update ledger.job set claimed_at = clock_timestamp() - interval '1 hour'")
    assert rescue() == set()


def test_a_job_that_its_living_worker_does_not_know_goes_back_uncharged(desk: Any) -> None:
    claimed = desk.claim(desk.submit(), desk.worker())
    assert rescue() == set(), "claimed a moment ago: the next heartbeat will name it"

    desk.sql("update ledger.job set claimed_at = clock_timestamp() - interval '11 seconds'")

    assert rescue() == {claimed.id}
    job = desk.job(claimed.id)
    assert (job.state, job.deaths, job.forgiven) == ("queued", 0, 1)
    assert [(one.outcome, one.charged) for one in desk.attempts(claimed.id)] == [("interrupted", False)]


def test_ringing_again_takes_the_unsent_always_and_the_sent_by_age_or_by_place(desk: Any) -> None:
    unsent, old, young = desk.submit_many(3)
    desk.sql("update ledger.job set sent_at = null where id = :id", id=unsent)
    desk.sql("update ledger.job set sent_at = clock_timestamp() - interval '1 minute' where id = :id", id=old)
    ((moment,),) = desk.sql("select sent_at - interval '1 second' from ledger.job where id = :id", id=old)

    with db.quick() as connection:
        assert [ring.job_id for ring in moves.ring_again(connection, "ledgertest.steps", 30, moment, 10)] == [unsent]
        assert [ring.job_id for ring in moves.ring_again(connection, "ledgertest.steps", 30, None, 10)] == [old]
        assert moves.ring_again(connection, "ledgertest.steps", 30, None, 10) == []
    assert desk.job(young).state == "queued"


def test_unsending_touches_only_what_is_still_queued(desk: Any) -> None:
    queued, claimed = desk.submit_many(2)
    desk.claim(claimed)
    with db.quick() as connection:
        moves.unsend(connection, [queued, claimed])
    assert desk.job(queued).sent_at is None
    assert desk.job(claimed).sent_at is not None
