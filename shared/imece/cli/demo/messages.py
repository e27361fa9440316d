"""The last act: a bulk SMS and a code that overtakes it, mails with attachments, a digest in a chat; all of it caught, none of it sent to anybody."""

import json
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imece.cli.demo import visitor
from imece.cli.demo.prices import money
from imece.cli.demo.visitor import Access, Api
from imece.cli.output import say
from imece.config import settings
from imece.errors import Permanent

if TYPE_CHECKING:
    from rich.console import Console

#: What segments cost in the demo; pretend prices.
PRICES = "twilio=1.95 TRY,netgsm=0.19 TRY,iletimerkezi=0.20 TRY,goldsms=0.20 TRY"

_ROWS = 160
_CODE = "482910"
_CHAT = "-1001234567890"
_DIGEST = (
    "📉 <b>Today's deals</b>\n\n• Kettle <s>899 TL</s> <b>649 TL</b> (-28 %)\n• Headphones <s>599 TL</s> <b>499 TL</b> (-17 %)",
    "📉 <b>Bugünün fırsatları</b>\n\n• Su ısıtıcı <s>899 TL</s> <b>649 TL</b> (-%28)\n• Kulaklık <s>599 TL</s> <b>499 TL</b> (-%17)",
)
_PATIENCE = 90.0  #: seconds until what was asked for must be there

#: What people write into such lists, and what is refused of it: landlines, two numbers, a number that a spreadsheet has rounded, none at all.
_ODD = ("0212 555 00 42", "0532 555 10 20 / 0533 555 10 21", "9,05321E+11", "", "444 0 123", "0532 555 1")
_NAMES = ("ayşe yılmaz", "MEHMET ÖZ", "Işıl Çelik", "ÇAĞRI ŞAHİN", "İnci Aydın", "hasan ünal")


def act(console: "Console", api: Api, access: Access, attachment: Path) -> list[tuple[str, str]]:
    """Send all of it, and look for it where it was caught: what there is to tell. Raises Permanent for what lacks, and where a channel is live."""
    console.rule(say("Many are written to, and a code goes first", "Çoğa yazılır, kod öne geçer"))
    _nobody_is_written_to(api)
    wish = _wish(api)
    found = visitor.done(api, api.ask("notify.send_bulk", wish | {"dry_run": True})["id"])
    _tell(console, found)
    bulk = api.ask("notify.send_bulk", wish)["id"]
    code, overtaken = _overtakes(api, bulk)
    mails = _mails(api, attachment)
    digest = api.ask("notify.send_telegram", {"chat": _CHAT, "text": say(*_DIGEST), "markup": True, "locale": settings().locale})["id"]
    visitor.done(api, digest)
    result = visitor.done(api, bulk, console)
    others = {say("mails", "e-posta"): ("email", mails), say("the digest", "özet"): ("telegram", [digest])}
    missing = _missing(api, code, result["bulk_id"], others)
    if missing:
        raise Permanent(f"Not everything was caught: {'; '.join(missing)}", f"Yakalanmayanlar var: {'; '.join(missing)}")
    price = f"   {money(result['price'])}" if result["price"] else ""
    return [
        (say("SMS to many", "toplu SMS"), f"{result['messages']}   ({result['segments']} {say('segments', 'parça')}{price})"),
        (say("rows refused", "reddedilen satır"), str(result["refused"])),
        (say("the code overtook", "kodun geçtiği"), f"{overtaken} SMS"),
        (say("mails", "e-posta"), f"{len(mails)}   ({say('with', 'ekinde')} {attachment.name})"),
        (say("seen as received", "alıcının gözünden"), f"{access.url}/notify/caught"),
    ]


def _nobody_is_written_to(api: Api) -> None:
    live = [one["name"] for one in _get(api, "/v1/notify/providers") if one["mode"] != "catch"]
    if live:
        raise Permanent(
            f"The demo writes to nobody, and these are live: {', '.join(live)}.",
            f"Deneme kimseye yazmaz; şunlar ise canlı: {', '.join(live)}.",
        )


