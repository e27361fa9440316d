"""Claims about effects, against a real PostgreSQL; the provider is played."""

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from imece import db
from imece.errors import Permanent, Snooze, Transient, Unknown
from imece.ids import new_id
from imece.testing import Stack
from notify.channels import Accepted, Finding, Outcome, Verdict, one_by_one
from notify.channels.smtp import Refused
from notify.models import Effect, EffectState, Message
from notify.sending import effects
from notify.sending.effects import Done, Intent, carry_out

pytestmark = pytest.mark.usefixtures("database")


class Died(BaseException):
    """The process ends here: nothing after it happens."""


@dataclass
class Provider:
    """A channel whose provider keeps what it takes. `act` is what sending does; the provider has taken the parcel before or after it."""

    act: Callable[[str], str] = lambda parcel: f"250 {parcel}"
    can_tell: bool = True
    taken: list[str] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    asked: int = 0

    name = "email"
    begins_within = timedelta(seconds=10)
    settles_within = timedelta(seconds=12)

    most = 1

    def send(self, parcel: str, deadline: float) -> Accepted:
        self.deadlines.append(deadline)
        answer = self.act(parcel)
        self.taken.append(parcel)
        return Accepted(parcel, answer)

    def send_many(self, parcels: Sequence[str], deadline: float) -> list[Verdict]:
        return one_by_one(self, parcels, deadline)

    def look_up(self, reference: str, parcel: str | None = None, since: timedelta | None = None) -> Finding:
        self.asked += 1
        if not self.can_tell:
            return Finding(Outcome.UNTOLD)
        return Finding(Outcome.ARRIVED, "250 here it is") if reference in self.taken else Finding(Outcome.ABSENT)


@pytest.fixture
def intent() -> Intent:
    job = new_id()
    return Intent(job, new_id(), "email", "ali.veli@example.com", "Konu", "tr", f"<{job}@x>")


def raising(error: BaseException) -> Callable[[str], str]:
    def act(_parcel: str) -> str:
        raise error

    return act


def run(intent: Intent, provider: Provider, **more: Any) -> Done:
    return carry_out(intent, provider, lambda reference: reference, **more)


def row(intent: Intent) -> Effect:
    with db.transaction() as session:
        return session.scalars(sa.select(Effect).where(Effect.key == intent.key)).one()


def hours_pass(intent: Intent) -> None:
    with db.transaction() as session:
        session.execute(sa.update(Effect).where(Effect.key == intent.key).values(started_at=Effect.started_at - timedelta(hours=1)))


def by_ayse(_since: datetime) -> str:
    return "ayse"


def test_it_is_done_once_and_remembered(intent: Intent) -> None:
    provider = Provider()

    assert [run(intent, provider) for _ in range(3)] == [Done(intent.reference, f"250 {intent.reference}")] * 3

    assert provider.taken == [intent.reference]
    found = row(intent)
    assert (found.state, found.attempt, found.answer) == (EffectState.DONE, 1, f"250 {intent.reference}")


def test_it_is_written_down_and_committed_before_the_provider_is_spoken_to(intent: Intent) -> None:
    seen: list[tuple[str, str, str]] = []

    def look(parcel: str) -> str:
        with db.transaction() as session:
            effect, message = session.execute(sa.select(Effect, Message).join(Message)).one()
        seen.append((effect.state, effect.reference, message.recipient))
        return parcel

    run(intent, Provider(look))

    assert seen == [(EffectState.SENDING, intent.reference, intent.recipient)]


def test_what_surely_did_not_go_out_is_tried_again_at_once(intent: Intent) -> None:
    with pytest.raises(Transient):
        run(intent, Provider(raising(Transient("later", "sonra"))))
    assert (row(intent).state, row(intent).attempt) == (EffectState.INTENDED, 1)

    run(intent, provider := Provider())

    assert provider.taken == [intent.reference]
    assert provider.asked == 0
    assert row(intent).attempt == 2


def test_a_refusal_is_for_good_and_marks_the_address(intent: Intent) -> None:
    with pytest.raises(Refused):
        run(intent, Provider(raising(Refused("no", "olmaz", address=True))))
    found = row(intent)
    assert (found.state, found.address_refused, found.error_en, found.error_tr) == (EffectState.FAILED, True, "no", "olmaz")

    with pytest.raises(Permanent, match="no") as again:
        run(intent, provider := Provider())

    assert again.value.tr == "olmaz"
    assert provider.taken == []


def test_what_cannot_be_put_together_is_failed_without_an_attempt(intent: Intent) -> None:
    def make(_reference: str) -> str:
        raise Permanent("no such attachment", "ek yok")

    for _ in range(2):
        with pytest.raises(Permanent, match="no such attachment"):
            carry_out(intent, Provider(), make)

    assert (row(intent).state, row(intent).attempt) == (EffectState.FAILED, 0)


@pytest.mark.parametrize("can_tell", [True, False])
def test_died_before_the_claim_leaves_nothing_and_the_next_one_sends(intent: Intent, can_tell: bool) -> None:
    with pytest.raises(Died):
        carry_out(intent, Provider(), raising(Died()))

    run(intent, provider := Provider(can_tell=can_tell))

    assert provider.taken == [intent.reference]


