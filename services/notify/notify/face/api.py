"""`/v1/notify/...`: messages, bulks, templates, opt-outs, consents, rules and providers as JSON. Bulks are asked for as jobs: `notify.send_bulk`."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel

from imece import clock, db
from imece.errors import Invalid
from imece.face.asking import Admin, Caller, Operator
from notify import intake, searches
from notify.caught import inbox
from notify.face.asking import Messages
from notify.face.shapes import (
    BulkView,
    CaughtView,
    ConsentView,
    Filled,
    MessagePage,
    MessageTaken,
    MessageView,
    NewConsent,
    NewMessage,
    NewOptOut,
    NewVersion,
    OfferView,
    OptOutView,
    PhoneView,
    PreviewWish,
    PriceWish,
    ProviderView,
    RulesView,
    Step,
    TemplateView,
)
from notify.intake import Wish
from notify.people import consent, phones, quiet, recipients
from notify.sending import overview, prices, routes
from notify.settings import settings
from notify.texts import templates

router = APIRouter(prefix="/v1/notify", tags=["notify"])

Limit = Annotated[int, Query(ge=1, le=200)]
Page = Annotated[int, Query(ge=1, le=10_000)]


@router.post("/messages", status_code=201)
def send(wish: NewMessage, caller: Operator, idempotency_key: Annotated[str | None, Header(max_length=200)] = None) -> MessageTaken:
    """Send one message. It is written down when this answers, and leaves in its lane's turn."""
    given = wish.model_dump(exclude={"dedup"}) | {"dedup": wish.dedup or idempotency_key}
    given["expires_at"] = wish.expires_at or intake.worth_until(wish.kind)
    with db.transaction() as session:
        templates.one_line(wish.subject)
        if wish.template is not None and wish.text is None:
            found = templates.find(session, caller.company_id, wish.template)
            templates.render(found, wish.locale, wish.variables, wish.channel, exact=True)
        taken = intake.take(session, Wish(**given), company_id=caller.company_id, requested_by=caller.name)
    return MessageTaken(id=taken.id, state=str(taken.state), segments=taken.segments, repeated=taken.repeated)


@router.get("/messages")
def list_messages(caller: Caller, wanted: Messages, limit: Limit = 50) -> MessagePage:
    """Messages of the caller's company; `page` counts in steps of `limit`."""
    with db.transaction() as session:
        rows = searches.search(session, caller.company_id, wanted.filter, limit=limit, offset=(wanted.page - 1) * limit)
        total = searches.count(session, caller.company_id, wanted.filter)
    return MessagePage(total=total, messages=[_message(row) for row in rows])


@router.get("/messages/{message_id}")
def show_message(message_id: UUID, caller: Caller) -> MessageView:
    """One message."""
    with db.transaction() as session:
        return _message(searches.row(session, caller.company_id, message_id))


@router.get("/messages/{message_id}/way")
def show_way(message_id: UUID, caller: Caller) -> list[Step]:
    """Everything that has happened to a message, in its order."""
    with db.transaction() as session:
        way = searches.way(session, searches.find(session, caller.company_id, message_id))
    return [Step(at=one.at, what=one.what, provider=one.provider, word=one.word, en=one.en, tr=one.tr) for one in way]


@router.get("/bulks")
def list_bulks(caller: Caller, limit: Limit = 50, page: Page = 1) -> list[BulkView]:
    """The company's bulks, newest first."""
    with db.transaction() as session:
        rows = searches.bulks(session, caller.company_id, limit=limit, offset=(page - 1) * limit)
        counts = searches.counts(session, [row.id for row in rows])
        return [_bulk(row, counts[row.id]) for row in rows]


@router.get("/bulks/{bulk_id}")
def show_bulk(bulk_id: UUID, caller: Caller) -> BulkView:
    """One bulk, as far as it is."""
    with db.transaction() as session:
        found = searches.bulk(session, caller.company_id, bulk_id)
        return _bulk(found, searches.counts(session, [bulk_id])[bulk_id])


