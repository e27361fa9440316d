"""Claims about digests: everybody is told everything once."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from imece import db, ledger
from imece.contracts.notify import SendEmail, SendTelegram
from imece.ids import new_id
from pricing.catalogue import categories
from pricing.deals import deals, digests, recipients, watches


def reader(catalogue: Any, name: str = "ayse", kind: str = "person", **more: Any) -> UUID:
    """Somebody who is told of every deal."""
    address = more.pop("address", f"{name}@ornek.example")
    with db.transaction() as session:
        who = recipients.put(session, catalogue.company, kind=kind, name=name, address=address, **more)
        recipients.subscribe(session, catalogue.company, who.id)
        return who.id


def bargains(catalogue: Any, count: int = 1) -> list[int]:
    """So many products that have just become cheaper, each by another percentage."""
    with db.transaction() as session:
        shelf = categories.put(session, catalogue.company, "Elektronik", deal_rule="previous", publish="automatic").id
    products = catalogue.products(count, category_id=shelf)
    for n, product in enumerate(products):
        catalogue.look(product, "100")
        catalogue.look(product, f"{75 - n % 30}")
    return list(products)


def send(catalogue: Any, who: UUID) -> digests.Sent | None:
    with db.transaction() as session:
        return digests.send(session, catalogue.company, who, home="https://imece.example/pricing")


def mail(sent: digests.Sent | None) -> SendEmail:
    assert sent is not None
    with db.transaction() as session:
        job = ledger.find(session, sent.job_id)
        assert job.kind == "notify.send_email"
        return SendEmail.model_validate(job.args)


def post(sent: digests.Sent | None) -> SendTelegram:
    assert sent is not None
    with db.transaction() as session:
        job = ledger.find(session, sent.job_id)
        assert job.kind == "notify.send_telegram"
        return SendTelegram.model_validate(job.args)


def test_one_message_with_all_there_is_best_first_and_then_silence(catalogue: Any) -> None:
    who = reader(catalogue)
    bargains(catalogue, 3)
    with db.transaction() as session:
        assert digests.waiting(session) == digests.waiting(session, catalogue.company) == [(catalogue.company, who)]
        assert digests.waiting(session, new_id()) == []
        preview = digests.preview(session, catalogue.company, who)
    sent = send(catalogue, who)
    message = mail(sent)
    assert preview is not None
    assert (sent.lines, message.to, message.subject) == (3, "ayse@ornek.example", "Fiyat radarı: 3 haber, en büyük düşüş %27")
    assert preview.subject == message.subject
    assert message.text.index("73,00 TL") < message.text.index("74,00 TL") < message.text.index("75,00 TL")
    assert send(catalogue, who) is None
    with db.transaction() as session:
        assert digests.waiting(session) == []
        assert [one.lines for one in digests.of_company(session, catalogue.company)] == [3]


def test_told_is_written_with_the_request_or_not_at_all(catalogue: Any) -> None:
    who = reader(catalogue)
    bargains(catalogue)
    with db.engine().connect() as connection, connection.begin() as transaction, db.Session(bind=connection) as session:
        assert digests.send(session, catalogue.company, who) is not None
        transaction.rollback()
    assert catalogue.sql("select count(*) from ledger.job") == [(0,)]
    assert send(catalogue, who) is not None


def test_two_at_once_send_one(catalogue: Any) -> None:
    who = reader(catalogue)
    bargains(catalogue)
    with db.transaction() as first, db.transaction() as second:
        assert digests.send(first, catalogue.company, who) is not None
        assert digests.send(second, catalogue.company, who) is None
    assert catalogue.sql("select count(*) from ledger.job") == [(1,)]


def test_each_in_his_language_and_a_chat_by_telegram(catalogue: Any) -> None:
    english = reader(catalogue, "john", locale="en")
    chat = reader(catalogue, "Fırsatlar", "chat", address="@firsatlar")
    bargains(catalogue)
    message = mail(send(catalogue, english))
    assert (message.locale, message.subject) == ("en", "Ürün 0: TRY 75.00")
    sent = send(catalogue, chat)
    said = post(sent)
    assert (said.chat, said.markup, said.locale) == ("@firsatlar", True, "tr")
    assert "<b>75,00 TL</b> <s>100,00 TL</s>  ↓ %25" in (said.text or "")
    assert sent is not None
    assert said.dedup == f"pricing.digest:{sent.id}"


def test_what_has_no_room_is_left_for_the_next(catalogue: Any) -> None:
    chat = reader(catalogue, "Fırsatlar", "chat", address="-1001")
    bargains(catalogue, 23)
    first = send(catalogue, chat)
    assert first is not None
    assert first.lines == 20
    assert "3 haber daha" in (post(first).text or "")
    second = send(catalogue, chat)
    assert second is not None
    assert second.lines == 3


def test_a_post_is_never_longer_than_notify_takes_and_nothing_of_it_is_lost(catalogue: Any) -> None:
    """Addresses may be 2,000 letters long: so many lines as fit, the rest next time."""
    chat = reader(catalogue, "Fırsatlar", "chat", address="-1001")
    products = bargains(catalogue, 12)
    for product in products:
        catalogue.sql("update pricing.product set url = url || '?' || repeat('x', 1900) where id = :id", id=product)
    told = []
    while sent := send(catalogue, chat):
        assert len(post(sent).text or "") <= 10_000
        told.append(sent.lines)
    assert sum(told) == 12
    assert len(told) > 2


def test_a_deal_that_is_over_before_it_was_told_is_not_told(catalogue: Any) -> None:
    who = reader(catalogue)
    (product,) = bargains(catalogue)
    catalogue.look(product, "100")
    assert send(catalogue, who) is None


def test_a_deal_in_review_is_told_when_it_is_published(catalogue: Any) -> None:
    who = reader(catalogue)
    with db.transaction() as session:
        shelf = categories.put(session, catalogue.company, "Kitap", deal_rule="previous", publish="review").id
    (product,) = catalogue.products(category_id=shelf)
    catalogue.look(product, "100")
    catalogue.look(product, "70")
    assert send(catalogue, who) is None
    with db.transaction() as session:
        deals.publish(session, catalogue.company, deals.search(session, catalogue.company)[0].id, by="ali")
    assert "70,00 TL" in mail(send(catalogue, who)).text


def test_ones_own_watches_come_first(catalogue: Any) -> None:
    who = reader(catalogue)
    bargains(catalogue)
    (watched,) = catalogue.products()
    with db.transaction() as session:
        watches.add(session, catalogue.company, who, "target", product_id=watched, target=Decimal(50))
    catalogue.look(watched, "49.90")
    text = mail(send(catalogue, who)).text
    assert text.index("49,90 TL") < text.index("75,00 TL")


def test_nobody_who_is_inactive_or_of_another_company_is_told(catalogue: Any) -> None:
    who = reader(catalogue)
    bargains(catalogue)
    with db.transaction() as session:
        assert digests.send(session, new_id(), who) is None
        assert digests.preview(session, new_id(), who) is None
    catalogue.sql("update pricing.recipient set active = false")
    assert send(catalogue, who) is None


def test_old_digests_are_forgotten(catalogue: Any) -> None:
    who = reader(catalogue)
    bargains(catalogue)
    send(catalogue, who)
    for table in ("notice", "digest"):
        catalogue.sql(f"update pricing.{table} set created_at = now() - interval '100 days'")
    with db.transaction() as session:
        assert digests.prune(session, keep_days=90) == 1
        assert digests.of_company(session, catalogue.company) == []
