"""What a handler is given."""

import threading
from typing import Any
from uuid import UUID

import pytest

from imece import db, ledger
from imece.errors import Lost


def test_progress_is_on_the_row_while_the_job_runs_and_complete_at_its_end(bench: Any) -> None:
    seen: list[Any] = []

    def handler(job: Any, step: Any) -> None:
        job.progress(3, 10, {"tr": "satır", "en": "rows"})
        row = bench.job(job.id)
        seen.append((row.progress_done, row.progress_total, row.progress_note))

    job_id = bench.run(handler)
    assert seen == [(3, 10, {"tr": "satır", "en": "rows"})]
    assert bench.job(job_id).progress_done == 10


def test_progress_is_cheap_to_tell_often_and_the_last_word_is_written(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    from imece.ledger import moves

    real = moves.progress

    def counting(connection: Any, attempt: Any, done: int, *rest: Any) -> Any:
        written.append(done)
        return real(connection, attempt, done, *rest)

    monkeypatch.setattr("imece.ledger.moves.progress", counting)

    def handler(job: Any, step: Any) -> None:
        for n in range(1000):
            job.progress(n, 1000)
        job.write_progress()
        job.write_progress()

    bench.run(handler)
    assert written[-1] == 999
    assert len(written) < 20


def test_a_cancel_is_raised_by_the_next_word_on_progress(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        bench.cancel(job.id)
        job.progress(1, 2)
        raise AssertionError("went on")

    assert bench.state(bench.run(handler)) == "cancelled"


def test_progress_of_a_job_that_is_no_longer_ours_raises_lost(bench: Any) -> None:
    raised: list[type] = []

    def handler(job: Any, step: Any) -> None:
        bench.take_away(job.id)
        try:
            job.progress(1, 2)
        except Lost as error:
            raised.append(type(error))
            raise

    assert bench.state(bench.run(handler)) == "queued"
    assert raised == [Lost]


def test_a_transaction_in_the_middle_commits_and_the_job_goes_on(bench: Any) -> None:
    def handler(job: Any, step: Any) -> Any:
        with job.transaction() as session:
            job.submit(session, bench.Part())
        with job.transaction() as session:
            job.submit(session, bench.Part())
        return bench.Counted(count=2)

    job_id = bench.run(handler)
    assert bench.state(job_id) == "succeeded"
    assert bench.sql("select count(*) from ledger.job where parent_id is not null") == [(2,)]


def test_an_exception_in_a_transaction_takes_everything_back(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            job.submit(session, bench.Part())
            job.finish(session)
            raise ValueError("after all not")

    job_id = bench.run(handler)
    assert bench.tries(job_id) == [("failed", True)]
    assert bench.sql("select count(*) from ledger.job") == [(1,)]


def test_what_is_raised_after_the_completion_changes_nothing(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            job.finish(session, bench.Counted(count=1))
        raise ValueError("tidying up went wrong")

    job_id = bench.run(handler)
    assert (bench.state(job_id), bench.tries(job_id)) == ("succeeded", [("succeeded", True)])


def test_a_job_waits_for_others_and_is_told_how_they_ended(bench: Any) -> None:
    told: list[Any] = []

    def step(job: Any, contract: Any) -> Any:
        children = job.children("workertest.part")
        if not children:
            with job.transaction() as session:
                job.wait_for(session, [bench.Part(number=n) for n in range(4)], note={"tr": "parça", "en": "parts"})
            return None
        told.extend((child.args["number"], child.state, (child.error or {}).get("en")) for child in children)
        return bench.Counted(count=len(children))

    def part(job: Any, contract: Any) -> None:
        if contract.number == 2:
            raise ValueError("two")

    parent = bench.submit()
    with bench.attempts({"workertest.step": step, "workertest.part": part}) as attempts:
        attempts.perform(str(parent))
        job = bench.job(parent)
        assert (job.state, job.waits_for, job.progress_total, job.progress_note) == ("waiting", 4, 4, {"tr": "parça", "en": "parts"})
        for (child,) in bench.sql("select id from ledger.job where parent_id is not null order by id"):
            attempts.perform(str(child))
        bench.until(lambda: bench.state(parent) == "queued")
        assert bench.job(parent).progress_done == 4
        attempts.perform(str(parent))

    assert told == [(0, "succeeded", None), (1, "succeeded", None), (2, "failed", "ValueError: two"), (3, "succeeded", None)]
    job = bench.job(parent)
    assert (job.state, job.result, job.attempt - job.forgiven) == ("succeeded", {"count": 4, "text": ""}, 1)


def test_a_child_tells_the_job_that_waits_for_it_and_nobody_else(bench: Any) -> None:
    said = {"tr": "yaklaşık 3 dk kaldı", "en": "about 3 min left"}

    def step(job: Any, contract: Any) -> Any:
        if not job.children("workertest.part"):
            with job.transaction() as session:
                job.wait_for(session, [bench.Part(number=n) for n in range(2)], note={"tr": "parça", "en": "parts"})

    def part(job: Any, contract: Any) -> None:
        job.tell_parent(said)

    parent, other = bench.submit(), bench.submit(bench.Part())
    with bench.attempts({"workertest.step": step, "workertest.part": part}) as attempts:
        attempts.perform(str(parent))
        attempts.perform(str(other))
        assert bench.job(parent).progress_note == {"tr": "parça", "en": "parts"}
        children = [child for (child,) in bench.sql("select id from ledger.job where parent_id is not null order by id")]
        attempts.perform(str(children[0]))
        bench.until(lambda: bench.job(parent).progress_done == 1)
        assert (bench.state(parent), bench.job(parent).progress_note) == ("waiting", said)


def test_waiting_for_nothing_calls_the_handler_again(bench: Any) -> None:
    def handler(job: Any, step: Any) -> Any:
        if job.attempt == 1:
            with job.transaction() as session:
                job.wait_for(session, [])
            return None
        return bench.Counted(count=job.attempt)

    job_id = bench.submit()
    bench.process(handler)
    bench.until(lambda: bench.state(job_id) == "succeeded")
    assert bench.job(job_id).result == {"count": 2, "text": ""}


def test_children_have_the_company_and_the_requester_of_their_parent(bench: Any, company: UUID) -> None:
    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            job.wait_for(session, [bench.Part()])

    bench.run(handler, company_id=company, requested_by="ayşe")
    ((theirs, by),) = bench.sql("select company_id, requested_by from ledger.job where parent_id is not null")
    assert (theirs, by) == (company, "ayşe")


def test_a_follow_up_with_a_key_is_asked_for_once(bench: Any) -> None:
    asked: list[UUID] = []

    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            asked.extend(job.submit(session, bench.Part(), unique_key="k") for _ in range(2))

    bench.run(handler)
    assert len(set(asked)) == 1


def test_a_job_of_the_house_has_no_company(bench: Any) -> None:
    seen: list[Any] = []

    def handler(job: Any, step: Any) -> None:
        seen.append(job.company_id)
        _ = job.company

    bench.run(handler)
    assert seen == [None]


def test_the_watch_does_not_wait_for_a_handlers_transaction(bench: Any) -> None:
    """The handler holds its job's row while it takes its time to commit; a word on progress from before must not be written then."""
    finished, go_on = threading.Event(), threading.Event()

    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            job.progress(1, 10)
            job.progress(2, 10)
            job.finish(session)
            finished.set()
            go_on.wait(20)

    job_id = bench.submit()
    with bench.attempts(handler) as attempts:
        thread = threading.Thread(target=attempts.perform, args=(str(job_id),))
        thread.start()
        finished.wait(20)
        next(iter(attempts.running.values())).job.write_progress()
        go_on.set()
        thread.join()
    assert bench.state(job_id) == "succeeded"
    with db.transaction() as session:
        assert ledger.find(session, job_id).progress_done == 10


def test_a_handler_is_told_that_its_process_ends(bench: Any) -> None:
    seen: list[bool] = []

    def handler(job: Any, step: Any) -> None:
        seen.append(job.stopping)
        attempts._stopping.set()
        seen.append(job.stopping)

    job_id = bench.submit()
    with bench.attempts(handler) as attempts:
        attempts.perform(str(job_id))
    assert seen == [False, True]


def test_what_has_been_used_is_kept_no_longer(bench: Any) -> None:
    def handler(job: Any, step: Any) -> None:
        with job.transaction() as session:
            job.redact(session, number=0)
            job.finish(session)

    assert bench.job(bench.run(handler, bench.Step(number=1234))).args == {"number": 0}
