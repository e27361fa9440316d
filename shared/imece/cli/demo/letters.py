"""The first act: a spreadsheet in, letters and caught mails out."""

import io
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imece.cli.demo import visitor
from imece.cli.demo.visitor import Access, Api
from imece.cli.output import say
from imece.config import settings
from imece.errors import Permanent

if TYPE_CHECKING:
    from rich.console import Console

_LETTERHEAD = {
    "title": "Örnek Ticaret ve Sanayi A.Ş.",
    "address": "Atatürk Bulvarı No: 42 Kat: 3, Kızılay",
    "city": "Ankara",
    "tax-number": "4540536920",
    "tax-office": "Çankaya",
    "email": "muhasebe@ornek.example",
    "phone": "+90 312 555 00 42",
    "contact": "Şule Işık, Muhasebe Müdürü",
}


def act(console: "Console", api: Api, access: Access, workbook: Path) -> list[tuple[str, str]]:
    """An upload by HTTP, live progress, and a look at whether every letter and mail is there: what there is to tell. Raises Permanent for what lacks."""
    home = settings().home
    console.rule(say("A workbook in, letters out", "Bir tablo girer, mektuplar çıkar"))
    letterhead = [part for name, value in _LETTERHEAD.items() for part in (f"--{name}", value)]
    visitor.run("documents", "sender", "set", "--company", access.company_id, *letterhead)
    stored = api.upload(workbook)
    job = api.ask("documents.prepare_letters", {"workbook": stored["key"], "notify_email": visitor.EMAIL, "locale": settings().locale})
    result = visitor.done(api, job["id"], console)
    archive = home / "demo" / "mektuplar.zip"
    missing = _missing(api, job["id"], result, archive, home / "mail")
    if missing:
        raise Permanent(f"Not everything is there: {'; '.join(missing)}", f"Eksikler var: {'; '.join(missing)}")
    return [
        (say("rows read", "okunan satır"), str(result["rows"])),
        (say("rows refused", "reddedilen satır"), str(result["refused"])),
        (say("letters", "mektup"), str(result["letters"])),
        (say("mails", "e-posta"), str(result["mails"])),
        (say("letters (ZIP)", "mektuplar (ZIP)"), str(archive)),
        (say("its job", "işin sayfası"), f"{access.url}/jobs/{job['id']}"),
    ]


def _missing(api: Api, job: str, result: dict[str, Any], archive: Path, mails: Path) -> list[str]:
    """What should be there and is not: letters in the ZIP, mails in the catcher's folder."""
    missing = []
    data = api.download(result["archive"])
    archive.write_bytes(data)
    with zipfile.ZipFile(io.BytesIO(data)) as letters:
        whole = sum(letters.read(name).startswith(b"%PDF-") for name in letters.namelist())
    if whole != result["letters"] or result["letters_failed"]:
        missing.append(f"{whole} of {result['letters'] + result['letters_failed']} letters")
    caught = {file.name[:36] for file in mails.glob("*.eml")}
    asked = list(api.children(job, "notify.send_email"))
    arrived = sum(mail["id"] in caught for mail in asked)
    if arrived != len(asked) or result["mails_failed"]:
        missing.append(f"{arrived} of {len(asked)} mails")
    if not result["letters"] or len(asked) < result["mails"]:
        missing.append("nothing was made")
    return missing
