"""Claims about who may be written to, as asked at the moment of sending."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from tests.notify.pumping import ask, message, pumping, until

from imece import db
from imece.clock import now
from imece.errors import Invalid, NotFound
from imece.ids import new_id
from notify.people import consent, quiet, recipients

ALI, VELI = "+905321112233", "+905331112233"


def code(
    company: UUID | None, recipient: str = ALI, kind: str = "commercial", channel: str = "sms", *, merchant: bool = False
) -> str | None:
    with db.transaction() as session:
        found = consent.refusal(session, company, channel, recipient, kind, now(), merchant=merchant)
    return found.code if found else None


def opt_out(company: UUID, recipient: str = ALI, channel: str = "sms", scope: str = "commercial") -> None:
    with db.transaction() as session:
        consent.opt_out(session, company, channel, recipient, source="console", by="ayşe", scope=scope)


def record(company: UUID, status: str = "ONAY", recipient: str = ALI, channel: str = "sms", **more: object) -> None:
    with db.transaction() as session:
        consent.record(session, company, channel, recipient, status, by="ayşe", **more)  # type: ignore[arg-type]


def test_advertising_needs_a_consent_and_the_rest_does_not(database: sa.Engine, company: UUID) -> None:
    assert code(company) == "no_consent"
    assert code(company, kind="informational") is None
    assert code(company, kind="otp") is None
    record(company)
    assert code(company) is None
    assert code(company, VELI) == "no_consent"
    assert code(company, channel="telegram", recipient="123") == "no_consent"
    assert code(new_id()) == "no_consent"


def test_a_consent_can_be_taken_back_and_given_again(database: sa.Engine, company: UUID) -> None:
    long_ago, yesterday = now() - timedelta(days=30), now() - timedelta(days=1)
    record(company, consent_date=long_ago)
    record(company, "RET", consent_date=yesterday)
    assert code(company) == "consent_withdrawn"
    assert code(company, kind="informational") is None
    record(company, consent_date=now() - timedelta(days=2))  # an older paper that turns up later changes nothing
    assert code(company) == "consent_withdrawn"
    record(company)
    assert code(company) is None


def test_a_merchant_may_be_written_to_until_he_refuses(database: sa.Engine, company: UUID) -> None:
    assert code(company, merchant=True) is None
    record(company, "RET", recipient_type="TACIR")
    assert code(company, merchant=True) == "consent_withdrawn"
    record(company, "ONAY", recipient=VELI, recipient_type="TACIR")
    assert code(company, VELI) is None


def test_who_opts_out_of_advertising_still_hears_of_his_order(database: sa.Engine, company: UUID) -> None:
    record(company, consent_date=now() - timedelta(days=1))
    opt_out(company)
    assert code(company) == "opted_out"
    assert code(company, merchant=True) == "opted_out"
    assert code(company, kind="informational") is None


def test_who_opts_out_of_everything_gets_nothing_but_passwords(database: sa.Engine, company: UUID) -> None:
    opt_out(company)
    opt_out(company, scope="all")
    opt_out(company)  # does not narrow what was said before
    assert code(company) == code(company, kind="informational") == "opted_out"
    assert code(company, kind="otp") is None
    assert code(company, kind="informational", channel="email", recipient="ali@example.com") is None


def test_an_address_opts_out_however_it_is_written(database: sa.Engine, company: UUID) -> None:
    opt_out(company, "Ali@Example.com", "email", "all")
    assert code(company, "ALI@example.com", "informational", "email") == "opted_out"


def test_a_newer_consent_ends_an_opt_out_from_advertising_only(database: sa.Engine, company: UUID) -> None:
    opt_out(company)
    record(company)
    assert code(company) is None
    opt_out(company, VELI, scope="all")
    record(company, recipient=VELI)
    assert code(company, VELI) == "opted_out"


def test_an_old_consent_does_not_end_a_newer_opt_out(database: sa.Engine, company: UUID) -> None:
    opt_out(company)
    record(company, consent_date=now() - timedelta(days=10))
    assert code(company) == "opted_out"


def test_a_company_may_look_after_consent_elsewhere(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        quiet.put(session, company, quiet.Rules(needs_consent=False), by="ayşe")
    assert code(company) is None
    opt_out(company)
    assert code(company) == "opted_out"


def test_advertising_belongs_to_a_company(database: sa.Engine) -> None:
    assert code(None) == "no_consent"
    assert code(None, kind="informational") is None


def test_many_are_asked_at_once(database: sa.Engine, company: UUID) -> None:
    record(company)
    opt_out(company, VELI)
    strangers = [f"+9053{number:08}" for number in range(20)]
    with db.transaction() as session:
        found = consent.refusals(session, company, "sms", [ALI, VELI, *strangers], "commercial", now(), merchants={strangers[0]})

    assert {recipient: refusal.code for recipient, refusal in found.items()} == {VELI: "opted_out"} | dict.fromkeys(
        strangers[1:], "no_consent"
    )


def test_a_list_is_the_companys_own(database: sa.Engine, company: UUID) -> None:
    opt_out(company)
    with db.transaction() as session:
        (row,) = consent.opt_outs(session, company, text="1112")
        assert consent.opt_outs(session, new_id()) == []
        assert consent.opt_outs(session, company, text="999") == []
        with pytest.raises(NotFound):
            consent.opt_in(session, new_id(), row.id)
        consent.opt_in(session, company, row.id)
        assert consent.opted_out(session, company, "sms", ALI) is None


def test_nonsense_is_refused(database: sa.Engine, company: UUID) -> None:
    with db.transaction() as session:
        for wrong in ({"status": "BELKI"}, {"source": "RÜYA"}, {"recipient_type": "KRAL"}, {"consent_date": now() + timedelta(days=1)}):
            with pytest.raises(Invalid):
                consent.record(session, company, "sms", ALI, **{"status": "ONAY", "by": "ayşe"} | wrong)  # type: ignore[arg-type]
        with pytest.raises(Invalid):
            consent.opt_out(session, company, "fax", ALI, source="console", by="ayşe")


@pytest.mark.parametrize(
    ("channel", "text", "parsed", "masked"),
    [
        ("sms", "0532 111 22 33", ALI, "+90532***2233"),
        ("email", " Ali@Example.COM ", "Ali@example.com", "A***@example.com"),
        ("telegram", " -1001234567890 ", "-1001234567890", "-1***90"),
        ("telegram", "@duyuru_kanali", "@duyuru_kanali", "@d***li"),
    ],
)
def test_a_recipient_is_written_in_one_way(channel: str, text: str, parsed: str, masked: str) -> None:
    assert recipients.parse(channel, text) == parsed
    assert recipients.masked(channel, parsed) == masked


def test_who_is_a_merchant_is_known_from_what_was_last_said(database: sa.Engine, company: UUID) -> None:
    record(company, recipient_type="TACIR", consent_date=now() - timedelta(days=2))
    record(company, recipient=VELI, recipient_type="TACIR", consent_date=now() - timedelta(days=2))
    record(company, recipient=VELI)
    with db.transaction() as session:
        assert consent.merchants(session, company, "sms", [ALI, VELI, "+905551112233"], now()) == {ALI}
        assert consent.merchants(session, new_id(), "sms", [ALI], now()) == consent.merchants(session, None, "sms", [ALI], now()) == set()


def test_a_merchants_advertising_says_so_to_its_provider(played: Any, company: UUID) -> None:
    taken = played("netgsm").taken
    record(company, recipient_type="TACIR")
    record(company, recipient=VELI)
    sent = [ask(company, to, kind="commercial", provider="netgsm") for to in (ALI, VELI)]
    with db.transaction() as session:
        quiet.put(session, company, quiet.Rules(quiet_kinds=frozenset()), by="ayşe")
    with pumping("netgsm"):
        until(lambda: all(message(one).state == "accepted" for one in sent))

    assert {parcel.to: parcel.merchant for parcel in taken} == {ALI: True, VELI: False}
