"""Claims about the parcel of an SMS, and how many make an order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imece.errors import Transient
from notify.channels import Accepted, Verdict
from notify.channels.refusals import Refused
from notify.channels.sms import Sms, allowed, domestic, in_orders, order, place


def sms(to: str, text: str = "x", sender: str = "A") -> Sms:
    return Sms("r", to, text, sender)


def number(digits: int) -> str:
    return f"+90532{digits:07}"


def test_what_is_represented_says_nothing_about_anybody() -> None:
    assert repr(sms(number(1), "kod 4321")) == "Sms(r)"


def test_a_number_is_allowed_by_how_it_begins() -> None:
    allowed(sms("+905321112233"), ("+49", "+90532"))
    allowed(sms("+1"), ("*",))
    for numbers in ((), ("+90533",)):
        with pytest.raises(Refused, match="NOTIFY_SMS_ALLOWED_NUMBERS"):
            allowed(sms("+905321112233"), numbers)


def test_gateways_in_turkey_send_within_it_and_say_that_somebody_else_may() -> None:
    assert domestic(sms("+905321112233"), "X") == "5321112233"
    for abroad in ("+4915112345678", "+90532", "+9053211122334"):
        with pytest.raises(Refused) as refused:
            domestic(sms(abroad), "X")
        assert refused.value.elsewhere


@given(st.integers(0, 10**7 - 1), st.integers(0, 10**7 - 1))
def test_a_place_in_an_order_shows_the_order_and_not_the_number(one: int, other: int) -> None:
    places = {place("4711-x", number(digits)) for digits in (one, other)}

    assert len(places) == len({one, other})
    assert all(order(found) == "4711-x" for found in places)
    assert not any(number(one)[-7:] in found for found in places)
    assert place("7", "+905321112233") == place("7", "5321112233") == place("7", "05321112233")


parcels = st.lists(st.builds(sms, st.integers(0, 6).map(number), st.sampled_from("xyz"), st.sampled_from("AB")), max_size=30)


@given(parcels, st.integers(1, 5))
def test_every_parcel_goes_once_in_orders_that_can_carry_it_and_each_gets_its_own_verdict(given: list[Sms], most: int) -> None:
    orders: list[list[Sms]] = []

    def hand_over(members: list[Sms]) -> list[Verdict]:
        orders.append(members)
        return [Accepted(f"{parcel.to}{parcel.text}{parcel.sender}") for parcel in members]

    verdicts = in_orders(given, lambda _: None, lambda parcel: parcel.sender, most, hand_over)

    assert [verdict.id for verdict in verdicts if isinstance(verdict, Accepted)] == [f"{p.to}{p.text}{p.sender}" for p in given]
    assert sum(map(len, orders)) == len(given)
    for members in orders:
        assert len(members) <= most
        assert len({parcel.sender for parcel in members}) == 1
        assert len({parcel.to for parcel in members}) == len(members)


def test_what_is_wrong_with_one_order_holds_for_its_parcels_only() -> None:
    def hand_over(members: list[Sms]) -> list[Verdict]:
        if members[0].sender == "A":
            raise Transient("not now")
        return [Accepted("1") for _ in members]

    mixed = in_orders([sms(number(1)), sms(number(2), sender="B")], lambda _: None, lambda parcel: parcel.sender, 9, hand_over)

    assert [type(verdict) for verdict in mixed] == [Transient, Accepted]
    with pytest.raises(Transient):
        in_orders([sms(number(1)), sms(number(2))], lambda _: None, lambda parcel: parcel.sender, 9, hand_over)


def test_what_is_refused_before_is_not_handed_over() -> None:
    def check(parcel: Sms) -> None:
        domestic(parcel, "X")

    handed: list[Sms] = []

    def hand_over(members: list[Sms]) -> list[Verdict]:
        handed.extend(members)
        return [Accepted("1") for _ in members]

    verdicts = in_orders([sms("+49151"), sms(number(1))], check, lambda _: 0, 9, hand_over)

    assert [type(verdict) for verdict in verdicts] == [Refused, Accepted]
    assert [parcel.to for parcel in handed] == [number(1)]
