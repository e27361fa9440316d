"""
The second act: a few pretend shops, whose prices are looked at, move, and are looked at again; the deals in them, and the digest that tells of them.

The shops are a process of this act's own, on an address of this machine that nobody else listens on: the one private address the demo's workers may ask.
"""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from json import loads
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from imece.cli.demo import visitor
from imece.cli.demo.visitor import Access, Api
from imece.cli.output import say
from imece.config import settings
from imece.errors import Permanent

if TYPE_CHECKING:
    from rich.console import Console

#: Where the pretend shops are. Linux has all of 127.0.0.0/8 for itself; elsewhere there is one address.
_HOST = "127.83.0.1" if sys.platform == "linux" else "127.0.0.1"
#: What the workers of the demo must be allowed: nothing but that.
GROUND = f"{_HOST}/32"

_STORES, _PRODUCTS, _PORT = 6, 50, 8831
_SHOWN = 8


def act(console: "Console", api: Api, access: Access) -> list[tuple[str, str]]:
    """Watch the shops, let time pass, watch again: what there is to tell. Raises Permanent when no deal was found, or the digest was not caught."""
    console.rule(say("Prices move, deals are found", "Fiyatlar oynar, fırsatlar bulunur"))
    day = _Days(settings().home / "demo" / "shop-day")
    with _shops(day.today) as urls:
        shelf, stores = _prepare(access.company_id, urls)
        added = sum(_fetched(api, store, shelf) for store in stores)
        console.print(say("the first day", "ilk gün"), style="dim")
        before = _look(api, shelf, console)
        _let_time_pass(urls[0])
        day.passes()
        console.print(say("the next day", "ertesi gün"), style="dim")
        after = _look(api, shelf, console)
    found = _deals(console, access.company_id, after["deals"])
    mails = _told(api, settings().home / "mail", found)
    return [
        (say("products", "ürün"), f"{before['products']}   ({added} {say('new', 'yeni')})"),
        (say("looked at", "bakılan"), f"{before['checked']} + {after['checked']}"),
        (say("prices moved", "oynayan fiyat"), str(after["changed"])),
        (say("deals found", "bulunan fırsat"), str(after["deals"])),
        (say("digest", "özet"), ", ".join(map(str, mails))),
    ]


class _Days:
    """How far the shops' time has gone; it goes on where the demo left it, so that a second run finds prices that have moved anew."""

    def __init__(self, kept: Path) -> None:
        self._kept = kept
        self.today = int(kept.read_text(encoding="ascii")) if kept.exists() else 0

    def passes(self) -> None:
        """A day is over."""
        self.today += 1
        self._kept.parent.mkdir(parents=True, exist_ok=True)
        self._kept.write_text(str(self.today), encoding="ascii")