def test_died_while_sending_is_looked_up_and_sent_if_it_is_not_there(intent: Intent) -> None:
    provider = Provider(raising(Died()))
    with pytest.raises(Died):
        run(intent, provider)
    assert row(intent).state == EffectState.SENDING
    provider.act = str
    hours_pass(intent)

    run(intent, provider)

    assert provider.taken == [intent.reference]
    assert row(intent).attempt == 2


def died_after_it_was_taken(intent: Intent, provider: Provider) -> None:
    def act(parcel: str) -> str:
        provider.taken.append(parcel)
        raise Died

    provider.act = act
    with pytest.raises(Died):
        run(intent, provider)
    provider.act = str


def test_died_after_the_provider_took_it_is_looked_up_and_not_sent_again(intent: Intent) -> None:
    died_after_it_was_taken(intent, provider := Provider())

    assert run(intent, provider) == Done(intent.reference, "250 here it is")

    assert provider.taken == [intent.reference]
    assert row(intent).state == EffectState.DONE


def test_the_providers_no_is_not_trusted_while_the_other_may_still_be_at_it(intent: Intent) -> None:
    with pytest.raises(Died):
        run(intent, Provider(raising(Died())))

    with pytest.raises(Snooze) as held:
        run(intent, provider := Provider())

    assert timedelta(seconds=5) < held.value.delay <= provider.settles_within
    assert provider.taken == []


@pytest.mark.parametrize("taken", [True, False])
def test_where_nobody_can_tell_it_is_never_repeated_by_itself(intent: Intent, taken: bool) -> None:
    provider = Provider(can_tell=False)
    if taken:
        died_after_it_was_taken(intent, provider)
    else:
        with pytest.raises(Died):
            run(intent, replace(provider, act=raising(Died())))
    with pytest.raises(Snooze):
        run(intent, provider)
    hours_pass(intent)

    for _ in range(3):
        with pytest.raises(Unknown) as unknown:
            run(intent, provider)

    assert provider.taken == [intent.reference] * taken
    assert row(intent).state == EffectState.UNKNOWN
    assert "bilinmiyor" in unknown.value.tr
    assert "not known" in unknown.value.en


def test_a_person_may_have_the_unknown_sent_again_with_the_same_id_and_is_remembered(intent: Intent) -> None:
    provider = Provider(raising(Unknown("silence", "sessizlik")), can_tell=False)
    with pytest.raises(Unknown):
        run(intent, provider)
    settled, since = row(intent).settled_at, []
    provider.act = str

    def asked(moment: datetime) -> str:
        since.append(moment)
        return "ayse"

    run(replace(intent, reference="<another@x>"), provider, asked=asked)

    assert since == [settled]
    assert provider.taken == [intent.reference]
    assert (row(intent).state, row(intent).asked_by, row(intent).attempt) == (EffectState.DONE, "ayse", 2)


def test_one_request_is_one_repetition(intent: Intent) -> None:
    """What is unknown a second time was settled after the request, so the request is used up."""
    silent = Provider(raising(Unknown("silence", "sessizlik")), can_tell=False)
    with pytest.raises(Unknown):
        run(intent, silent)
    requested = row(intent).settled_at + timedelta(microseconds=1)

    for _ in range(3):
        with pytest.raises(Unknown):
            run(intent, silent, asked=lambda since: "ayse" if requested > since else None)

    assert row(intent).attempt == 2


def test_a_person_may_have_the_failed_sent_again(intent: Intent) -> None:
    with pytest.raises(Permanent):
        run(intent, Provider(raising(Refused("no", "olmaz", address=True))))

    run(intent, Provider(), asked=by_ayse)

    found = row(intent)
    assert (found.state, found.asked_by, found.address_refused, found.error_en) == (EffectState.DONE, "ayse", False, None)


def test_the_done_is_not_repeated_even_if_a_person_asks(intent: Intent) -> None:
    provider = Provider()
    for _ in range(2):
        run(intent, provider, asked=by_ayse)

    assert provider.taken == [intent.reference]


def test_silence_is_looked_up_at_once(intent: Intent) -> None:
    provider = Provider()

    def act(parcel: str) -> str:
        provider.taken.append(parcel)
        raise Unknown("silence", "sessizlik")

    provider.act = act

    assert run(intent, provider).answer == "250 here it is"
    assert row(intent).state == EffectState.DONE


def test_silence_about_something_absent_costs_an_attempt_and_waits_before_it_is_sent_again(intent: Intent) -> None:
    provider = Provider(raising(Unknown("silence", "sessizlik")))
    with pytest.raises(Transient) as later:
        run(intent, provider)
    assert later.value.retry_after == provider.settles_within
    assert row(intent).state == EffectState.UNKNOWN
    with pytest.raises(Snooze):
        run(intent, provider)
    hours_pass(intent)
    provider.act = str

    run(intent, provider)

    assert provider.taken == [intent.reference]


