"""What a contract is, and what it may not be."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from imece import contracts
from imece.contracts import Contract, Moment, Nothing, Result, Role


@pytest.fixture(autouse=True)
def undeclared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Kinds that a test declares are forgotten after it."""
    monkeypatch.setattr(contracts.contract, "_kinds", dict(contracts.contract._kinds))
    return


def test_a_kind_is_declared_by_class_keywords_and_found_by_its_name() -> None:
    class Sent(Result):
        at: str

    class Send(
        Contract,
        kind="post.send",
        queue="post.mail",
        version=3,
        max_attempts=5,
        soft_limit=timedelta(minutes=2),
        role=Role.ADMIN,
        result=Sent,
    ):
        """Send."""

        to: str

    assert contracts.find("post.send") is Send
    assert Send in contracts.declared()
    assert (Send.queue, Send.version, Send.max_attempts, Send.role, Send.result) == ("post.mail", 3, 5, Role.ADMIN, Sent)
    assert Send.hard_limit == timedelta(minutes=3), "a minute after the soft one"


def test_what_is_not_said_has_a_careful_default() -> None:
    class Plain(Contract, kind="post.plain", queue="post.mail"):
        """Plain."""

    assert (Plain.version, Plain.max_attempts, Plain.soft_limit, Plain.role, Plain.result) == (
        1,
        3,
        timedelta(minutes=10),
        Role.SYSTEM,
        Nothing,
    )


def test_kinds_are_listed_in_the_order_of_their_names() -> None:
    kinds = [contract.kind for contract in contracts.declared()]
    assert kinds == sorted(kinds)
    assert contracts.find("nobody.knows") is None


def test_two_contracts_cannot_share_a_kind() -> None:
    class One(Contract, kind="post.same", queue="post.mail"):
        """One."""

    with pytest.raises(TypeError, match=r"two contracts call themselves post\.same"):

        class Two(Contract, kind="post.same", queue="post.mail"):
            """Two."""


def test_a_kind_stays_in_the_queues_of_its_service() -> None:
    with pytest.raises(TypeError, match="belongs to another service"):

        class Stray(Contract, kind="post.stray", queue="bank.money"):
            """Stray."""


def test_arguments_are_frozen_and_an_unknown_one_is_an_error() -> None:
    class Strict(Contract, kind="post.strict", queue="post.mail"):
        """Strict."""

        number: int

    wanted: Any = Strict(number=1)
    with pytest.raises(ValidationError):
        wanted.number = 2
    with pytest.raises(ValidationError):
        Strict(number=1, colour="red")  # type: ignore[call-arg]


def test_a_newer_workers_result_is_read_without_the_fields_that_are_unknown_here() -> None:
    class Sent(Result):
        at: str

    assert Sent.model_validate({"at": "noon", "by": "pigeon"}).model_dump() == {"at": "noon"}


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "1899-12-31T23:59:59Z", "9000-01-01T00:00:01Z", "9999-12-31T23:59:59-14:00"]
)
def test_a_moment_is_far_from_the_ends_of_the_calendar(moment: str) -> None:
    class Later(Contract, kind="post.later", queue="post.mail"):
        """Later."""

        at: Moment

    assert Later.model_validate_json('{"at": "2026-11-29T12:00:00+03:00"}')
    with pytest.raises(ValidationError):
        Later.model_validate_json(f'{{"at": "{moment}"}}')
