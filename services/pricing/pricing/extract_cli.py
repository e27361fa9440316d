"""`imece pricing extract` and `parse-price`: read pages and price texts as the product would, with no stack running."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from pricing.extraction import Reading, Rule

#: Bytes of one line of --stdin; a longer one is refused.
_LONGEST_LINE = 1 << 20

_Locale = Annotated[str, typer.Option(help="Language of the numbers, such as tr or de-CH; auto: by the page and its currency")]
_Currency = Annotated[str | None, typer.Option(help="Currency where none is named, such as TRY")]


def register(app: typer.Typer) -> None:
    """Add the two commands."""
    app.command("extract")(extract)
    app.command("parse-price", context_settings={"ignore_unknown_options": True})(parse_price)  # `-67 TL` is a text


def extract(
    file: Annotated[Path | None, typer.Argument(help="A saved page: .html, or .html.gz")] = None,
    url: Annotated[str, typer.Option(help="Where the page is from: decides between several products and what a bare $ means")] = "",
    locale: _Locale = "auto",
    currency: _Currency = None,
    css: Annotated[str | None, typer.Option("--rule", help="The store's own rule for the price, as CSS or XPath")] = None,
    from_stdin: Annotated[bool, typer.Option("--stdin", help='Lines of {"file": ..., "url": ...}, a line of JSON for each')] = False,
    as_json: Annotated[bool, typer.Option("--json", help="JSON on stdout")] = False,
    details: Annotated[
        bool, typer.Option("--details", help="In JSON also the file, the state, where it was read, and every offer")
    ] = False,
) -> None:
    """
    Read what a saved product page costs, and whether it can be ordered.

    JSON: {"price", "currency", "availability", "list_price", "confidence", "source"}, and "error" where a page could not be read.

    Exit code 0: it was read, also if it names no price; with --stdin also if single lines could not be. Exit code 2: the file cannot be read.
    """
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from imece.errors import Invalid  # noqa: PLC0415 (see above)
    from pricing.extraction import Rule  # noqa: PLC0415 (see above)

    code = _code(currency)
    _check(locale)
    try:
        rule = Rule(price=css) if css else None
    except Invalid as wrong:
        raise typer.BadParameter(say(wrong.en, wrong.tr), param_hint="--rule") from wrong
    if from_stdin == (file is not None):
        raise typer.BadParameter(say("give a file, or --stdin", "bir dosya verin ya da --stdin"), param_hint="FILE")
    if file is None:
        for line in _lines():
            _print(_answer_line(line, locale, code, rule, details=details))
        return
    reading, fault = _read(file, url, locale, code, rule)
    if as_json:
        _print(_shown(reading, str(file) if details else None) | ({"error": fault} if fault else {}))
    elif reading:
        _tell(reading)
    if fault:
        if not as_json:
            typer.secho(f"{file}: {fault}", fg="red", err=True)
        sys.exit(2)


def parse_price(
    text: Annotated[str | None, typer.Argument(help="A price as a shop writes it")] = None,
    locale: _Locale = "auto",
    currency: _Currency = None,
    from_stdin: Annotated[bool, typer.Option("--stdin", help="One text a line, a line of JSON for each")] = False,
) -> None:
    """Read a price text: {"amount": "1299.90", "currency": "TRY"}; null where it names no price, or more than one."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from pricing import numbers  # noqa: PLC0415 (see above)

    code = _code(currency)
    _check(locale)
    if from_stdin == (text is not None):
        raise typer.BadParameter(say("give a text, or --stdin", "bir metin verin ya da --stdin"), param_hint="TEXT")
    for given in (line.decode("utf-8", "replace") for line in _lines()) if text is None else [text]:
        found = numbers.parse_price(given, locale=locale, currency=code)
        amount = found and numbers.written(found.value, found.currency)
        _print({"amount": amount, "currency": found.currency if found else None})


def _answer_line(line: bytes, locale: str, currency: str | None, rule: "Rule | None", *, details: bool) -> dict[str, Any]:
    """The answer to one line of --stdin; what is wrong with it stands under `error`."""
    import orjson  # noqa: PLC0415 (--help stays quick)

    from imece.cli.output import say  # noqa: PLC0415 (see above)

    try:
        asked = orjson.loads(line)
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict) or not isinstance(asked.get("file"), str) or not isinstance(asked.get("url") or "", str):
        fault = say('not a line of {"file": ..., "url": ...}', '{"file": ..., "url": ...} biçiminde bir satır değil')
        return _shown(None, "" if details else None) | {"error": fault}
    reading, wrong = _read(Path(asked["file"]), asked.get("url") or "", locale, currency, rule)
    return _shown(reading, asked["file"] if details else None) | ({"error": wrong} if wrong else {})


