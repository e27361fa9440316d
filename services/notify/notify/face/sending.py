"""Pages that send one message: what it will look like and cost, while it is written; and then off it goes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from imece import db, face, ledger, storage
from imece.clock import ISTANBUL
from imece.contracts.notify import Attachment, SendEmail
from imece.errors import ImeceError, Invalid, NotFound
from imece.face.asking import Caller, Form, Operator, Sent, fields_of
from notify import intake
from notify.face.asking import kind_of, provider_of, variables
from notify.face.drawing import page, part
from notify.face.phrases import example
from notify.intake import Wish
from notify.people import phones, recipients
from notify.sending import prices, routes
from notify.settings import settings
from notify.texts import rendering, templates
from notify.texts.templates import Template, Text

router = APIRouter(prefix="/notify/send")

CHANNELS = ("sms", "email", "telegram")

Fields = Annotated[dict[str, str], Depends(fields_of)]
Channel = Annotated[str, Query(pattern="^(sms|email|telegram)$")]


@router.get("")
def write(
    request: Request, caller: Caller, channel: Channel = "sms", template: Annotated[str, Query(max_length=100)] = "", to: str = ""
) -> Response:
    """The form, for one channel, with a text of its own or a template's places."""
    with db.transaction() as session:
        known = offered(session, caller, channel, template)
    ways = routes.ways("sms")
    return page(
        request,
        "send.html",
        ("Send one", "Tek gönder"),
        channels=CHANNELS,
        ways=ways,
        to=to,
        example=example,
        company_id=caller.company_id,
        **known,
    )


@router.post("/price")
def price(request: Request, caller: Caller, sent: Sent, fields: Fields) -> Response:
    """What the form says so far: how it reads, in how many segments, and what that costs; and whether the recipient can be one."""
    channel = sent.text("channel") or "sms"
    known: dict[str, Any] = {"channel": channel, "fault": None, "to_fault": None, "said": None, "offers": [], "masked": ""}
    if to := sent.text("to"):
        try:
            known["masked"] = recipients.masked(channel, recipients.parse(channel, to))
        except phones.Refused as error:
            known["to_fault"] = error
        except ImeceError as error:
            known["to_fault"] = error
    try:
        with db.transaction() as session:
            known["said"] = words(session, caller.company_id, channel, sent, fields, example_too=True)
    except ImeceError as error:
        known["fault"] = error
    if channel == "sms" and known["said"] and known["said"].text.strip():
        known["offers"] = prices.offers(known["said"].text, kind_of(sent), settings())
        known["chosen"] = provider_of(sent, channel) or routes.ways("sms")[0]
        known["folded"] = sent.flag("fold")
    return part(request, "price.html", **known)


@router.post("")
def send(caller: Operator, sent: Sent, fields: Fields) -> Response:
    """Take it: a message that the lanes send, or a mail with files, which is a job."""
    channel = sent.text("channel") or ""
    if channel not in CHANNELS:
        raise Invalid("Choose a channel.", "Bir kanal seçin.")
    return RedirectResponse(taken(caller, channel, sent, fields), status_code=303)


def taken(caller: face.Caller, channel: str, sent: Form, fields: Mapping[str, str]) -> str:
    """Write the message down; where it is to be seen. Raises what `intake.take` raises."""
    kind = kind_of(sent)
    with db.transaction() as session:
        said = words(session, caller.company_id, channel, sent, fields)
        recipient = recipients.parse(channel, sent.text("to") or "")
        files = attachments(caller.company_id, fields)
        if channel == "email" and files:
            contract = SendEmail(
                to=recipient, to_name=sent.text("to_name") or "", subject=said.subject, text=said.text, html=said.html,
                locale=_locale(sent), purpose="commercial" if kind == "commercial" else "informational", attachments=files,
            )  # fmt: skip
            return f"/jobs/{ledger.submit(session, contract, company_id=caller.company_id, requested_by=caller.name)}"
        wish = Wish(
            channel=channel,
            to=recipient,
            kind=kind,
            text=said.text,
            locale=_locale(sent),
            subject=said.subject,
            sender=sent.text("sender"),
            provider=provider_of(sent, channel),
            fold=sent.flag("fold"),
            detail=_detail(channel, sent, said),
            send_at=moment_of(sent, "send_at"),
            expires_at=intake.worth_until(kind),
        )
        message = intake.take(session, wish, company_id=caller.company_id, requested_by=caller.name)
    return f"/notify/messages/{message.id}"


def words(session: Session, company_id: UUID, channel: str, sent: Form, fields: Mapping[str, str], *, example_too: bool = False) -> Text:
    """
    What a form says: its own text, or a template's with the form's values.

    `example_too` fills what is still empty, for a look. Raises Invalid, Missing, NotFound.
    """
    name, locale = sent.text("template"), _locale(sent)
    if not name:
        templates.one_line(sent.text("subject") or "")
        return Text(sent.text("subject") or "", sent.text("text") or "", sent.text("html"))
    found, values = templates.find(session, company_id, name), variables(sent, dict(fields))
    if example_too:
        needed, _ = found.places(channel, locale)  # type: ignore[arg-type]  # a channel it does not know is refused
        values = {place: example(place) for place in needed} | values
    return templates.render(found, locale, values, channel)  # type: ignore[arg-type]  # as above


def offered(session: Session, caller: face.Caller, channel: str, template: str) -> dict[str, Any]:
    """The templates that speak on a channel, and the places of the chosen one."""
    every = [one for one in templates.of_company(session, caller.company_id) if channel in one.channels()]
    chosen: Template | None = next((one for one in every if one.name == template), None)
    needed, optional = chosen.places(channel, caller.locale) if chosen else (frozenset(), frozenset())  # type: ignore[arg-type]  # chosen by its channels
    return {
        "channel": channel,
        "templates": every,
        "chosen": chosen,
        "needed": sorted(needed),
        "optional": sorted(optional),
        "filters": rendering.FILTERS,
        "price_known": bool(settings().prices),
    }


def attachments(company_id: UUID, fields: Mapping[str, str]) -> tuple[Attachment, ...]:
    """The files that a form names: keys of what was uploaded. Raises NotFound for somebody else's."""
    found = []
    for key in [value for name, value in fields.items() if name.startswith("file.") and value]:
        if storage.owner(key) != company_id:
            raise NotFound("There is no such file.", "Böyle bir dosya yok.")
        found.append(Attachment(key=key, name=key.rsplit("/", 1)[-1]))
    return tuple(found)


def moment_of(sent: Form, name: str) -> datetime | None:
    """A moment of a form, as Istanbul's clocks show it. Raises Invalid."""
    text = sent.text(name)
    if text is None:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ISTANBUL)
    except ValueError:
        raise Invalid("This is no date with a time.", "Bu, saatli bir tarih değil.") from None


def _detail(channel: str, sent: Form, said: Text) -> dict[str, Any] | None:
    if channel == "email":
        return {"html": said.html} if said.html else None
    if channel != "telegram":
        return None
    found: dict[str, Any] = {}
    if sent.text("template") or sent.flag("markup"):
        found["markup"] = True
    if sent.flag("silent"):
        found["silent"] = True
    if sent.text("button_text") and sent.text("button_url"):
        found |= {"button_text": sent.text("button_text"), "button_url": sent.text("button_url")}
    return found or None


def _locale(sent: Form) -> Any:
    return "en" if sent.text("locale") == "en" else "tr"
