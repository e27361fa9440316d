"""What the rest of the house may ask of the ledger."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from imece import clock, db, ledger
from imece.errors import Conflict, NotFound
from imece.ids import new_id
from imece.ledger import State, doorbell
from imece.ledger.models import Audit


def test_a_job_exists_if_and_only_if_the_transaction_commits(desk: Any) -> None:
    kept = desk.submit(desk.Step(number=7), requested_by="ayşe")
    with db.transaction() as session:
        dropped = ledger.submit(session, desk.Step())
        session.rollback()

    job = desk.job(kept)
    assert (job.state, job.args, job.requested_by, job.max_attempts) == ("queued", {"number": 7, "text": ""}, "ayşe", 3)
    with pytest.raises(NotFound):
        desk.job(dropped)
    assert desk.rings() == [str(kept)], "rung after the commit, and only for what exists"


def test_a_live_key_gives_the_job_that_has_it_and_a_final_one_sets_it_free(desk: Any) -> None:
    first = desk.submit(unique_key="month-end")
    assert desk.submit(unique_key="month-end") == first
    assert desk.rings() == [str(first)]

    desk.succeed(desk.claim(first))

    assert desk.submit(unique_key="month-end") != first


def test_a_job_asked_for_alone_is_kept_for_good_and_rung_at_once(desk: Any) -> None:
    at = clock.now() + timedelta(hours=1)
    alone = ledger.submit_alone(desk.Step(number=7), requested_by="ayşe", unique_key="once")
    later = ledger.submit_alone(desk.Step(), at=at)

    job = desk.job(alone)
    assert (job.state, job.args["number"], job.requested_by) == ("queued", 7, "ayşe")
    assert (desk.job(later).state, desk.job(later).scheduled_at) == ("scheduled", at)
    assert desk.rings() == [str(alone)]
    assert ledger.submit_alone(desk.Step(), unique_key="once") == alone, "a live key gives the job that has it"
    assert desk.rings() == [str(alone)]
    assert db.alone(lambda line: line.exec_driver_sql("show synchronous_commit").scalar()) == "on"


def test_of_many_that_submit_one_key_at_the_same_moment_all_get_the_same_job(desk: Any) -> None:
    together = threading.Barrier(8)
    found: list[UUID] = []

    def submit() -> None:
        together.wait()
        found.append(desk.submit(unique_key="once"))

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 8
    assert len(set(found)) == 1
    assert desk.sql("select count(*) from ledger.job")[0][0] == 1


def test_a_job_for_later_is_scheduled_and_not_rung(desk: Any) -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    job = desk.job(desk.submit(at=moment))
    assert (job.state, job.scheduled_at, job.sent_at) == ("scheduled", moment, None)
    assert desk.rings() == []


def test_many_jobs_are_copied_in_order_with_every_character(desk: Any, company: UUID) -> None:
    nasty = ["tab\tnew\nline\r", "back\\slash \\N \\t", "quote \" and '", "ğüşöçıİ ₺ 🧾", ""]
    with db.transaction() as session:
        contracts = [desk.Step(number=n, text=text) for n, text in enumerate(nasty)]
        ids = ledger.submit_many(session, contracts, company_id=company, requested_by="tab\there\\")

    jobs = [desk.job(job_id) for job_id in ids]
    assert [job.args["text"] for job in jobs] == nasty
    assert ids == sorted(ids)
    assert {(job.company_id, job.requested_by, job.state) for job in jobs} == {(company, "tab\there\\", "queued")}
    assert desk.rings() == [str(job_id) for job_id in ids]


def test_many_jobs_of_a_rolled_back_transaction_never_were(desk: Any) -> None:
    with db.transaction() as session:
        ledger.submit_many(session, [desk.Step() for _ in range(50)])
        session.rollback()
    assert desk.sql("select count(*) from ledger.job")[0][0] == 0
    assert desk.rings() == []


def test_many_jobs_that_meet_a_lost_server_are_an_operational_error_as_one_would_be(desk: Any, stack: Any) -> None:
    def submit_while_it_goes_away() -> None:
        with db.transaction() as session:
            session.execute(sa.text("select 1"))
            stack.postgres.stop()
            ledger.submit_many(session, [desk.Step() for _ in range(10)])

    try:
        with pytest.raises(sa.exc.DBAPIError) as told:
            submit_while_it_goes_away()
    finally:
        stack.postgres.start()
    assert db.is_away(told.value)


def test_many_jobs_that_postgresql_refuses_are_a_data_error(desk: Any) -> None:
    with pytest.raises(sa.exc.DataError), db.transaction() as session:
        ledger.submit_many(session, [desk.Step(text="\x00")])


def test_then_waits_for_all_of_them_and_knows_them_as_its_children(desk: Any) -> None:
    first, second = desk.submit_many(2, then=desk.Pack())
    (pack,) = desk.sql("select id from ledger.job where kind = 'ledgertest.pack'")[0]
    assert (desk.job(pack).state, desk.job(pack).waits_for) == ("waiting", 2)

    assert desk.fail(desk.claim(first)) == []
    assert [ring.job_id for ring in desk.succeed(desk.claim(second))] == [pack]

    assert desk.state(pack) == "queued"
    with db.transaction() as session:
        children = ledger.search(session, company_id=None, parent_id=pack)
    assert {child.id for child in children} == {first, second}


def test_then_without_anything_to_wait_for_is_queued_at_once(desk: Any) -> None:
    assert desk.submit_many(0, then=desk.Pack()) == []
    ((state,),) = desk.sql("select state from ledger.job")
    assert state == "queued"
    assert len(desk.rings("ledgertest.packs")) == 1


@pytest.mark.parametrize("held", ["queued", "scheduled", "retrying"])
def test_what_has_not_begun_is_cancelled_at_once(desk: Any, held: str) -> None:
    job_id = desk.submit(at=clock.now() + timedelta(hours=1) if held == "scheduled" else None)
    if held == "retrying":
        desk.sql("update ledger.job set state = 'retrying', scheduled_at = clock_timestamp() where id = :id", id=job_id)

    with db.transaction() as session:
        assert ledger.cancel(session, job_id, by="ayşe") is State.CANCELLED

    job = desk.job(job_id)
    assert (job.state, job.cancel_requested_by) == ("cancelled", "ayşe")
    with pytest.raises(Conflict), db.transaction() as session:
        ledger.cancel(session, job_id, by="ayşe")


def test_what_runs_is_asked_to_end(desk: Any) -> None:
    job_id = desk.submit()
    desk.claim(job_id)
    with db.transaction() as session:
        assert ledger.cancel(session, job_id, by="ayşe") is State.RUNNING
    assert desk.job(job_id).cancel_requested_by == "ayşe"


def test_cancelling_a_waiting_parent_takes_everything_below_with_it(desk: Any) -> None:
    children = desk.submit_many(3, then=desk.Pack())
    (parent,) = desk.sql("select id from ledger.job where kind = 'ledgertest.pack'")[0]
    grandchild = desk.submit(parent_id=children[0])
    desk.claim(children[1])
    desk.succeed(desk.claim(children[2]))

    with db.transaction() as session:
        assert ledger.cancel(session, parent, by="ayşe") is State.CANCELLED

    assert [desk.state(one) for one in (*children, grandchild)] == ["cancelled", "running", "succeeded", "cancelled"]
    assert desk.job(children[1]).cancel_requested_by == "ayşe"


def test_a_cancel_that_meets_a_claim_asks_the_running_job(desk: Any) -> None:
    """The claim commits while the cancel waits for its lock: what was queued to the cancel's eyes runs by then."""
    job_id = desk.submit()
    outcome: list[State] = []

    def cancel() -> None:
        with db.transaction() as session:
            outcome.append(ledger.cancel(session, job_id, by="ayşe"))

    with db.engine().connect() as claiming:
        claiming.execute(sa.text("update ledger.job set state = 'running', worker_id = id, attempt = 1 where id = :id"), {"id": job_id})
        thread = threading.Thread(target=cancel)
        thread.start()
        _wait_for_a_lock(desk)
        claiming.commit()
    thread.join(10)

    assert outcome == [State.RUNNING]
    assert desk.job(job_id).cancel_requested_by == "ayşe"


