"""
Templates: what is said to many, kept with its versions, in Turkish and English, for SMS, e-mail and Telegram.

A version is never changed: who edits adds the next one, and the newest counts. So what a message said can be told for as long as it is remembered.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from imece.errors import Conflict, Invalid, NotFound, Permanent
from imece.ids import new_id
from notify import models
from notify.texts import rendering
from notify.texts.rendering import Unplaced
from notify.texts.shipped import SHIPPED
from notify.texts.wording import Locale

Channel = Literal["sms", "email", "telegram"]

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")

#: The bodies of each channel, those that it cannot do without first; and which are HTML.
_BODIES: dict[str, tuple[str, ...]] = {"sms": ("sms",), "email": ("subject", "text", "html"), "telegram": ("telegram",)}
_HTML = frozenset({"html", "telegram"})


class Words(BaseModel):
    """What a template says in one language. A channel with an empty body is not offered."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sms: str = Field("", max_length=3000)
    subject: str = Field("", max_length=500, description="Of e-mails, on one line")
    text: str = Field("", max_length=rendering.LONGEST_SOURCE, description="Of e-mails, for every reader")
    html: str = Field("", max_length=rendering.LONGEST_SOURCE, description="Of e-mails, beside the text")
    telegram: str = Field("", max_length=20_000, description="Telegram's HTML: b, i, u, s, a, code, pre")