def _wish(api: Api) -> dict[str, Any]:
    """A bulk to a list as a shop has it."""
    kept = settings().home / "demo" / "musteriler.csv"
    chance = random.Random(7)  # noqa: S311 (pretend customers)
    lines = ["Müşteri Adı;Cep Telefonu;Borç;Son Ödeme"]
    for number in range(_ROWS):
        phone = f"0{chance.choice((532, 542, 505))} {chance.randint(200, 999)} {chance.randint(10, 99)} {number % 100:02}"
        amount = f"{chance.randint(1, 9)}.{chance.randint(100, 999)},{chance.choice((0, 50, 90)):02}"
        phone = _ODD[number // 25] if number % 25 == 24 and number // 25 < len(_ODD) else phone
        lines.append(f"{_NAMES[number % len(_NAMES)]};{phone};{amount};{number % 27 + 1:02}.12.2026")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("\n".join(lines), encoding="utf-8")
    columns = {"Cep Telefonu": "to", "Müşteri Adı": "ad", "Borç": "tutar", "Son Ödeme": "vade"}
    return {
        "channel": "sms",
        "title": say("Reminders of December", "Aralık hatırlatmaları"),
        "template": "odeme-hatirlatma",
        "recipients_key": api.upload(kept)["key"],
        "columns": columns,
        "variables": {"sirket": "Örnek Ticaret"},
        "locale": settings().locale,
        "provider": _get(api, "/v1/notify/providers")[0]["name"],
    }


def _tell(console: "Console", found: dict[str, Any]) -> None:
    """What the check has found: which rows are refused, and why."""
    from rich import box  # noqa: PLC0415 (--help stays quick)
    from rich.table import Table  # noqa: PLC0415 (see above)

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in (say("row", "satır"), say("recipient", "alıcı"), say("refused because", "ret nedeni")):
        table.add_column(name)
    for fault in found["faults"]:
        table.add_row(str(fault["row"]), fault["recipient"], fault[settings().locale])
    console.print(table)


def _overtakes(api: Api, bulk: str) -> tuple[str, int]:
    """Ask for a code while the bulk is on its way: it, and how many of the bulk were still waiting when it had left. Raises Permanent for none."""
    _until(lambda: _states(api, bulk), say("the bulk to begin", "toplu gönderimin başlaması"))
    variables = {"kod": _CODE, "sure": "5"}
    wish = {
        "channel": "sms",
        "kind": "otp",
        "to": "0532 555 77 88",
        "template": "onay-kodu",
        "variables": variables,
        "locale": settings().locale,
    }
    code = str(_post(api, "/v1/notify/messages", wish)["id"])
    done = {"accepted", "sent", "delivered"}
    _until(lambda: _get(api, f"/v1/notify/messages/{code}")["state"] in done, say("the code to leave", "kodun çıkması"))
    waiting = int(_states(api, bulk).get("queued", 0))
    if not waiting:
        raise Permanent("The code overtook nothing: the bulk was through already.", "Kod kimseyi geçmedi: toplu gönderim zaten bitmişti.")
    return code, waiting


def _states(api: Api, job: str) -> dict[str, int]:
    """The bulk's messages by state; empty until it is written down."""
    found = [one for one in _get(api, "/v1/notify/bulks?limit=20") if one["job_id"] == job]
    return found[0]["states"] if found else {}


def _mails(api: Api, attachment: Path) -> list[str]:
    """Two mails with a file; their jobs."""
    key, jobs = api.upload(attachment)["key"], []
    for name, to in (("Ayşe Yılmaz", "ayse@ornek.example"), ("Mehmet Öz", "mehmet@ornek.example")):
        wish = {
            "to": to,
            "to_name": name,
            "subject": say(f"Your statement, {name}", f"Ekstreniz, {name}"),
            "text": say("Your statement is attached.", "Ekstreniz ektedir."),
            "html": say("<p>Your statement is <b>attached</b>.</p>", "<p>Ekstreniz <b>ektedir</b>.</p>"),
            "attachments": [{"key": key, "name": attachment.name}],
            "locale": settings().locale,
        }
        jobs.append(api.ask("notify.send_email", wish)["id"])
    for job in jobs:
        visitor.done(api, job)
    return jobs


def _missing(api: Api, code: str, bulk_id: str, others: dict[str, tuple[str, list[str]]]) -> list[str]:
    """What should have been caught by now and was not: the code, every message of the bulk, and those of the jobs in `others`, by channel."""
    texts = _caught(api, "sms")
    wanted = {one["id"] for one in _messages(api, f"bulk={bulk_id}") if one["state"] != "refused"}
    missing = [f"SMS: {len(wanted - texts.keys())} / {len(wanted)}"] if wanted - texts.keys() else []
    if code not in texts:
        missing.append(say("the code", "kod"))
    elif _CODE in texts[code]["words"]:
        missing.append(say("the code's cover: everybody can read it", "kodun örtüsü: herkes okuyabiliyor"))
    for what, (channel, jobs) in others.items():
        sent = {one["id"] for job in jobs for one in _messages(api, f"text={job}")}
        if len(sent) < len(jobs) or sent - _caught(api, channel).keys():
            missing.append(what)
    return missing


def _caught(api: Api, channel: str) -> dict[str, Any]:
    """What was caught on a channel, by its message. The newest few hundred."""
    found = (one for page in (1, 2) for one in _get(api, f"/v1/notify/caught?channel={channel}&limit=200&page={page}"))
    return {one["message_id"]: one for one in found}


def _messages(api: Api, query: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = _get(api, f"/v1/notify/messages?limit=200&{query}")["messages"]
    return found


def _until(ready: Any, what: str) -> None:
    end = time.monotonic() + _PATIENCE
    while not ready():
        if time.monotonic() > end:
            raise Permanent(f"Waited too long for: {what}", f"Çok beklendi: {what}")
        time.sleep(0.2)


def _get(api: Api, path: str) -> Any:
    return json.loads(api.call("GET", path).read())


def _post(api: Api, path: str, body: dict[str, Any]) -> Any:
    return json.loads(api.call("POST", path, json.dumps(body)).read())