def test_a_cancel_sees_children_that_are_committed_while_it_waits(desk: Any) -> None:
    parent = desk.submit()
    desk.claim(parent)

    def cancel() -> None:
        with db.transaction() as session:
            ledger.cancel(session, parent, by="ayşe")

    with db.transaction() as session:
        session.execute(sa.text("select 1 from ledger.job where id = :id for update"), {"id": parent})
        child = ledger.submit(session, desk.Step(), parent_id=parent)
        thread = threading.Thread(target=cancel)
        thread.start()
        _wait_for_a_lock(desk)
    thread.join(10)

    assert desk.state(child) == "cancelled"


def test_retry_gives_a_failed_job_all_its_attempts_again(desk: Any) -> None:
    job_id = desk.submit()
    desk.fail(desk.claim(job_id))
    with db.transaction() as session:
        ledger.retry(session, job_id, by="ayşe")

    job = desk.job(job_id)
    assert (job.state, job.attempt - job.forgiven, job.error, job.finished_at) == ("queued", 0, None, None)
    assert desk.claim(job_id).attempt == 2
    assert desk.rings() == [str(job_id)] * 2


def test_only_failed_and_cancelled_jobs_can_be_retried(desk: Any) -> None:
    queued, succeeded = desk.submit(), desk.submit()
    desk.succeed(desk.claim(succeeded))
    for job_id in (queued, succeeded):
        with pytest.raises(Conflict), db.transaction() as session:
            ledger.retry(session, job_id, by="ayşe")