class Text(NamedTuple):
    """A filled template. Of Telegram `text` is its HTML; `html` is an e-mail's second body."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True)
class Template:
    """One version of a template. `id` is None, `version` 0 for one that came with the house."""

    name: str
    version: int
    bodies: Mapping[str, Words]
    id: UUID | None = None
    note: str = ""
    retired: bool = False
    created_by: str = ""
    created_at: datetime | None = None

    @property
    def shipped(self) -> bool:
        """Whether it came with the house."""
        return self.id is None

    def channels(self, locale: Locale | None = None) -> tuple[Channel, ...]:
        """Where it has something to say, in that language or in any."""
        said = [words for language, words in self.bodies.items() if locale in {None, language}]
        every: tuple[Channel, ...] = ("sms", "email", "telegram")
        return tuple(channel for channel in every if any(getattr(words, _BODIES[channel][0]) for words in said))

    def language(self, channel: Channel, wanted: Locale) -> Locale:
        """The language it is said in: the one wanted, or the other where that one is missing. Raises NotFound for a channel it does not know."""
        order: tuple[Locale, Locale] = ("tr", "en") if wanted == "tr" else ("en", "tr")
        for locale in order:
            if channel in self.channels(locale):
                return locale
        raise NotFound(f"The template {self.name} has no text for {channel}.", f"{self.name} şablonunun {channel} için metni yok.")

    def places(self, channel: Channel, locale: Locale) -> tuple[frozenset[str], frozenset[str]]:
        """Its variables there: those that must have a value, and those that may."""
        words = self.bodies[self.language(channel, locale)]
        found = [rendering.places(source) for body in _BODIES[channel] if (source := getattr(words, body))]
        needed = frozenset[str]().union(*(one[0] for one in found))
        return needed, frozenset[str]().union(*(one[1] for one in found)) - needed


def render(template: Template, locale: Locale, variables: Mapping[str, Any], channel: Channel, *, exact: bool = False) -> Text:
    """
    What it says to one recipient; `exact` refuses values that it has no place for.

    Raises NotFound for a channel it does not know, Missing and Unplaced with the names, Permanent where a value is not what its filter asks for.
    """
    spoken = template.language(channel, locale)
    if exact:
        needed, optional = template.places(channel, locale)
        if strange := frozenset(variables) - needed - optional:
            raise Unplaced(strange)
    words, filled = template.bodies[spoken], dict.fromkeys(("subject", "text", "html"), "")
    for body in _BODIES[channel]:
        if source := getattr(words, body):
            target = body if channel == "email" else "text"
            filled[target] = rendering.render(source, variables, spoken, escape=body in _HTML)
    one_line(filled["subject"])
    return Text(filled["subject"], filled["text"], filled["html"] or None)


def one_line(subject: str) -> None:
    """Raise Permanent for a subject that could begin another header, in whatever way some program breaks lines."""
    if any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for c in subject):
        raise Permanent("The subject becomes more than one line.", "Konu tek satır olmalı.")


def read(bodies: Mapping[Any, Any]) -> dict[str, Words]:
    """
    Bodies by language, checked: every one is a template, and every channel that has one has what it cannot do without.

    Raises Invalid, naming the language and the body.
    """
    found: dict[str, Words] = {}
    for locale, given in bodies.items():
        if locale not in {"tr", "en"}:
            raise Invalid(f"{locale} is not one of our languages: tr, en.", f"{locale} dillerimizden değil: tr, en.")
        try:
            words = given if isinstance(given, Words) else Words.model_validate(given)
        except ValidationError as error:
            wrong = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise Invalid(f"{locale}: {wrong}") from None
        for body, source in words:
            try:
                rendering.check(source, escape=body in _HTML)
            except Invalid as error:
                raise Invalid(f"{locale}, {body}: {error.en}", f"{locale}, {body}: {error.tr}") from None
        if (words.html or words.subject or words.text) and not (words.subject and words.text):
            raise Invalid(f"{locale}: an e-mail needs a subject and a text.", f"{locale}: e-posta için konu ve metin gerekir.")
        if "\n" in words.subject.strip():
            raise Invalid(f"{locale}: the subject is one line.", f"{locale}: konu tek satır olmalı.")
        if any(source for _, source in words):
            found[locale] = words
    if not found:
        raise Invalid("The template says nothing.", "Şablonda hiç metin yok.")
    return found


def put(
    session: Session, company_id: UUID, name: str, bodies: Mapping[Any, Any], *, by: str, note: str = "", over: int | None = None
) -> Template:
    """
    The next version of the company's template. `over` is the version that was edited.

    Raises Invalid for what is no template, Conflict when somebody else has added a version since.
    """
    if not _NAME.fullmatch(name):
        raise Invalid(
            "A template's name has small letters (a-z), digits, dots and dashes.",
            "Şablon adı küçük harf (a-z), rakam, nokta ve tireden oluşur.",
        )
    words = read(bodies)
    newest = _newest(session, company_id, name)
    version = newest.version if newest else 0
    if over is not None and over != version:
        raise Conflict("Somebody has changed this template meanwhile.", "Bu şablon bu arada başkası tarafından değiştirildi.")
    row = models.Template(
        id=new_id(),
        company_id=company_id,
        name=name,
        version=version + 1,
        bodies={locale: one.model_dump(exclude_defaults=True) for locale, one in words.items()},
        note=note[:500],
        created_by=by,
    )
    session.add(row)
    try:
        session.flush()
    except sa.exc.IntegrityError:
        raise Conflict("Somebody has changed this template meanwhile.", "Bu şablon bu arada başkası tarafından değiştirildi.") from None
    return _template(row)


def find(session: Session, company_id: UUID | None, name: str, version: int | None = None) -> Template:
    """The newest version, or that one; where the company has none of its own, the one that came with the house. Raises NotFound."""
    row = None
    if company_id is not None:
        row = _newest(session, company_id, name) if version is None else _numbered(session, company_id, name, version)
    if row is not None and not (row.retired and version is None):
        return _template(row)
    if row is None and name in SHIPPED and not version:
        return _shipped(name)
    raise NotFound(f"There is no template called {name}.", f"{name} adında bir şablon yok.")


def of_company(session: Session, company_id: UUID) -> list[Template]:
    """The newest version of every template of the company, and those that came with the house, by name."""
    newest = sa.select(models.Template).where(models.Template.company_id == company_id).ext(distinct_on(models.Template.name))
    rows = session.scalars(newest.order_by(models.Template.name, models.Template.version.desc())).all()
    own = {row.name: _template(row) for row in rows}
    found = {name: _shipped(name) for name in SHIPPED} | own
    return [template for _, template in sorted(found.items()) if not template.retired]


def versions(session: Session, company_id: UUID, name: str) -> list[Template]:
    """Every version of the company's template, newest first."""
    mine = sa.and_(models.Template.company_id == company_id, models.Template.name == name)
    return [_template(row) for row in session.scalars(sa.select(models.Template).where(mine).order_by(models.Template.version.desc()))]


def retire(session: Session, company_id: UUID, name: str) -> None:
    """Offer the company's template no more; its versions stay. Raises NotFound."""
    mine = sa.and_(models.Template.company_id == company_id, models.Template.name == name)
    if not session.execute(sa.update(models.Template).where(mine).values(retired=True).returning(models.Template.id)).first():
        raise NotFound(f"There is no template called {name}.", f"{name} adında bir şablon yok.")


def _newest(session: Session, company_id: UUID, name: str) -> models.Template | None:
    mine = sa.and_(models.Template.company_id == company_id, models.Template.name == name)
    return session.scalar(sa.select(models.Template).where(mine).order_by(models.Template.version.desc()).limit(1))


def _numbered(session: Session, company_id: UUID, name: str, version: int) -> models.Template | None:
    mine = sa.and_(models.Template.company_id == company_id, models.Template.name == name, models.Template.version == version)
    return session.scalar(sa.select(models.Template).where(mine))


def _template(row: models.Template) -> Template:
    bodies = {locale: Words.model_validate(words) for locale, words in row.bodies.items()}
    return Template(row.name, row.version, bodies, row.id, row.note, row.retired, row.created_by, row.created_at)


def _shipped(name: str) -> Template:
    return Template(name, 0, {locale: Words.model_validate(words) for locale, words in SHIPPED[name].items()})
