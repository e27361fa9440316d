"""Pages that send the same to many: a list is uploaded, its columns named, everything checked and priced; only then it goes."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from sqlalchemy.orm import Session

from imece import clock, db, face, ledger, storage
from imece.contracts.notify import SendBulk
from imece.errors import Conflict, ImeceError, Invalid, NotFound
from imece.face.asking import Caller, Form, Operator, fields_of
from imece.ledger import FINAL
from notify import searches
from notify.bulk import columns
from notify.face.asking import PAGE, kind_of, provider_of
from notify.face.drawing import page, part
from notify.face.sending import CHANNELS, moment_of, offered
from notify.models import OPEN
from notify.searches import Filter
from notify.sending import prices, routes
from notify.settings import settings
from notify.texts import rendering, templates
from notify.texts.templates import Text

router = APIRouter(prefix="/notify/bulks")

Fields = Annotated[dict[str, str], Depends(fields_of)]

#: States of a bulk's messages, in the order of a bar.
ORDER = (
    "delivered", "accepted", "sent", "sending", "unknown", "queued", "undelivered", "failed", "refused", "unconfirmed", "expired", "cancelled",
)  # fmt: skip


@router.get("")
def list_bulks(request: Request, caller: Caller, at: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1) -> Response:
    """The company's bulks, newest first."""
    with db.transaction() as session:
        rows = searches.bulks(session, caller.company_id, limit=PAGE + 1, offset=(at - 1) * PAGE)
        counts = searches.counts(session, [row.id for row in rows])
    known: dict[str, Any] = {
        "rows": rows[:PAGE],
        "counts": counts,
        "more": len(rows) > PAGE,
        "at": at,
        "order": ORDER,
        "live": [str(state) for state in OPEN],
    }
    return page(request, "bulks.html", ("Bulks", "Toplu gönderimler"), **known)


@router.get("/new")
def upload(request: Request, caller: Caller, channel: Annotated[str, Query(pattern="^(sms|email|telegram)$")] = "sms") -> Response:
    """Where a list is uploaded. The file goes the way of all files: to the gateway, whose key for it is what the next page is asked with."""
    return page(
        request, "bulk_new.html", ("Send to many", "Toplu gönder"), channels=CHANNELS, channel=channel, company_id=caller.company_id
    )


@router.get("/columns")
def name_columns(
    request: Request,
    caller: Caller,
    key: Annotated[str, Query(max_length=500)],
    channel: Annotated[str, Query(pattern="^(sms|email|telegram)$")] = "sms",
    template: Annotated[str, Query(max_length=100)] = "",
) -> Response:
    """What each column is, as far as can be guessed, and what is to be said."""
    found = looked_at(key, caller.company_id, channel)
    with db.transaction() as session:
        known = offered(session, caller, channel, template)
    return page(
        request,
        "bulk_columns.html",
        ("Columns", "Sütunlar"),
        preview=found,
        key=key,
        name=key.rsplit("/", 1)[-1],
        ways=routes.ways("sms"),
        **known,
    )


@router.post("/look")
def look(request: Request, caller: Caller, fields: Fields) -> Response:
    """How the first row reads and what one message of it costs, while the form is being filled in."""
    sent = Form(fields, caller.locale)
    values = {fields[name.replace("sample.", "role.", 1)]: value for name, value in fields.items() if name.startswith("sample.") and value}
    known: dict[str, Any] = {"channel": sent.text("channel"), "fault": None, "to_fault": None, "said": None, "offers": [], "masked": ""}
    try:
        with db.transaction() as session:
            known["said"] = read_aloud(session, caller, sent, values)
    except ImeceError as error:
        known["fault"] = error
    if known["said"] and known["channel"] == "sms" and known["said"].text.strip():
        known["offers"] = prices.offers(known["said"].text, kind_of(sent), settings())
        known |= {"chosen": provider_of(sent, "sms") or routes.ways("sms")[0], "folded": sent.flag("fold")}
    return part(request, "price.html", **known)