def test_retry_is_refused_while_a_live_job_has_the_key(desk: Any) -> None:
    job_id = desk.submit(unique_key="k")
    desk.fail(desk.claim(job_id))
    desk.submit(unique_key="k")
    with pytest.raises(Conflict), db.transaction() as session:
        ledger.retry(session, job_id, by="ayşe")
    assert desk.state(job_id) == "failed"


def test_a_waiting_parent_waits_for_the_child_that_a_person_retries(desk: Any) -> None:
    failed, slow = desk.submit_many(2, then=desk.Pack())
    (parent,) = desk.sql("select id from ledger.job where kind = 'ledgertest.pack'")[0]
    desk.fail(desk.claim(failed))
    with db.transaction() as session:
        ledger.retry(session, failed, by="ayşe")
    assert (desk.job(parent).waits_for, desk.job(parent).progress_done) == (2, 0)

    assert desk.succeed(desk.claim(slow)) == []
    assert [ring.job_id for ring in desk.succeed(desk.claim(failed))] == [parent]


def test_two_who_retry_one_child_at_the_same_moment_make_its_parent_wait_once(desk: Any) -> None:
    failed, _ = desk.submit_many(2, then=desk.Pack())
    (parent,) = desk.sql("select id from ledger.job where kind = 'ledgertest.pack'")[0]
    desk.fail(desk.claim(failed))
    refused: list[Conflict] = []

    def retry() -> None:
        with db.transaction() as session:
            try:
                ledger.retry(session, failed, by="fatma")
            except Conflict as error:
                refused.append(error)

    with db.transaction() as session:
        ledger.retry(session, failed, by="ayşe")
        thread = threading.Thread(target=retry)
        thread.start()
        _wait_for_a_lock(desk)
    thread.join(10)

    assert len(refused) == 1
    assert desk.job(parent).waits_for == 2


def test_a_child_of_an_earlier_phase_holds_nobody_up_when_it_is_retried(desk: Any) -> None:
    (letter,) = desk.submit_many(1, then=desk.Pack())
    (parent,) = desk.sql("select id from ledger.job where kind = 'ledgertest.pack'")[0]
    desk.fail(desk.claim(letter))
    phase = desk.claim(parent)
    with db.transaction() as session:
        desk_moves_hold(session, phase.id, phase.attempt, desk.me)
        (mail,) = ledger.submit_many(session, [desk.Step()], parent_id=parent, unblocks=parent)

    with db.transaction() as session:
        ledger.retry(session, letter, by="ayşe")

    assert desk.job(parent).waits_for == 1
    assert [ring.job_id for ring in desk.succeed(desk.claim(mail))] == [parent]
    desk.succeed(desk.claim(letter))
    assert desk.job(parent).progress_done == 1


