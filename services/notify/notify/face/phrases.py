"""Pages about templates: the list, one with its versions, and how it reads with values."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from markupsafe import Markup

from imece import db
from imece.errors import ImeceError
from imece.face.asking import Caller, Operator, Sent, fields_of
from notify.channels import markup
from notify.face.drawing import page, part
from notify.sending import routes
from notify.texts import rendering, sms, templates
from notify.texts.templates import Template, Words

router = APIRouter(prefix="/notify/templates")

Fields = Annotated[dict[str, str], Depends(fields_of)]

BODIES = ("sms", "subject", "text", "html", "telegram")

#: What a place is filled with for a look, by its name.
_EXAMPLES: dict[str, str] = {
    "ad": "AYŞE YILMAZ", "isim": "AYŞE YILMAZ", "ad_soyad": "AYŞE YILMAZ", "unvan": "ÖRNEK TİCARET A.Ş.", "sirket": "Örnek Ticaret A.Ş.",
    "tutar": "1234.5", "borc": "1234.5", "bakiye": "1234.5", "fiyat": "249.9", "vade": "2026-12-31", "tarih": "2026-12-31", "kod": "482910",
    "siparis": "TR-10442", "takip": "7340021955", "sure": "5",
}  # fmt: skip


@router.get("")
def list_templates(request: Request, caller: Caller) -> Response:
    """Every template of the company, and those that came with the house."""
    with db.transaction() as session:
        found = templates.of_company(session, caller.company_id)
    return page(request, "templates.html", ("Templates", "Şablonlar"), templates=found)


@router.get("/new")
def new(request: Request, _caller: Caller) -> Response:
    """An empty one."""
    empty = Template("", 0, {"tr": Words(), "en": Words()})
    return page(request, "template.html", ("New template", "Yeni şablon"), **_known(empty, []))


@router.get("/{name}")
def show(name: str, request: Request, caller: Caller, version: Annotated[int | None, Query(ge=0)] = None) -> Response:
    """One template, to be read and edited; or one of its older versions."""
    with db.transaction() as session:
        found = templates.find(session, caller.company_id, name, version)
        versions = templates.versions(session, caller.company_id, name)
    return page(request, "template.html", (name, name), **_known(found, versions))


@router.post("/preview")
def preview(request: Request, _caller: Caller, fields: Fields) -> Response:
    """How the bodies in the form read, with the examples or the values that the form gives."""
    return part(request, "preview.html", looks=looks(fields))


@router.post("")
def save(caller: Operator, sent: Sent, fields: Fields) -> Response:
    """The next version."""
    name = sent.text("name") or ""
    with db.transaction() as session:
        templates.put(
            session, caller.company_id, name, bodies_of(fields), by=caller.name, note=sent.text("note") or "", over=sent.whole("over")
        )
    return RedirectResponse(f"/notify/templates/{name}", status_code=303)


@router.post("/{name}/retire")
def retire(name: str, caller: Operator) -> Response:
    """Offer it no more."""
    with db.transaction() as session:
        templates.retire(session, caller.company_id, name)
    return RedirectResponse("/notify/templates", status_code=303)


def bodies_of(fields: dict[str, str]) -> dict[str, dict[str, str]]:
    """The bodies in a form, whose fields are called `tr.sms`, `en.html`; a language that says nothing is left out."""
    found: dict[str, dict[str, str]] = {}
    for locale in ("tr", "en"):
        said = {body: text for body in BODIES if (text := _body(fields, locale, body))}
        if said:
            found[locale] = said
    return found


def looks(fields: dict[str, str]) -> list[dict[str, Any]]:
    """Every body in the form as it reads, or what is wrong with it; of an SMS what it costs too."""
    found = []
    for locale, said in bodies_of(fields).items():
        for body, source in said.items():
            look: dict[str, Any] = {"locale": locale, "body": body, "text": "", "fault": None, "plan": None}
            try:
                needed, optional = rendering.places(source)
                values = {name: fields.get(f"var.{name}") or example(name) for name in needed | optional}
                look["text"] = rendering.render(source, values, locale, escape=body in {"html", "telegram"})  # type: ignore[arg-type]  # one of the two
                if body == "telegram":
                    look["text"] = Markup(markup.without_links(look["text"]))  # noqa: S704 (what is no tag of Telegram is escaped)
                if body == "sms":
                    look["text"] = sms.plain(look["text"])
                    look["plan"] = routes.planned(look["text"], routes.ways("sms")[0], "informational")
            except ImeceError as error:
                look["fault"] = error
            found.append(look)
    return found


def example(name: str) -> str:
    """What a place called `name` is filled with for a look."""
    return _EXAMPLES.get(name) or name.replace("_", " ")


def _body(fields: dict[str, str], locale: str, body: str) -> str:
    return fields.get(f"{locale}.{body}", "").replace("\r\n", "\n").replace("\0", "").strip()


def _known(found: Template, versions: list[Template]) -> dict[str, Any]:
    newest = versions[0].version if versions else 0
    fields = {f"{locale}.{body}": getattr(words, body) for locale, words in found.bodies.items() for body in BODIES}
    return {
        "shown": found,
        "versions": versions,
        "newest": newest,
        "bodies": BODIES,
        "filters": rendering.FILTERS,
        "fields": fields,
        "old": bool(versions) and found.version != newest,
    }
