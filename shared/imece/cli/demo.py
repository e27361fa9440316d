"""
`imece demo`: the first whole path, as its user would walk it.

From nothing: the stack, a company with a letterhead, an upload by HTTP, live progress, and at the end a look at whether every letter and every
mail is really there. It talks to the house only as anybody may: by the command line and the API.
"""

import http.client
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, urlsplit

import typer

from imece.cli.output import say
from imece.errors import Misconfigured, Permanent

if TYPE_CHECKING:
    from rich.console import Console

_COMPANY, _EMAIL = "Örnek Ticaret A.Ş.", "demo@ornek.example"
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


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command()(demo)


def demo(
    workbook: Annotated[Path, typer.Argument(help="A workbook of balances", exists=True, dir_okay=False)] = Path("examples/mutabakat.xlsx"),
) -> None:
    """From a spreadsheet to letters and caught mails, live. Exit code 0 only if every letter and every mail is there."""
    from rich.console import Console  # noqa: PLC0415

    from imece.cli import stack  # noqa: PLC0415
    from imece.config import settings  # noqa: PLC0415

    console, home = Console(), settings().home
    stack.up()
    access = _access(home)
    api = _Api(access["url"], access["token"])
    console.rule(say("A workbook in, letters out", "Bir tablo girer, mektuplar çıkar"))
    stored = api.upload(workbook)
    job = api.ask("documents.prepare_letters", {"workbook": stored["key"], "notify_email": _EMAIL, "locale": settings().locale})
    done = _follow(api, job["id"], console)
    if done["state"] != "succeeded":
        reason = (done["error"] or {}).get("message", done["state"])
        raise Permanent(f"The job did not succeed: {reason}", f"İş başarıyla bitmedi: {reason}")
    result = done["result"]
    archive = home / "demo" / "mektuplar.zip"
    missing = _missing(api, job["id"], result, archive, home / "mail")
    _report(console, result, access, archive, home, job["id"])
    if missing:
        raise Permanent(f"Not everything is there: {'; '.join(missing)}", f"Eksikler var: {'; '.join(missing)}")


class _Api:
    """The gateway, with a key."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._headers = {"Authorization": f"Bearer {token}", "Accept-Language": say("en", "tr")}

    def call(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> http.client.HTTPResponse:
        """One request. Raises Permanent with the gateway's own words unless it is a success."""
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        connection.request(method, path, body, self._headers | ({"Content-Type": kind} if body is not None else {}))
        answer = connection.getresponse()
        if answer.status >= http.client.BAD_REQUEST:
            text = answer.read().decode("utf-8", "replace")
            raise Permanent(f"{method} {path}: {answer.status} {text[:500]}")
        return answer

    def upload(self, file: Path) -> dict[str, Any]:
        """Upload a file; its key is in the answer."""
        edge = "imece-demo-boundary"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        body = head.encode() + file.read_bytes() + f"\r\n--{edge}--\r\n".encode()
        return self._json(self.call("POST", "/v1/files", body, f"multipart/form-data; boundary={edge}"))

    def ask(self, kind: str, args: dict[str, Any]) -> dict[str, Any]:
        """Ask for a job."""
        return self._json(self.call("POST", f"/v1/jobs/{kind}", json.dumps(args)))

    def events(self, job: str) -> Iterator[dict[str, Any]]:
        """The job at every change, until it is final."""
        last: dict[str, Any] = {}
        while not last.get("final"):
            for line in self.call("GET", f"/v1/jobs/{job}/events"):
                if line.startswith(b"data:"):
                    last = json.loads(line[5:])
                    yield last

    def children(self, job: str, kind: str) -> Iterator[dict[str, Any]]:
        """The jobs of one kind that a job asked for."""
        before = ""
        while True:
            page = self._json(self.call("GET", f"/v1/jobs/{job}/children?kind={kind}&limit=200{before}"))
            yield from page["jobs"]
            if not page["next"]:
                return
            before = f"&before={page['next']}"

    def download(self, key: str) -> bytes:
        """A file."""
        return self.call("GET", f"/v1/files/{quote(key)}").read()

    @staticmethod
    def _json(answer: http.client.HTTPResponse) -> dict[str, Any]:
        return json.loads(answer.read())  # type: ignore[no-any-return]


def _access(home: Path) -> dict[str, Any]:
    """The demo's company, account and key, made at the first run and kept in `<home>/demo/access.json` (0600)."""
    kept = home / "demo" / "access.json"
    made = _run("gateway", "ensure", "--company", _COMPANY, "--email", _EMAIL, "--json")
    access: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    access |= {name: value for name, value in json.loads(made).items() if value is not None}
    if "token" not in access or "password" not in access:
        raise Misconfigured(f"{kept} was lost; remove {home} to begin anew.", f"{kept} kayıp; baştan başlamak için {home} klasörünü silin.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(access, ensure_ascii=False, indent=2), encoding="utf-8")
    letterhead = [part for name, value in _LETTERHEAD.items() for part in (f"--{name}", value)]
    _run("documents", "sender", "set", "--company", access["company_id"], *letterhead)
    return access


def _run(*arguments: str) -> str:
    """Run `imece ...` as a person would; its output. Raises Permanent with what it said when it fails."""
    done = subprocess.run([sys.executable, "-m", "imece", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Permanent(f"imece {' '.join(arguments[:3])}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def _follow(api: _Api, job: str, console: "Console") -> dict[str, Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    last: dict[str, Any] = {}
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as bars:
        lines: dict[str, Any] = {}
        for last in api.events(job):
            progress = last["progress"]
            note = progress["note"]
            if note and progress["total"] and not last["final"]:
                if note not in lines:
                    for line in lines.values():  # the phase before is over, whatever its last report said
                        bars.update(line, completed=bars.tasks[line].total or 0)
                    lines[note] = bars.add_task(note)
                bars.update(lines[note], completed=progress["done"], total=progress["total"])
        for line in lines.values():
            bars.update(line, completed=bars.tasks[line].total or 0)
    return last


def _missing(api: _Api, job: str, result: dict[str, Any], archive: Path, mails: Path) -> list[str]:
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


def _report(console: "Console", result: dict[str, Any], access: dict[str, Any], archive: Path, home: Path, job: str) -> None:
    rows = [
        (say("rows read", "okunan satır"), str(result["rows"])),
        (say("rows refused", "reddedilen satır"), str(result["refused"])),
        (say("letters", "mektup"), str(result["letters"])),
        (say("mails", "e-posta"), str(result["mails"])),
        ("", ""),
        (say("letters (ZIP)", "mektuplar (ZIP)"), str(archive)),
        (say("caught mails", "yakalanan postalar"), f"{home / 'mail'}   (imece notify mails)"),
        (say("console", "konsol"), f"{access['url']}/jobs/{job}"),
        (say("login", "giriş"), f"{access['email']}   {say('password', 'parola')}: {access['password']}"),
        (say("stop", "durdurma"), "make down"),
    ]
    width = max(len(name) for name, _ in rows)
    console.print()
    for name, value in rows:
        console.print(f"[dim]{name:<{width}}[/]  {value}", soft_wrap=True, highlight=False)  # whole: paths and addresses are copied