@router.get("/templates")
def list_templates(caller: Caller) -> list[TemplateView]:
    """The newest version of every template."""
    with db.transaction() as session:
        return [_template(one) for one in templates.of_company(session, caller.company_id)]


@router.get("/templates/{name}")
def show_template(name: str, caller: Caller, version: Annotated[int | None, Query(ge=0)] = None) -> TemplateView:
    """The newest version of a template, or that one."""
    with db.transaction() as session:
        return _template(templates.find(session, caller.company_id, name, version))


@router.put("/templates/{name}")
def put_template(name: str, wish: NewVersion, caller: Operator) -> TemplateView:
    """The next version. 409 when somebody else has added one over the version that was edited."""
    with db.transaction() as session:
        return _template(templates.put(session, caller.company_id, name, wish.bodies, by=caller.name, note=wish.note, over=wish.over))


@router.delete("/templates/{name}", status_code=204)
def retire_template(name: str, caller: Operator) -> None:
    """Offer it no more; its versions stay."""
    with db.transaction() as session:
        templates.retire(session, caller.company_id, name)


@router.post("/templates/{name}/preview")
def preview_template(name: str, wish: PreviewWish, caller: Caller) -> Filled:
    """How it reads with these values. 422 names what is missing, and what it has no place for."""
    with db.transaction() as session:
        found = templates.find(session, caller.company_id, name, wish.version)
    text = templates.render(found, wish.locale, wish.variables, wish.channel, exact=True)
    return Filled(subject=text.subject, text=text.text, html=text.html)


@router.post("/price")
def price(wish: PriceWish, caller: Caller) -> list[OfferView]:
    """What a text costs as SMS, at every provider, with Turkish letters and without."""
    del caller  # anybody of the house may ask
    return [
        OfferView(
            provider=one.provider,
            folded=one.folded,
            encoding=one.plan.encoding,
            segments=one.plan.segments,
            misfits=one.plan.misfits,
            total=one.total,
            currency=one.currency,
        )
        for one in prices.offers(wish.text, wish.kind, settings())
    ]


@router.get("/phones")
def check_phone(
    caller: Caller, text: Annotated[str, Query(max_length=200)], region: Annotated[str, Query(pattern="^[A-Z]{2}$")] = "TR"
) -> PhoneView:
    """Whether a text is a mobile."""
    del caller  # as above
    try:
        found = phones.normalise(text, region)
    except phones.Refused as refused:
        return PhoneView(e164=None, type=refused.type, reason=refused.reason, en=refused.en, tr=refused.tr)
    return PhoneView(e164=found.e164, type=found.type, reason=None)


@router.get("/opt-outs")
def list_opt_outs(caller: Caller, limit: Limit = 50, page: Page = 1) -> list[OptOutView]:
    """Who wants nothing more, newest first."""
    with db.transaction() as session:
        rows = consent.opt_outs(session, caller.company_id, limit=limit, offset=(page - 1) * limit)
        return [OptOutView.model_validate(_masked(row, OptOutView)) for row in rows]


@router.post("/opt-outs", status_code=204)
def add_opt_out(wish: NewOptOut, caller: Operator) -> None:
    """Put somebody on the list."""
    with db.transaction() as session:
        recipient = recipients.parse(wish.channel, wish.recipient)
        consent.opt_out(session, caller.company_id, wish.channel, recipient, source="api", by=caller.name, scope=wish.scope)


@router.delete("/opt-outs/{opt_out_id}", status_code=204)
def delete_opt_out(opt_out_id: UUID, caller: Operator) -> None:
    """Take somebody off the list, who has asked for it."""
    with db.transaction() as session:
        consent.opt_in(session, caller.company_id, opt_out_id)


@router.get("/consents")
def list_consents(caller: Caller, limit: Limit = 50, page: Page = 1) -> list[ConsentView]:
    """What was said to advertising, newest first."""
    with db.transaction() as session:
        rows = consent.consents(session, caller.company_id, limit=limit, offset=(page - 1) * limit)
        return [ConsentView.model_validate(_masked(row, ConsentView)) for row in rows]


