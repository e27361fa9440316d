"""Claims about recipients."""

from decimal import Decimal
from typing import Any

import pytest

from imece import db
from imece.errors import Invalid, NotFound
from imece.ids import new_id
from pricing.deals import recipients


def test_a_recipient_is_known_by_kind_and_address(catalogue: Any) -> None:
    with db.transaction() as session:
        first = recipients.put(session, catalogue.company, kind="chat", name="Fırsatlar", address="-1001234")
        again = recipients.put(session, catalogue.company, kind="chat", name="Fırsat kanalı", address="-1001234", locale="en")
        assert (again.id, again.name, again.locale) == (first.id, "Fırsat kanalı", "en")
        assert [one.id for one in recipients.of_company(session, catalogue.company)] == [first.id]
        for wrong in ({"kind": "pigeon"}, {"name": ""}, {"locale": "xx"}):
            with pytest.raises(Invalid):
                recipients.put(session, catalogue.company, **({"kind": "chat", "name": "a", "address": "-1"} | wrong))
        with pytest.raises(NotFound):
            recipients.delete(session, new_id(), first.id)
        recipients.delete(session, catalogue.company, first.id)


@pytest.mark.parametrize("address", ["", "firsatlar", "@1x", "@a b", "ali@ornek.example", "-", "12-3", "@" + "a" * 40])
def test_a_chat_is_a_number_or_the_name_of_a_channel(catalogue: Any, address: str) -> None:
    with db.transaction() as session, pytest.raises(Invalid, match="no chat"):
        recipients.put(session, catalogue.company, kind="chat", name="Fırsatlar", address=address)


def test_a_subscription_is_one_per_category(catalogue: Any) -> None:
    with db.transaction() as session:
        who = recipients.put(session, catalogue.company, kind="person", name="Ali", address="ali@ornek.example").id
        first = recipients.subscribe(session, catalogue.company, who)
        again = recipients.subscribe(session, catalogue.company, who, min_percent=Decimal(30))
        assert (again.id, again.min_percent) == (first.id, 30)
        with pytest.raises(NotFound):
            recipients.subscribe(session, new_id(), who)
        with pytest.raises(NotFound):
            recipients.unsubscribe(session, new_id(), first.id)
        assert len(recipients.subscriptions(session, catalogue.company, who)) == 1
        recipients.unsubscribe(session, catalogue.company, first.id)
        assert recipients.subscriptions(session, catalogue.company, who) == []


def test_recipients_are_listed_in_turkish_order(catalogue: Any) -> None:
    with db.transaction() as session:
        for name in ("Zeki", "Çiğdem", "Cem", "İnci", "Işıl"):
            recipients.put(session, catalogue.company, kind="person", name=name, address=f"{name.encode().hex()}@ornek.example")
        assert [one.name for one in recipients.of_company(session, catalogue.company)] == ["Cem", "Çiğdem", "Işıl", "İnci", "Zeki"]