def _read(file: Path, url: str, locale: str, currency: str | None, rule: "Rule | None") -> "tuple[Reading, None] | tuple[None, str]":
    """The reading of a file, or why it cannot be read."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from pricing import extraction  # noqa: PLC0415 (see above)
    from pricing.extraction.packed import inflated  # noqa: PLC0415 (see above)

    try:
        if not file.is_file():
            return None, say("no such file", "böyle bir dosya yok")
        with file.open("rb") as opened:
            body = opened.read(extraction.LARGEST)
    except (OSError, ValueError) as fault:
        return None, say(f"cannot be read: {fault}", f"okunamıyor: {fault}")
    page = inflated(body, extraction.LARGEST)
    return extraction.extract(page, url=url, locale=None if locale == "auto" else locale, currency=currency, rule=rule), None


def _shown(reading: "Reading | None", file: str | None = None) -> dict[str, Any]:
    """The reading as JSON has it: amounts as texts with their currency's decimals, null for what is not known. `file`: with all details."""
    from pricing.extraction import Reading, State  # noqa: PLC0415 (--help stays quick)
    from pricing.numbers import written  # noqa: PLC0415 (see above)

    reading = reading or Reading(State.NO_PRICE)
    code = reading.currency
    shown = {
        "price": None if reading.price is None else written(reading.price, code),
        "currency": code,
        "availability": reading.availability,
        "list_price": None if reading.list_price is None else written(reading.list_price, code),
        "confidence": reading.confidence,
        "source": reading.source,
    }
    if file is None:
        return shown
    offers = [
        {
            "price": written(offer.price, offer.currency),
            "currency": offer.currency,
            "availability": offer.availability,
            "label": offer.label,
        }
        for offer in reading.offers
    ]
    return {"file": file or None, **shown, "state": reading.state, "evidence": reading.evidence, "offers": offers}


def _tell(reading: "Reading") -> None:
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)

    shown = _shown(reading, "-")
    named = {
        "price": say("price", "fiyat"),
        "list_price": say("list price", "liste fiyatı"),
        "availability": say("stock", "stok"),
        "state": say("state", "durum"),
        "confidence": say("confidence", "güven"),
        "source": say("source", "kaynak"),
        "evidence": say("read at", "okunan yer"),
    }
    for key, name in named.items():
        if shown[key] is not None:
            sign = f" {shown['currency'] or ''}" if key in {"price", "list_price"} else ""
            typer.echo(f"{name:<13} {shown[key]}{sign}")
    if len(reading.offers) > 1:
        typer.echo(f"{say('offers', 'teklifler'):<13} {', '.join(offer['price'] for offer in shown['offers'][:12])}")


def _code(currency: str | None) -> str | None:
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from pricing.currencies import code_of  # noqa: PLC0415 (see above)

    code = code_of(currency)
    if currency and code is None:
        raise typer.BadParameter(say(f"{currency} is no currency", f"{currency} bir para birimi değil"), param_hint="--currency")
    return code


def _check(locale: str) -> None:
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from pricing.currencies import mark_of  # noqa: PLC0415 (see above)

    if locale != "auto" and mark_of(locale=locale) is None:
        raise typer.BadParameter(say(f"{locale} is no known language", f"{locale} bilinen bir dil değil"), param_hint="--locale")


def _lines() -> Iterator[bytes]:
    """The lines of stdin, as they come; the rest of one that is too long is passed over."""
    source = sys.stdin.buffer
    while line := source.readline(_LONGEST_LINE):
        whole = line
        while not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
            line = source.readline(_LONGEST_LINE)
        yield whole.rstrip(b"\r\n")


def _print(answer: dict[str, Any]) -> None:
    import orjson  # noqa: PLC0415 (--help stays quick)

    sys.stdout.buffer.write(orjson.dumps(answer) + b"\n")
    sys.stdout.buffer.flush()
