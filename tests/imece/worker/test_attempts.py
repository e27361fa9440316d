"""One attempt, from the claim to the end that is written down. However a handler behaves, its job does not stick."""

import threading
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import redis
import sqlalchemy as sa

from imece import db, ledger
from imece.errors import Cancelled, Lost, Permanent, Snooze, TimedOut, Transient, Unknown
from imece.ids import new_id
from imece.ledger import moves
from imece.worker import retry
from imece.worker.attempts import Attempts


def test_what_the_handler_returns_is_the_result(bench: Any) -> None:
    job = bench.job(bench.run(lambda job, step: bench.Counted(count=step.number * 2), bench.Step(number=21)))
    assert (job.state, job.result, job.error) == ("succeeded", {"count": 42, "text": ""}, None)
    assert bench.tries(job.id) == [("succeeded", True)]


def test_a_handler_without_a_result_succeeds_without_one(bench: Any) -> None:
    job = bench.job(bench.run(lambda job, step: None))
    assert (job.state, job.result) == ("succeeded", None)


def test_the_handler_learns_whose_job_it_is(bench: Any, company: UUID) -> None:
    seen: list[Any] = []
    job_id = bench.run(
        lambda job, step: seen.append((job.id, job.attempt, job.company, job.requested_by)), company_id=company, requested_by="ayşe"
    )
    assert seen == [(job_id, 1, company, "ayşe")]


def test_a_message_that_comes_again_finds_nothing_to_do(bench: Any) -> None:
    calls: list[int] = []
    job_id = bench.submit()
    with bench.attempts(lambda job, step: calls.append(1)) as attempts:
        for _ in range(3):
            attempts.perform(str(job_id))
        attempts.perform(str(new_id()))
    assert calls == [1]