def test_nothing_of_another_company_is_found_listed_cancelled_or_retried(desk: Any, company: UUID) -> None:
    theirs = desk.submit(company_id=company)
    other = new_id()
    with db.transaction() as session:
        assert ledger.find(session, theirs, company_id=company).id == theirs
        assert ledger.search(session, company_id=other) == []
        for refused in (
            lambda: ledger.find(session, theirs, company_id=other),
            lambda: ledger.cancel(session, theirs, by="x", company_id=other),
            lambda: ledger.retry(session, theirs, by="x", company_id=other),
        ):
            with pytest.raises(NotFound):
                refused()


def test_search_finds_by_text_kind_state_and_parent_page_by_page(desk: Any) -> None:
    with db.transaction() as session:
        ids = ledger.submit_many(session, [desk.Step(number=n, text="100%_sure" if n == 3 else "") for n in range(5)])
    while new_id().int >> 80 <= ids[-1].int >> 80:
        pass  # within one millisecond the order of ids is anybody's
    with db.transaction() as session:
        pack = ledger.submit(session, desk.Pack(), parent_id=ids[0])
    desk.fail(desk.claim(ids[1]))

    def found(**how: Any) -> list[UUID]:
        with db.transaction() as session:
            return [job.id for job in ledger.search(session, company_id=None, **how)]

    assert found(limit=2) == [pack, ids[4]]
    assert found(before=ids[4], limit=2) == [ids[3], ids[2]]
    assert found(text="0%_S") == [ids[3]]
    assert found(text="0__S") == []
    assert found(text=str(ids[2])) == [ids[2]]
    assert found(text='"no"') == [ids[1]]
    assert found(kind="ledgertest.pack") == [pack]
    assert found(state="failed") == [ids[1]]
    assert found(parent_id=ids[0]) == [pack]
    assert pack not in found(top_only=True)


def test_search_can_leave_out_what_imece_asks_of_itself_while_it_goes_well(desk: Any, company: UUID) -> None:
    theirs, well, failed = desk.submit(company_id=company), desk.submit(), desk.submit()
    desk.fail(desk.claim(failed))
    with db.transaction() as session:
        found = {job.id for job in ledger.search(session, company_id=None, owned=True)}
    assert {theirs, failed} <= found
    assert well not in found


def test_what_a_person_does_to_a_job_is_written_down(desk: Any, company: UUID) -> None:
    job_id = desk.submit(company_id=company)
    with db.transaction() as session:
        ledger.cancel(session, job_id, by="ayşe")
    with db.transaction() as session:
        ledger.retry(session, job_id, by="fatma")
        session.flush()
        rows = session.scalars(sa.select(Audit).order_by(Audit.id)).all()
    assert [(row.actor, row.action, row.job_id, row.company_id) for row in rows] == [
        ("ayşe", "cancel", job_id, company),
        ("fatma", "retry", job_id, company),
    ]


def test_a_job_of_a_savepoint_is_rung_after_the_commit_and_not_before(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[UUID] = []
    monkeypatch.setattr(doorbell, "ring", lambda rings: rung.extend(one.job_id for one in rings))
    with db.transaction() as session:
        outer = ledger.submit(session, desk.Step())
        with session.begin_nested():
            inner = ledger.submit(session, desk.Step())
        assert rung == []
        with session.begin_nested() as savepoint:
            ledger.submit(session, desk.Step())
            savepoint.rollback()
        assert rung == []
    assert rung[:2] == [outer, inner]
    assert desk.sql("select count(*) from ledger.job")[0][0] == 2


def desk_moves_hold(session: Any, job_id: UUID, attempt: int, worker: UUID) -> None:
    from imece.ledger import moves

    assert moves.hold(session.connection(), moves.Attempt(job_id, attempt), 1, 1, None, worker)


def _wait_for_a_lock(desk: Any) -> None:
    """Until some statement waits for a row that another transaction holds."""
    while not desk.sql("select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"):
        pass