@router.post("/check")
def check(caller: Operator, fields: Fields) -> Response:
    """Check and price everything; nothing is sent by this."""
    contract = asked(caller, Form(fields, caller.locale), fields)
    with db.transaction() as session:
        if contract.template:
            template = templates.find(session, caller.company_id, contract.template)
            template.language(contract.channel, contract.locale)
        job_id = ledger.submit(session, contract, company_id=caller.company_id, requested_by=caller.name)
    return RedirectResponse(f"/notify/bulks/check/{job_id}", status_code=303)


@router.get("/check/{job_id}")
def show_check(job_id: UUID, request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """What the check has found."""
    with db.transaction() as session:
        job = _dry_run(session, caller, job_id)
    known: dict[str, Any] = {"job": job, "found": job.result or {}, "wish": job.args, "over": job.state in FINAL}
    if alone:
        return part(request, "check.html", **known)
    return page(request, "bulk_check.html", ("Check", "Denetim"), **known)


@router.get("/check/{job_id}/refused.csv")
def refused(job_id: UUID, caller: Caller) -> Response:
    """Every refused row of a check, each with its reason."""
    with db.transaction() as session:
        job = _dry_run(session, caller, job_id)
    key = (job.result or {}).get("refused_key")
    if not key or storage.owner(key) != caller.company_id:
        raise NotFound("There is no such file.", "Böyle bir dosya yok.")
    name = f"{'reddedilenler' if caller.locale == 'tr' else 'refused'}-{clock.now():%Y-%m-%d}.csv"
    return StreamingResponse(
        storage.stream(key), media_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@router.post("/check/{job_id}/send")
def confirm(job_id: UUID, caller: Operator) -> Response:
    """Send what the check has found good. Once: a second yes leads to the same bulk."""
    with db.transaction() as session:
        job = _dry_run(session, caller, job_id)
        if job.state != "succeeded" or not (job.result or {}).get("messages"):
            raise Conflict("There is nothing to send.", "Gönderilecek bir şey yok.")
        key = f"notify.bulk:{job_id}"
        sent = session.scalar(sa.select(ledger.Job.id).where(ledger.Job.company_id == caller.company_id, ledger.Job.unique_key == key))
        if sent is None:
            # Two who say yes in the same moment are told apart by the key of their jobs, and were they not, by that of the messages.
            contract = SendBulk.model_validate(job.args | {"dry_run": False, "dedup": job.args.get("dedup") or f"check:{job_id}"})
            sent = ledger.submit(session, contract, company_id=caller.company_id, requested_by=caller.name, unique_key=key)
    return RedirectResponse(f"/notify/bulks/of/{sent}", status_code=303)


@router.get("/of/{job_id}")
def of_job(job_id: UUID, request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """The bulk of a job, as soon as it is written down."""
    with db.transaction() as session:
        bulk = searches.bulk_of_job(session, caller.company_id, job_id)
        if bulk is None:
            job = ledger.find(session, job_id, company_id=caller.company_id)
            known: dict[str, Any] = {"job": job, "over": job.state in FINAL, "found": {}, "wish": job.args}
            return part(request, "check.html", **known) if alone else page(request, "bulk_check.html", ("Bulk", "Toplu gönderim"), **known)
    return RedirectResponse(f"/notify/bulks/{bulk.id}", status_code=303)


@router.get("/{bulk_id}")
def show(bulk_id: UUID, request: Request, caller: Caller, *, alone: Annotated[bool, Query(alias="part")] = False) -> Response:
    """One bulk: how far it is, by state; and the rows that were refused."""
    with db.transaction() as session:
        bulk = searches.bulk(session, caller.company_id, bulk_id)
        counts = searches.counts(session, [bulk_id])[bulk_id]
        known: dict[str, Any] = {"bulk": bulk, "counts": counts, "order": ORDER, "left": sum(counts.get(str(state), 0) for state in OPEN)}
        if alone:
            return part(request, "bulk_state.html", **known)
        some = searches.search(session, caller.company_id, Filter(bulk_id=bulk_id, state="refused"), limit=PAGE)
    return page(request, "bulk.html", (bulk.title or "Bulk", bulk.title or "Toplu gönderim"), refused=some, **known)


@router.post("/{bulk_id}/cancel")
def cancel(bulk_id: UUID, caller: Operator) -> Response:
    """Send no more of what has not left."""
    with db.transaction() as session:
        bulk = searches.bulk(session, caller.company_id, bulk_id)
        if bulk.job_id is None:
            raise Conflict("It cannot be cancelled.", "İptal edilemez.")
        ledger.cancel(session, bulk.job_id, by=caller.name, company_id=caller.company_id)
    return RedirectResponse(f"/notify/bulks/{bulk_id}", status_code=303)


def looked_at(key: str, company_id: UUID, channel: str) -> columns.Preview:
    """The top of an uploaded list. Raises NotFound for somebody else's, Permanent for what is no table."""
    gone = NotFound("The file is not there (any more).", "Dosya yok (artık silinmiş).")
    try:
        if storage.owner(key) != company_id:
            raise gone
    except (NotFound, Invalid):
        raise gone from None
    with TemporaryDirectory(prefix="imece-") as folder:
        path = Path(folder) / "list"
        with path.open("wb") as file:
            file.writelines(storage.stream(key))
        return columns.preview(path, channel)


def read_aloud(session: Session, caller: face.Caller, sent: Form, values: dict[str, str]) -> Text | None:
    """What the message of one row says. Raises Missing, Invalid and NotFound; None where nothing is written yet."""
    known, locale = _same_for_all(sent, caller) | values, "en" if sent.text("locale") == "en" else "tr"
    if name := sent.text("template"):
        return templates.render(templates.find(session, caller.company_id, name), locale, known, sent.text("channel"))  # type: ignore[arg-type]  # refused if unknown
    text = sent.text("text")
    return Text(sent.text("subject") or "", rendering.render(text, known, locale), None) if text else None  # type: ignore[arg-type]  # one of the two


def asked(caller: face.Caller, sent: Form, fields: dict[str, str]) -> SendBulk:
    """The contract that a form asks for, as a dry run. Fields `column.N` and `role.N` say what each column is. Raises Invalid."""
    numbers = [name.removeprefix("column.") for name in fields if name.startswith("column.")]
    roles = {fields[f"column.{number}"]: fields.get(f"role.{number}", "").strip() for number in numbers}
    if list(roles.values()).count("to") != 1:
        raise Invalid("Say which one column holds the recipients.", "Alıcıların hangi sütunda olduğunu seçin; bir sütun seçilmeli.")
    channel = sent.text("channel")
    template, text = sent.text("template"), sent.text("text")
    if channel not in CHANNELS or bool(template) == bool(text):
        raise Invalid("Say either a text or a template.", "Ya metin ya da şablon verin.")
    return SendBulk(
        channel=channel,
        purpose="commercial" if kind_of(sent) == "commercial" else "informational",
        title=(sent.text("title") or "")[:200],
        recipients_key=sent.text("key"),
        columns=roles,
        template=template,
        text=text,
        subject=sent.text("subject") if not template else None,
        locale="en" if sent.text("locale") == "en" else "tr",
        sender=sent.text("sender"),
        provider=provider_of(sent, channel),
        fold=sent.flag("fold"),
        send_at=moment_of(sent, "send_at"),
        variables=_same_for_all(sent, caller),
        dry_run=True,
    )


def _same_for_all(sent: Form, caller: face.Caller) -> dict[str, Any]:
    """What templates may ask for and no list has: who is speaking."""
    return {"sirket": sent.text("var.sirket") or caller.company}


def _dry_run(session: Session, caller: face.Caller, job_id: UUID) -> ledger.Job:
    job = ledger.find(session, job_id, company_id=caller.company_id)
    if job.kind != SendBulk.kind or not job.args.get("dry_run"):
        raise NotFound("There is no such check.", "Böyle bir denetim yok.")
    return job