def test_rows_follow_ups_and_completion_are_one_transaction(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            job.submit(session, bench.Part())
            job.finish(session, bench.Counted(count=1))

    job_id = bench.run(handler, requested_by="ayşe")

    assert bench.job(job_id).result == {"count": 1, "text": ""}
    ((kind, parent, by),) = bench.sql("select kind, parent_id, requested_by from ledger.job where parent_id is not null")
    assert (kind, parent, by) == ("workertest.part", job_id, "ayşe")
    assert bench.tries(job_id) == [("succeeded", True)]


@pytest.mark.parametrize(
    ("error", "state", "tries"),
    [
        (Permanent("never", "asla"), "failed", [("failed", True)]),
        (Unknown("perhaps"), "failed", [("failed", True)]),
        (Transient("not now"), "retrying", [("failed", True)]),
        (ValueError("surprise"), "retrying", [("failed", True)]),
        (Snooze(timedelta(hours=1)), "retrying", [("snoozed", False)]),
        (Cancelled(), "cancelled", [("cancelled", True)]),
        (sa.exc.OperationalError("select", {}, Exception("gone")), "retrying", [("interrupted", False)]),
        (redis.ConnectionError("gone"), "retrying", [("interrupted", False)]),
        (MemoryError(), "retrying", [("failed", True)]),
    ],
)
def test_an_error_carries_its_consequence(bench: Any, error: Exception, state: str, tries: list[tuple[str, bool]]) -> None:
    def handler(job: Any, step: Any) -> None:
        raise error

    job_id = bench.run(handler)

    assert (bench.state(job_id), bench.tries(job_id)) == (state, tries)


def test_the_reason_is_kept_in_both_languages_and_the_traceback_with_the_attempt(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        raise Permanent("The sheet is empty.", "Sayfa boş.")

    job = bench.job(bench.run(handler))

    assert job.error == {"type": "Permanent", "en": "The sheet is empty.", "tr": "Sayfa boş."}
    ((trace,),) = bench.sql("select traceback from ledger.attempt")
    assert "in handler" in trace


def test_a_job_fails_after_its_last_attempt(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        raise ValueError(f"attempt {job.attempt}")

    job_id = bench.submit()
    with bench.attempts(handler) as attempts:
        for _ in range(3):
            bench.sql("update ledger.job set state = 'queued' where state = 'retrying'")
            attempts.perform(str(job_id))

    job = bench.job(job_id)
    assert (job.state, job.error) == ("failed", {"type": "ValueError", "en": "ValueError: attempt 3", "tr": "ValueError: attempt 3"})
    assert bench.tries(job_id) == [("failed", True)] * 3


def test_a_handler_that_wants_to_end_the_process_fails_like_any_other(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        raise SystemExit("enough")

    job_id = bench.submit()
    with bench.attempts(handler) as attempts, pytest.raises(SystemExit):
        attempts.perform(str(job_id))
    assert bench.tries(job_id) == [("failed", True)]


@pytest.mark.parametrize("wrong", [{"count": 1}, 7, object()])
def test_a_handler_that_returns_nonsense_fails_and_does_not_stick(bench: Any, wrong: object) -> None:
    job_id = bench.run(lambda job, step: wrong)
    assert bench.tries(job_id) == [("failed", True)]


def test_a_result_that_postgresql_refuses_fails_alone_and_its_neighbours_succeed(bench: Any) -> None:
    ids = [bench.submit(bench.Step(number=n)) for n in range(10)]
    with bench.attempts(lambda job, step: bench.Counted(count=1, text="\x00" if step.number == 5 else "")) as attempts:
        for job_id in ids:
            attempts.perform(str(job_id))
    states = [bench.state(job_id) for job_id in ids]
    assert states == ["failed" if n == 5 else "succeeded" for n in range(10)]
    assert not attempts.running


@pytest.mark.parametrize(
    "error", [Permanent("NUL \x00 and half a letter \ud83e"), OSError(2, "No such file", b"\xff\x00".decode("utf-8", "surrogateescape"))]
)
def test_a_reason_that_postgresql_cannot_hold_is_cleaned(bench: Any, error: Exception) -> None:
    def handler(job: Any, step: Any) -> None:
        raise error

    job_id = bench.run(handler)

    assert bench.tries(job_id) == [("failed", True)]
    job = bench.job(job_id)
    assert job.error is not None
    assert retry.storable(job.error["en"]) == job.error["en"]


def test_arguments_that_do_not_fit_fail_at_once_and_name_the_field(bench: Any) -> None:
    job_id = bench.submit()
    bench.sql("""update ledger.job set args = '{"number": "many"}'""")
    with bench.attempts(lambda job, step: None) as attempts:
        attempts.perform(str(job_id))
    job = bench.job(job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert "number" in job.error["en"]


def test_a_field_that_a_newer_version_added_is_ignored_by_this_one(bench: Any) -> None:
    job_id = bench.submit(bench.Step(number=3))
    bench.sql("""update ledger.job set version = 2, args = args || '{"colour": "red"}'""")
    with bench.attempts(lambda job, step: bench.Counted(count=step.number)) as attempts:
        attempts.perform(str(job_id))
    assert bench.job(job_id).result == {"count": 3, "text": ""}


def test_a_kind_unknown_here_is_put_off_for_ten_minutes_and_then_fails(bench: Any) -> None:
    """A newer worker may be about to start."""
    job_id = bench.submit()
    bench.sql("update ledger.job set kind = 'workertest.tomorrow'")
    with bench.attempts({}) as attempts:
        attempts.perform(str(job_id))
        assert bench.tries(job_id) == [("snoozed", False)]
        bench.sql("update ledger.job set state = 'queued', attempt = 21, forgiven = 21")
        attempts.perform(str(job_id))
    job = bench.job(job_id)
    assert job.state == "failed"
    assert job.error is not None
    assert "workertest.tomorrow" in job.error["tr"]


def test_a_job_that_was_cancelled_between_two_attempts_is_not_begun(bench: Any) -> None:
    calls: list[int] = []
    job_id = bench.submit()
    bench.sql("update ledger.job set cancel_requested_by = 'ayşe'")
    with bench.attempts(lambda job, step: calls.append(1)) as attempts:
        attempts.perform(str(job_id))
    assert (bench.state(job_id), bench.job(job_id).cancel_requested_by, calls) == ("cancelled", "ayşe", [])


def test_what_a_cancelled_job_asked_for_before_it_noticed_is_cancelled_with_it(bench: Any) -> None:
    asked: list[UUID] = []

    def handler(job: Any, step: Any) -> None:
        bench.cancel(job.id)
        with job.transaction() as session:
            asked.append(job.submit(session, bench.Part()))
        job.check()
        job.progress(1, 2)

    job_id = bench.run(handler)

    assert (bench.state(job_id), bench.state(asked[0])) == ("cancelled", "cancelled")


def test_a_cancelled_job_begins_no_new_phase(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        bench.cancel(job.id)
        with job.transaction() as session:
            job.wait_for(session, [bench.Part(), bench.Part()])

    assert bench.state(bench.run(handler)) == "cancelled"
    assert bench.sql("select count(*) from ledger.job") == [(1,)]


def test_an_attempt_that_lost_its_job_changes_nothing_and_its_follow_ups_never_were(bench: Any) -> None:
    def plain(job: Any, step: Any) -> Any:
        bench.take_away(job.id)
        return bench.Counted(count=1)

    def with_rows(job: Any, step: Any) -> None:
        bench.take_away(job.id)
        with job.transaction() as session:
            job.submit(session, bench.Part())
            job.finish(session, bench.Counted(count=1))

    def without_finish(job: Any, step: Any) -> None:
        bench.take_away(job.id)
        with job.transaction() as session:
            job.submit(session, bench.Part())

    def failing(job: Any, step: Any) -> None:
        bench.take_away(job.id)
        raise Permanent("too late")

    for handler in (plain, with_rows, without_finish, failing):
        job_id = bench.run(handler)
        job = bench.job(job_id)
        assert (job.state, job.result, job.error, bench.tries(job_id)) == ("queued", None, None, []), handler.__name__
    assert bench.sql("select count(*) from ledger.job where parent_id is not null") == [(0,)]


def test_a_second_attempt_in_the_same_process_is_not_forgotten_with_the_first(bench: Any) -> None:
    """The first one was taken for dead while it held the interpreter's lock; its end must not hide the second from the heartbeat."""
    first_may_end, second_may_end = threading.Event(), threading.Event()

    def handler(job: Any, step: Any) -> None:
        (first_may_end if job.attempt == 1 else second_may_end).wait(20)

    job_id = bench.submit()
    with bench.attempts(handler) as attempts:
        threads = []
        for number in (1, 2):
            thread = threading.Thread(target=attempts.perform, args=(str(job_id),))
            thread.start()
            threads.append(thread)
            bench.until(lambda number=number: len(attempts.running) == number)
            if number == 1:
                bench.take_away(job_id)
        first_may_end.set()
        threads[0].join()
        bench.until(lambda: len(attempts.running) == 1)
        assert [one.number for one in attempts.running] == [2]
        second_may_end.set()
        threads[1].join()
    assert bench.state(job_id) == "succeeded"


def test_two_suspects_never_run_side_by_side(bench: Any) -> None:
    """Both were on board when processes died; run together they would hide which of them kills it."""
    first, second = bench.submit(), bench.submit()
    bench.sql("update ledger.job set attempt = 2, forgiven = 2, deaths = 2")
    inside, leave = threading.Event(), threading.Event()

    def handler(job: Any, step: Any) -> None:
        inside.set()
        leave.wait(20)

    with bench.attempts(handler) as attempts:
        thread = threading.Thread(target=attempts.perform, args=(str(first),))
        thread.start()
        inside.wait(20)
        attempts.perform(str(second))
        assert bench.state(second) in {"queued", "retrying"}
        assert [charged for _, charged in bench.tries(second)] == [False]
        leave.set()
        thread.join()
        bench.sql("update ledger.job set state = 'queued' where state = 'retrying'")
        attempts.perform(str(second))
    assert [bench.state(first), bench.state(second)] == ["succeeded", "succeeded"]


def test_a_suspect_gives_its_place_up_when_its_success_is_committed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then it would be found on board when the next one kills the process."""
    first, second = bench.submit(), bench.submit()
    bench.sql("update ledger.job set attempt = 2, forgiven = 2, deaths = 2")
    returned, may_commit = threading.Event(), threading.Event()
    real = Attempts._succeed

    def succeed(attempts: Attempts, done: Any) -> None:
        returned.set()
        may_commit.wait(20)
        real(attempts, done)

    monkeypatch.setattr(Attempts, "_succeed", succeed)
    with bench.attempts(lambda _job, _step: None) as attempts:
        thread = threading.Thread(target=attempts.perform, args=(str(first),))
        thread.start()
        returned.wait(20)
        attempts.perform(str(second))
        assert bench.state(second) in {"queued", "retrying"}
        may_commit.set()
        thread.join()
    assert bench.state(first) == "succeeded"


def test_no_suspect_runs_before_those_that_were_turned_away_are_put_back(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them would be found on board, claimed before the one that kills the process, and blamed."""
    first, second, third = (bench.submit() for _ in range(3))
    bench.sql("update ledger.job set attempt = 2, forgiven = 2, deaths = 2")
    inside, leave, turned_away, may_go = (threading.Event() for _ in range(4))
    real = moves.put_off

    def put_off(*given: Any) -> bool:
        turned_away.set()
        may_go.wait(20)
        return real(*given)

    def handler(_job: Any, _step: Any) -> None:
        inside.set()
        leave.wait(20)

    monkeypatch.setattr(moves, "put_off", put_off)
    with bench.attempts(handler) as attempts:
        threads = [threading.Thread(target=attempts.perform, args=(str(one),)) for one in (first, second, third)]
        threads[0].start()
        inside.wait(20)
        threads[1].start()
        turned_away.wait(20)
        leave.set()
        bench.until(lambda: bench.state(first) == "succeeded")
        threads[0].join()
        inside.clear()
        threads[2].start()
        bench.until(lambda: bench.state(third) == "running")
        assert not inside.is_set()
        may_go.set()
        for thread in threads[1:]:
            thread.join()
    assert [bench.state(one) for one in (second, third)] == ["succeeded"] * 2


def test_what_is_given_back_goes_uncharged_and_is_rung(bench: Any, redis_client: redis.Redis) -> None:
    inside, leave = threading.Event(), threading.Event()

    def handler(job: Any, step: Any) -> Any:
        inside.set()
        leave.wait(20)
        return bench.Counted(count=1)

    job_id = bench.submit()
    redis_client.flushall()
    with bench.attempts(handler) as attempts:
        thread = threading.Thread(target=attempts.perform, args=(str(job_id),))
        thread.start()
        inside.wait(20)
        assert attempts.give_back() == 1
        leave.set()
        thread.join()
    job = bench.job(job_id)
    assert (job.state, job.attempt - job.forgiven, job.result, bench.tries(job_id)) == ("queued", 0, None, [("given back", False)])
    assert redis_client.llen("imece:workertest.steps") == 1


def test_an_interruption_reaches_a_loop_of_python_and_not_what_comes_after_it(bench: Any) -> None:
    inside = threading.Event()

    def handler(job: Any, step: Any) -> None:
        inside.set()
        while True:
            pass

    job_id = bench.submit()
    with bench.attempts(handler) as attempts:
        thread = threading.Thread(target=attempts.perform, args=(str(job_id),))
        thread.start()
        inside.wait(20)
        next(iter(attempts.running.values())).interrupt(TimedOut)
        thread.join(20)
    assert not thread.is_alive()
    assert bench.tries(job_id) == [("timed out", True)]


@pytest.mark.parametrize("error", [TimedOut, Cancelled, Lost])
def test_interruptions_that_come_late_leave_no_job_behind(bench: Any, error: type[Exception]) -> None:
    """Again and again an exception is thrown at a thread that is about to leave its handler."""
    with db.transaction() as session:
        ids = ledger.submit_many(session, [bench.Step(number=n) for n in range(150)])
    raised: list[BaseException] = []
    over = threading.Event()

    with bench.attempts(lambda job, step: bench.Counted(count=1)) as attempts:

        def work() -> None:
            for job_id in ids:
                try:
                    attempts.perform(str(job_id))
                except BaseException as escaped:  # noqa: BLE001 (this is what must not happen)
                    raised.append(escaped)
            over.set()

        thread = threading.Thread(target=work)
        thread.start()
        while not over.is_set():
            for running in list(attempts.running.values()):
                running.interrupt(error)  # type: ignore[arg-type]
            time.sleep(0)
        thread.join()

    assert raised == []
    assert not attempts.running
    states = dict(bench.sql("select state, count(*) from ledger.job group by state"))
    allowed = {TimedOut: {"succeeded", "retrying"}, Cancelled: {"succeeded", "cancelled"}, Lost: {"succeeded", "running"}}[error]  # type: ignore[index]
    assert set(states) <= allowed
    assert sum(states.values()) == 150


def test_a_claim_waits_until_postgresql_is_back(bench: Any, stack: Any) -> None:
    job_id = bench.submit()
    with bench.attempts(lambda job, step: bench.Counted(count=1)) as attempts:
        stack.postgres.stop()
        thread = threading.Thread(target=attempts.perform, args=(str(job_id),))
        thread.start()
        stack.postgres.start()
        thread.join(20)
        assert not thread.is_alive()
    assert bench.tries(job_id) == [("succeeded", True)]


def test_an_end_is_written_down_when_postgresql_is_back(bench: Any, stack: Any) -> None:
    """The attempt itself knows nothing of the outage, and is not charged for it."""

    def handler(job: Any, step: Any) -> Any:
        stack.postgres.stop()
        if step.number:
            raise ValueError("mine")
        return bench.Counted(count=1)

    for number, tries in ((0, [("succeeded", True)]), (1, [("failed", True)])):
        job_id = bench.submit(bench.Step(number=number))
        with bench.attempts(handler) as attempts:
            thread = threading.Thread(target=attempts.perform, args=(str(job_id),))
            thread.start()
            bench.until(lambda: not stack.postgres.running)
            stack.postgres.start()
            thread.join(20)
            bench.until(lambda attempts=attempts: not attempts.running)
        assert bench.tries(job_id) == tries


def test_ringing_reaches_the_kinds_that_are_unknown_here(bench: Any) -> None:
    """Whatever name a message carries, its job is claimed, so that the ledger says what became of it."""
    job_id = bench.submit(bench.Part())
    bench.process(lambda job, step: None)
    bench.until(lambda: bench.tries(job_id) == [("snoozed", False)])


def test_a_message_that_cannot_be_read_stops_nobody(bench: Any, redis_client: redis.Redis) -> None:
    redis_client.hset("imece:workertest.steps.msgs", "broken", b"{")
    redis_client.rpush("imece:workertest.steps", "broken")
    job_id = bench.submit()
    bench.process(lambda job, step: bench.Counted(count=1))
    bench.until(lambda: bench.state(job_id) == "succeeded")