@contextmanager
def _shops(day: int) -> Iterator[list[str]]:
    """The pretend shops, open meanwhile; their addresses."""
    command = [sys.executable, "-m", "imece", "pricing", "demo-shop", "--host", _HOST, "--port", str(_PORT)]
    command += ["--stores", str(_STORES), "--products", str(_PRODUCTS), "--step", str(day)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            urls = [line.strip() for _ in range(_STORES) if (line := process.stdout.readline())]
            if len(urls) < _STORES:
                raise Permanent(f"The pretend shops do not open: {process.stderr.read().strip()}")
            yield urls
        finally:
            process.terminate()


def _prepare(company: str, urls: list[str]) -> tuple[int, list[int]]:
    """A shelf on which deals are looked for, the shops with their feeds, and somebody who is told; the numbers of the shelf and the shops."""
    named = visitor.run(
        *("pricing", "category", "set", "Demo", "--company", company, "--deal-rule", "previous", "--deal-percent", "10"),
        *("--publish", "automatic"),
    )
    domains = [url.partition("://")[2] for url in urls]
    given = ("--delay", "0.01", "--parallel", "8", "--feed", "http://{domain}/feed.xml", "--feed-kind", "merchant", "--currency", "TRY")
    made = visitor.run("pricing", "store", "set", *domains, "--company", company, *given)
    visitor.run(
        *("pricing", "recipient", "add", visitor.EMAIL, "--company", company, "--name", "Ayşe Yılmaz", "--locale", settings().locale),
        *("--category", "demo"),
    )
    return int(named.split()[0]), [int(line.split()[0]) for line in made.splitlines()]


def _fetched(api: Api, store: int, shelf: int) -> int:
    job = api.ask("pricing.fetch_products", {"store_id": store, "category_id": shelf})
    result = visitor.done(api, job["id"])
    return int(result["added"])


def _look(api: Api, shelf: int, console: "Console") -> dict[str, Any]:
    """Look at everything on the shelf. Raises Permanent when the workers may not ask the pretend shops."""
    job = api.ask("pricing.check_products", {"category_id": shelf})
    result = visitor.done(api, job["id"], console)
    if result["checked"] and result["failed"] == result["checked"]:
        raise Permanent(
            f"The workers may not ask the pretend shops: stop them (make down) and begin again, or set PRICING_ALLOWED_NETWORKS={GROUND}.",
            f"İşçilerin deneme mağazalarına sormasına izin yok: durdurup (make down) yeniden başlayın ya da PRICING_ALLOWED_NETWORKS={GROUND} verin.",
        )
    return result


def _let_time_pass(url: str) -> None:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or _HOST, parts.port, timeout=10)
    connection.request("POST", "/control/step")
    if connection.getresponse().status != http.client.OK:
        raise Permanent("The pretend shops do not let time pass.", "Deneme mağazalarında zaman geçmiyor.")


def _deals(console: "Console", company: str, count: int) -> list[dict[str, Any]]:
    """The deals of this run, the deepest falls shown. Raises Permanent when there is none."""
    if not count:
        raise Permanent("No deal was found.", "Hiç fırsat bulunmadı.")
    from rich import box  # noqa: PLC0415 (--help stays quick)
    from rich.table import Table  # noqa: PLC0415 (see above)

    found: list[dict[str, Any]] = loads(visitor.run("pricing", "deals", "list", "--company", company, "--limit", str(count), "--json"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name, justify in (
        (say("deal", "fırsat"), "left"),
        (say("before", "önce"), "right"),
        (say("now", "şimdi"), "right"),
        ("%", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type] # a literal of its own
    for deal in sorted(found, key=lambda deal: -float(deal["percent"]))[:_SHOWN]:
        table.add_row(deal["title"], money(deal["previous"]), f"[bold]{money(deal['price'])}[/]", f"−{float(deal['percent']):.0f}")
    console.print(table)
    return found


def _told(api: Api, mail: Path, found: list[dict[str, Any]]) -> list[Path]:
    """Have the digests sent, and look for the deals in what was caught. Raises Permanent when they are not there."""
    job = api.ask("pricing.send_digests", {})
    visitor.done(api, job["id"])
    sent = [visitor.done(api, child["id"]) and child["id"] for child in api.children(job["id"], "notify.send_email")]
    caught = [file for file in mail.glob("*.eml") if file.name[:36] in sent]
    text = "".join(_words(file) for file in caught)
    if len(caught) < len(sent) or not sent or not any(deal["title"] in text for deal in found):
        raise Permanent("The digest was not caught.", "Özet postası yakalanmadı.")
    return caught


def _words(mail: Path) -> str:
    body = message_from_bytes(mail.read_bytes(), policy=policy.default).get_body(("plain",))
    return str(body.get_content()) if body else ""


def money(amount: str) -> str:
    """Liras as the reader writes them: `1.234,56 TL` in Turkish, `TRY 1,234.56` in English."""
    written = f"{float(amount):,.2f}"
    return say(f"TRY {written}", written.translate(str.maketrans(",.", ".,")) + " TL")