@router.post("/consents", status_code=201)
def add_consent(wish: NewConsent, caller: Operator) -> ConsentView:
    """Write down what somebody has said."""
    said = wish.model_dump(exclude={"recipient", "channel", "status"})
    if wish.consent_date is not None and wish.consent_date.tzinfo is None:
        raise Invalid("A moment needs its time zone.", "Zamanın saat dilimi belirtilmeli.")
    with db.transaction() as session:
        recipient = recipients.parse(wish.channel, wish.recipient)
        row = consent.record(session, caller.company_id, wish.channel, recipient, wish.status, by=caller.name, **said)
        session.refresh(row)
        return ConsentView.model_validate(_masked(row, ConsentView))


@router.get("/rules")
def show_rules(caller: Caller) -> RulesView:
    """The company's rules."""
    with db.transaction() as session:
        return _rules(quiet.of_company(session, caller.company_id))


@router.put("/rules")
def put_rules(wish: RulesView, caller: Admin) -> RulesView:
    """Set the company's rules."""
    given: dict[str, Any] = wish.model_dump() | {"quiet_kinds": frozenset(wish.quiet_kinds)}
    with db.transaction() as session:
        quiet.put(session, caller.company_id, quiet.Rules(**given), by=caller.name)
        return _rules(quiet.of_company(session, caller.company_id))


@router.get("/providers")
def list_providers(caller: Caller) -> list[ProviderView]:
    """How the ways out stand."""
    with db.transaction() as session:
        found = overview.ways(session, caller.company_id, settings())
    now = clock.now()
    return [
        ProviderView(
            **{name: getattr(way, name) for name in ProviderView.model_fields if name not in {"open_until", "waiting"}},
            open_until=way.standing.open_until if way.standing and way.is_open(now) else None,
            waiting={lane: one.messages for lane, one in way.lanes.items()},
        )
        for way in found
    ]


@router.get("/caught")
def list_caught(
    caller: Caller, channel: Annotated[str, Query(pattern="^(sms|email|telegram|webhook)$")], limit: Limit = 50, page: Page = 1
) -> list[CaughtView]:
    """What the catcher has kept of the company's messages on a channel, newest first; nothing where the channel is live."""
    if channel not in overview.catching(settings()):
        return []
    with db.transaction() as session:
        if channel == "email":
            items = inbox.mails(session, caller.company_id, limit=limit, offset=(page - 1) * limit)
        else:
            ways = routes.ways("sms") if channel == "sms" else (channel,)
            items = inbox.texts(session, caller.company_id, ways, limit=limit, offset=(page - 1) * limit)
    return [_caught(item) for item in items]


def _caught(item: inbox.Item) -> CaughtView:
    said = {name: getattr(item, name) for name in CaughtView.model_fields if name != "recipient"}
    return CaughtView(**said, recipient=recipients.masked(item.channel, item.to))


def _message(row: Any) -> MessageView:
    said = {name: getattr(row, name) for name in MessageView.model_fields}
    return MessageView(**said | {"recipient": recipients.masked(row.channel, row.recipient)})


def _bulk(row: Any, states: dict[str, int]) -> BulkView:
    return BulkView(**{name: getattr(row, name) for name in BulkView.model_fields if name != "states"}, states=states)


def _template(found: templates.Template) -> TemplateView:
    return TemplateView(**{name: getattr(found, name) for name in TemplateView.model_fields})


def _masked(row: Any, kind: type[BaseModel]) -> dict[str, Any]:
    said = {name: getattr(row, name) for name in kind.model_fields}
    return said | {"recipient": recipients.masked(row.channel, row.recipient)}


def _rules(found: quiet.Rules) -> RulesView:
    given = {name: getattr(found, name) for name in RulesView.model_fields}
    return RulesView(**given | {"quiet_kinds": sorted(found.quiet_kinds)})
