"""Recipients: the people and chats that are told, and of which deals."""

import re
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from imece.errors import Invalid, NotFound
from imece.ids import new_id
from imece.text import sort_key
from pricing.catalogue import categories
from pricing.models import Recipient, Subscription

_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31}")


def put(session: Session, company_id: UUID, *, kind: str, name: str, address: str, locale: str = "tr") -> Recipient:
    """
    The recipient with this address, made or brought up to date. Raises Invalid.

    `kind` is `person`, with an e-mail address, or `chat`, with its number in Telegram or the `@name` of a channel.
    """
    if kind == "chat" and not _CHAT.fullmatch(address):
        raise Invalid(
            f"“{address}” is no chat: give its number, such as -1001234567890, or a channel's @name.",
            f"“{address}” bir sohbet değil: -1001234567890 gibi numarasını ya da kanalın @adını verin.",
        )
    query = sa.select(Recipient).where(Recipient.company_id == company_id, Recipient.kind == kind, Recipient.address == address)
    recipient = session.scalar(query) or Recipient(id=new_id(), company_id=company_id, kind=kind, address=address)
    try:
        with session.begin_nested():
            recipient.name, recipient.locale, recipient.active = name, locale, True
            session.add(recipient)
    except (sa.exc.IntegrityError, sa.exc.DataError):
        raise Invalid("A recipient cannot be like this.", "Böyle bir alıcı olamaz.") from None
    return recipient


def find(session: Session, company_id: UUID, recipient_id: UUID) -> Recipient:
    """The recipient. Raises NotFound when the company has none of this id."""
    recipient = session.scalar(sa.select(Recipient).where(Recipient.company_id == company_id, Recipient.id == recipient_id))
    if recipient is None:
        raise NotFound("There is no such recipient.", "Böyle bir alıcı yok.")
    return recipient


def of_company(session: Session, company_id: UUID) -> list[Recipient]:
    """All recipients of the company, by name, in Turkish order; those of one name oldest first."""
    found = session.scalars(sa.select(Recipient).where(Recipient.company_id == company_id))
    return sorted(found, key=lambda recipient: (sort_key(recipient.name), recipient.id))


def delete(session: Session, company_id: UUID, recipient_id: UUID) -> None:
    """Forget a recipient with its watches and what it was told. Raises NotFound."""
    session.delete(find(session, company_id, recipient_id))


def subscribe(
    session: Session, company_id: UUID, recipient_id: UUID, *, category_id: int | None = None, min_percent: Decimal = Decimal(0)
) -> Subscription:
    """Tell a recipient of the published deals of a category and what is below it, or of all. Raises NotFound."""
    find(session, company_id, recipient_id)
    if category_id is not None:
        categories.find(session, company_id, category_id)
    query = sa.select(Subscription).where(
        Subscription.recipient_id == recipient_id, Subscription.category_id.is_not_distinct_from(category_id)
    )
    subscription = session.scalar(query) or Subscription(
        id=new_id(), company_id=company_id, recipient_id=recipient_id, category_id=category_id
    )
    subscription.min_percent = min_percent
    session.add(subscription)
    session.flush()
    return subscription


def subscriptions(session: Session, company_id: UUID, recipient_id: UUID) -> list[Subscription]:
    """What a recipient has subscribed to."""
    return list(
        session.scalars(sa.select(Subscription).where(Subscription.company_id == company_id, Subscription.recipient_id == recipient_id))
    )


def unsubscribe(session: Session, company_id: UUID, subscription_id: UUID) -> None:
    """Tell of it no longer. Raises NotFound."""
    found = session.scalar(sa.select(Subscription).where(Subscription.company_id == company_id, Subscription.id == subscription_id))
    if found is None:
        raise NotFound("There is no such subscription.", "Böyle bir abonelik yok.")
    session.delete(found)
