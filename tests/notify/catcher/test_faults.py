"""Claims about the rules of misbehaviour."""

import pytest

from imece.errors import Invalid
from notify.catcher.faults import Rules


def test_without_leave_nobody_is_special() -> None:
    rules = Rules([{"do": "429"}], allowed=False)

    assert rules.on_request("twilio", "+15005550004") is None
    assert rules.on_message("twilio", "+905550000103") == []


def test_the_first_rule_that_fits_counts_and_ours_come_before_the_magic_numbers() -> None:
    rules = Rules([{"do": "500", "to": "^\\+15005550004$"}, {"do": "503", "to": "^\\+1500"}], allowed=True)

    found = [rules.on_request("twilio", to) for to in ("+15005550004", "+15005550001", "+905321112233")]

    assert [rule and rule.do for rule in found] == ["500", "503", None]


def test_a_rule_may_be_for_one_provider_and_for_a_number_of_times_for_each_recipient() -> None:
    rules = Rules([{"do": "429", "provider": "netgsm", "times": 2}], allowed=True)

    assert rules.on_request("twilio", "a") is None
    for to in ("a", "b"):
        assert [bool(rules.on_request("netgsm", to)) for _ in range(4)] == [True, True, False, False]


def test_a_share_is_a_share_and_the_same_at_every_run() -> None:
    hits = [[bool(Rules([{"do": "receipts-lost", "share": 0.1}], allowed=True).on_message("twilio", "a"))] for _ in range(3)]
    rules = Rules([{"do": "receipts-lost", "share": 0.1}], allowed=True)

    assert hits[0] == hits[1] == hits[2]
    assert 60 < sum(bool(rules.on_message("twilio", str(n))) for n in range(1000)) < 140


@pytest.mark.parametrize("rule", [{}, {"do": "explode"}, {"do": "429", "to": "("}, {"do": "429", "colour": 1}])
def test_what_is_no_rule_is_refused_at_the_start(rule: dict[str, object]) -> None:
    with pytest.raises(Invalid, match="NOTIFY_CATCHER_RULES"):
        Rules([rule], allowed=True)
