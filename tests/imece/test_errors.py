"""Errors that carry their consequence."""

from datetime import timedelta
from http import HTTPStatus

import pytest

from imece import errors
from imece.errors import Cancelled, ImeceError, Interrupted, Lost, Permanent, Snooze, TimedOut, Transient


def test_an_error_speaks_both_languages() -> None:
    error = Permanent("The sheet is empty.", "Sayfa boş.")
    assert (str(error), error.en, error.tr) == ("The sheet is empty.", "The sheet is empty.", "Sayfa boş.")
    assert Permanent("Only one.").tr == "Only one."


@pytest.mark.parametrize("kind", [Cancelled, TimedOut, Lost])
def test_what_is_thrown_into_a_thread_needs_no_arguments_and_has_both_languages(kind: type[Interrupted]) -> None:
    error = kind()
    assert error.en
    assert error.tr
    assert error.en != error.tr


def test_the_other_sides_time_is_kept() -> None:
    assert Transient("429", retry_after=timedelta(seconds=7)).retry_after == timedelta(seconds=7)
    assert Transient("502").retry_after is None
    assert Snooze(timedelta(hours=1)).delay == timedelta(hours=1)


def test_every_error_of_the_house_has_a_status_for_the_gateway() -> None:
    found = [thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, ImeceError)]
    assert len(found) > 10
    assert all(isinstance(thing.status, HTTPStatus) and thing.status >= 400 for thing in found)


@pytest.mark.parametrize(
    ("kind", "status"), [("NotFound", 404), ("Conflict", 409), ("Invalid", 422), ("Transient", 503), ("ImeceError", 500)]
)
def test_the_status_says_what_it_means(kind: str, status: int) -> None:
    assert getattr(errors, kind).status == status