def test_a_provider_that_does_not_answer_the_question_is_asked_again_later(intent: Intent) -> None:
    died_after_it_was_taken(intent, provider := Provider())

    class Away(Provider):
        def look_up(self, reference: str, parcel: str | None = None, since: timedelta | None = None) -> Finding:
            raise Transient("away", "yok")

    with pytest.raises(Transient):
        run(intent, Away())

    assert run(intent, provider).answer == "250 here it is"


def test_eight_at_the_same_time_send_once(intent: Intent) -> None:
    others_have_tried, outcomes, start = threading.Event(), [], threading.Barrier(8)

    def slowly(parcel: str) -> str:
        assert others_have_tried.wait(20)
        return parcel

    provider = Provider(slowly)

    def work() -> None:
        start.wait()
        try:
            run(intent, provider)
            outcomes.append("done")
        except Snooze:
            outcomes.append("held back")
        if outcomes.count("held back") == 7:
            others_have_tried.set()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["done"] + ["held back"] * 7
    assert provider.taken == [intent.reference]


def test_of_two_that_find_it_absent_one_sends(intent: Intent) -> None:
    with pytest.raises(Died):
        run(intent, Provider(raising(Died())))
    hours_pass(intent)
    both_know, outcomes = threading.Barrier(2), []

    class Together(Provider):
        def look_up(self, reference: str, parcel: str | None = None, since: timedelta | None = None) -> Finding:
            finding = super().look_up(reference)
            if self.asked <= 2:
                both_know.wait(20)
            return finding

    provider = Together()

    def work() -> None:
        try:
            outcomes.append(run(intent, provider).reference)
        except Snooze:
            outcomes.append("held back")

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert provider.taken == [intent.reference]


def test_who_comes_back_from_the_dead_changes_nothing_but_may_report_success(intent: Intent) -> None:
    """The first stalls beyond its time, the second takes over; then the first gives up, fails, or says that it was taken after all."""
    for ending in (Transient("late", "geç"), Refused("no", "olmaz"), Unknown("silence", "sessizlik"), None):
        this = replace(intent, job_id=new_id())
        second = Provider()

        def stall(parcel: str, this: Intent = this, second: Provider = second, ending: Exception | None = ending) -> str:
            hours_pass(this)
            run(this, second)
            if ending:
                raise ending
            return "250 mine"

        first = Provider(stall, can_tell=False)
        if ending is None:
            run(this, first)
        else:
            with pytest.raises(type(ending)):
                run(this, first)

        found = row(this)
        assert (found.state, found.answer, found.attempt) == (EffectState.DONE, f"250 {this.reference}", 2)


def test_the_providers_word_outlives_a_restart_of_postgresql(intent: Intent, stack: Stack) -> None:
    back = threading.Timer(0.5, stack.postgres.start)

    def act(parcel: str) -> str:
        stack.postgres.stop()
        back.start()
        return parcel

    run(intent, Provider(act))
    back.join()

    assert row(intent).state == EffectState.DONE


@pytest.mark.parametrize("again", [False, True], ids=["first claim", "second claim"])
@pytest.mark.parametrize("lost", [1, 2], ids=["the claim's", "the end's"])
def test_a_commit_whose_answer_was_lost_counts_once(intent: Intent, monkeypatch: pytest.MonkeyPatch, lost: int, again: bool) -> None:
    if again:
        with pytest.raises(Transient):
            run(intent, Provider(raising(Transient("later", "sonra"))))
    real, calls = effects._run, itertools.count(1)

    def committed_unheard(statement: str, values: dict[str, Any]) -> bool:
        found = real(statement, values)
        if next(calls) == lost:
            raise sa.exc.OperationalError("commit", {}, Exception("server closed the connection"))
        return found

    monkeypatch.setattr(effects, "_run", committed_unheard)
    run(intent, provider := Provider(can_tell=False))

    assert provider.taken == [intent.reference]
    assert (row(intent).state, row(intent).attempt) == (EffectState.DONE, 1 + again)


def test_a_database_that_stays_away_is_no_fault_of_the_jobs(intent: Intent, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_statement: str, _values: dict[str, Any]) -> bool:
        raise sa.exc.OperationalError("begin", {}, Exception("no server"))

    monkeypatch.setattr(effects, "_run", away)
    monkeypatch.setattr(effects, "_PATIENCE", 0.2)

    with pytest.raises(sa.exc.OperationalError):
        run(intent, Provider())


def test_the_deadline_counts_from_before_the_claim(intent: Intent, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify.sending.effects.time.monotonic", lambda: 1000.0)

    run(intent, provider := Provider())

    assert provider.deadlines == [1010.0]


def test_logs_know_no_whole_address_and_no_subject(intent: Intent, capsys: pytest.CaptureFixture[str]) -> None:
    from imece import log

    log.configure()
    run(intent, Provider())
    logged = capsys.readouterr().err

    assert "a***@example.com" in logged
    assert "ali.veli" not in logged
    assert "Konu" not in logged
