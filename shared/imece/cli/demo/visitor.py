"""A visitor of the house: talks to it only as anybody may, by the command line and the API."""

import http.client
import json
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from imece.cli.output import say
from imece.errors import Misconfigured, Permanent

if TYPE_CHECKING:
    from rich.console import Console

_COMPANY, EMAIL = "Örnek Ticaret A.Ş.", "demo@ornek.example"


@dataclass(frozen=True)
class Access:
    """The demo's company and how to reach it."""

    url: str
    company_id: str
    email: str
    token: str
    password: str


class Api:
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
        stored: dict[str, Any] = self._json(self.call("POST", "/v1/files", body, f"multipart/form-data; boundary={edge}"))
        return stored

    def ask(self, kind: str, args: dict[str, Any]) -> dict[str, Any]:
        """Ask for a job."""
        asked: dict[str, Any] = self._json(self.call("POST", f"/v1/jobs/{kind}", json.dumps(args)))
        return asked

    def get(self, path: str) -> Any:
        """What is at this address, as JSON."""
        return self._json(self.call("GET", path))

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
    def _json(answer: http.client.HTTPResponse) -> Any:
        return json.loads(answer.read())


def access(home: Path) -> Access:
    """The demo's company, account and key, made at the first run and kept in `<home>/demo/access.json` (0600)."""
    kept = home / "demo" / "access.json"
    made = run("gateway", "ensure", "--company", _COMPANY, "--email", EMAIL, "--json")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    found |= {name: value for name, value in json.loads(made).items() if value is not None}
    if "token" not in found or "password" not in found:
        raise Misconfigured(f"{kept} was lost; remove {home} to begin anew.", f"{kept} kayıp; baştan başlamak için {home} klasörünü silin.")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps(found, ensure_ascii=False, indent=2), encoding="utf-8")
    return Access(**{name: found[name] for name in ("url", "company_id", "email", "token", "password")})


def run(*arguments: str) -> str:
    """Run `imece ...` as a person would; its output. Raises Permanent with what it said when it fails."""
    done = subprocess.run([sys.executable, "-m", "imece", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Permanent(f"imece {' '.join(arguments[:3])}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def follow(api: Api, job: str, console: "Console | None", news: Callable[[], Iterable[str]] = tuple) -> dict[str, Any]:
    """
    Show a job's progress, a bar for each of its phases, until it is final; the job as it ended. Without a console nothing is shown.

    What `news` gives after each change is written above the bars.
    """
    if console is None:
        return deque(api.events(job), maxlen=1).pop()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    last: dict[str, Any] = {}
    columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=console) as bars:
        lines: dict[str, Any] = {}
        for last in api.events(job):
            progress = last["progress"]
            note = (progress["note"] or "").partition(" (")[0]  # without its aside: the line is short
            if note and progress["total"] and not last["final"]:
                if note not in lines:
                    for line in lines.values():  # the phase before is over, whatever its last report said
                        bars.update(line, completed=bars.tasks[line].total or 0)
                    lines[note] = bars.add_task(note)
                bars.update(lines[note], completed=progress["done"], total=progress["total"])
            for line in news():
                bars.console.print(line, highlight=False)
        for line in lines.values():
            bars.update(line, completed=bars.tasks[line].total or 0)
    return last


def done(api: Api, job: str, console: "Console | None" = None, news: Callable[[], Iterable[str]] = tuple) -> dict[str, Any]:
    """Follow a job that must succeed; its result. Raises Permanent with the job's own reason."""
    last = follow(api, job, console, news)
    if last["state"] != "succeeded":
        reason = (last["error"] or {}).get("message", last["state"])
        raise Permanent(f"The job did not succeed: {reason}", f"İş başarıyla bitmedi: {reason}")
    result: dict[str, Any] = last["result"]
    return result
