"""The reconciliation letter (cari hesap mutabakat mektubu): what it says, already worded, and how it becomes a PDF."""

import threading
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import orjson
import typst

from documents.rendering.glyphs import legible_in

_FOLDER = Path(str(files("documents.rendering")))
_own = threading.local()


Side = Literal["debit", "credit", "even"]
TaxKind = Literal["VKN", "TCKN"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose books the balance comes from. `city` is also where the letter is issued, `email` where the answer goes."""

    title: str
    address: str
    city: str
    tax_kind: TaxKind
    tax_number: str
    tax_office: str | None
    mersis: str | None
    phone: str | None
    email: str
    kep: str | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class Receiver:
    """Whom the letter asks. Without a title it is called by its tax number."""

    title: str | None
    tax_kind: TaxKind
    tax_number: str
    tax_office: str | None
    email: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class Balance:
    """
    The balance in one currency, in the sender's books: `debit` means that the receiver owes it.

    `balance` is written without a sign; `words` says it in words, and is None where it is zero.
    """

    currency: str
    name: str
    debit: str
    credit: str
    balance: str
    side: Side
    words: str | None


@dataclass(frozen=True, slots=True)
class Dealer:
    """One account of several under the same tax number."""

    code: str
    note: str
    currency: str
    debit: str
    credit: str
    balance: str
    side: Side


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything one letter says. Amounts and dates are written out already, in the letter's language; every string is shown as it is."""

    locale: Literal["tr", "en"]
    number: str
    issued_on: str
    as_of: str
    period_start: str | None
    accent: str  #: the sender's colour, as `#1f3a5f`
    sender: Sender
    receiver: Receiver
    balances: tuple[Balance, ...]
    dealers: tuple[Dealer, ...]
    legal: str | None  #: None: the template's own sentence
    privacy_url: str | None


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture in the letterhead."""

    data: bytes
    format: Literal["png", "jpg", "svg"]


def pdf(letter: Letter, *, issued_on: date, logo: Logo | None = None) -> bytes:
    """
    The letter as a PDF, fonts embedded. The same content gives the same bytes, on every machine.

    It is made to PDF/A-2a (to be archived) and PDF/UA-1 (to be read aloud) as far as typst can tell; no outside validator has confirmed it.

    About 8 ms of one core, and the interpreter's lock is not held meanwhile. `issued_on` is written into the file as its date of creation.
    Raises typst.TypstError when a logo cannot be read; nothing else in the content can make it fail.
    """
    content = legible_in({**orjson.loads(orjson.dumps(letter)), "logo": logo is not None})
    project = {**_templates(), "data.json": orjson.dumps(content)}
    if logo is not None:
        project["logo.svg"] = _drawing(logo)
    midnight = datetime.combine(issued_on, time(), UTC)
    compiled = _compiler().compile(input=project, format="pdf", pdf_standards=["a-2a", "ua-1"], timestamp=midnight)  # type: ignore[type-var] # its stubs do not know that a project may be a dictionary
    assert isinstance(compiled, bytes)
    return compiled


def proof(logo: Logo) -> None:
    """
    Draw the logo alone, from a file. Raises typst.TypstError when it cannot be drawn.

    To be asked once, before a logo is taken: inside a drawing, as letters have it, a torn picture is left out in silence.
    """
    page = f'#set document(title: "Logo")\n#image("/logo.{logo.format}", alt: "Logo", height: 15mm)'.encode()
    with TemporaryDirectory() as folder:
        (Path(folder) / f"logo.{logo.format}").write_bytes(logo.data)
        typst.Compiler(page, root=folder, font_paths=_fonts(), ignore_system_fonts=True).compile(
            format="pdf", pdf_standards=["a-2a", "ua-1"]
        )


@cache
def _templates() -> dict[str, bytes]:
    """The project's files by name; `main` is the one that is compiled."""
    found = {path.name: path.read_bytes() for path in sorted((_FOLDER / "templates").iterdir())}
    return {"main": found.pop("letter.typ"), **found}


def _drawing(logo: Logo) -> bytes:
    """The logo as SVG, 4 by 1: a project's files must be text, and a picture of any shape keeps its own inside."""
    if logo.format == "svg":
        return logo.data
    kind = "jpeg" if logo.format == "jpg" else logo.format
    picture = b64encode(logo.data).decode()
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 100"><image width="400" height="100" preserveAspectRatio="xMinYMid meet" '
        f'href="data:image/{kind};base64,{picture}"/></svg>'
    ).encode()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[_FOLDER / "fonts"])


def _compiler() -> typst.Compiler:
    """This thread's compiler: it keeps the fonts and what is known of the templates, and only one thread may use it."""
    if not hasattr(_own, "compiler"):
        _own.compiler = typst.Compiler(font_paths=_fonts(), ignore_system_fonts=True)
    compiler: typst.Compiler = _own.compiler
    return compiler
