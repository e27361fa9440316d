"""`imece notify check-phone` and `plan-sms`: numbers and texts judged as a send would judge them, with no stack running."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from notify.texts.sms import Plan

#: Bytes of one line of --stdin; the rest of a longer one is passed over.
_LONGEST_LINE = 1 << 20


def register(app: typer.Typer) -> None:
    """Add the two commands."""
    app.command("check-phone", context_settings={"ignore_unknown_options": True})(check_phone)  # `-532 ...` is a text
    app.command("plan-sms", context_settings={"ignore_unknown_options": True})(plan_sms)


def check_phone(
    text: Annotated[str | None, typer.Argument(help="A number as somebody wrote it")] = None,
    region: Annotated[str, typer.Option(help="Country of numbers without a country's code")] = "TR",
    from_stdin: Annotated[bool, typer.Option("--stdin", help="One text a line, a line of JSON for each")] = False,
) -> None:
    """
    Say whether a text is a mobile: {"e164": "+905321112233", "type": "MOBILE", "reason": null}.

    What takes no SMS, or is no number, has no `e164` but a `reason`: empty, no_number, scientific, fraction, several, letters, ambiguous,
    too_short, too_long, invalid, not_mobile.
    """
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from notify.people import phones  # noqa: PLC0415 (see above)

    if from_stdin == (text is not None):
        raise typer.BadParameter(say("give a number, or --stdin", "bir numara verin ya da --stdin"), param_hint="TEXT")
    for given in _lines() if text is None else [text]:
        try:
            phone = phones.normalise(given, region.upper())
        except phones.Refused as refused:
            _print({"e164": None, "type": refused.type, "reason": refused.reason})
            if text is not None and sys.stderr.isatty():
                typer.secho(say(refused.en, refused.tr), fg="yellow", err=True)
        else:
            _print({"e164": phone.e164, "type": phone.type, "reason": None})


def plan_sms(
    text: Annotated[str | None, typer.Argument(help="The text of an SMS")] = None,
    profile: Annotated[
        str, typer.Option(help="twilio (GSM-7 or UCS-2), gsm7, tr_single, tr_locking, tr_both, ucs2; what does not fit goes as UCS-2")
    ] = "twilio",
    operator_code: Annotated[bool, typer.Option("--operator-code", help="Count the 5 characters that operators in Turkey append")] = False,
    fold: Annotated[
        bool, typer.Option("--fold", help="Turkish letters off, and ₺, quotes and dashes as the basic alphabet has them")
    ] = False,
    from_stdin: Annotated[bool, typer.Option("--stdin", help='Lines of {"text": ..., "profile": ...}, a line of JSON for each')] = False,
) -> None:
    """Say how a text travels and how many SMS are paid for: {"encoding": "gsm7", "segments": 1}."""
    from imece.cli.output import say  # noqa: PLC0415 (--help stays quick)
    from notify.texts import sms  # noqa: PLC0415 (see above)

    def planned(given: str, asked: str) -> "Plan":
        return sms.plan(sms.fold(given) if fold else given, asked, suffix=sms.OPERATOR_CODE if operator_code else "")

    if from_stdin == (text is not None):
        raise typer.BadParameter(say("give a text, or --stdin", "bir metin verin ya da --stdin"), param_hint="TEXT")
    if profile not in list(sms.Profile):
        raise typer.BadParameter(f"{profile}: {', '.join(sms.Profile)}", param_hint="--profile")
    if text is not None:
        found = planned(text, profile)
        _print({"encoding": found.encoding, "segments": found.segments})
        return
    for line in _lines():
        asked = _asked(line, profile)
        if asked is None:
            fault = say('not a line of {"text": ..., "profile": ...}', '{"text": ..., "profile": ...} biçiminde bir satır değil')
            _print({"encoding": None, "segments": None, "error": f"{fault} ({', '.join(sms.Profile)})"})
            continue
        found = planned(*asked)
        _print({"encoding": found.encoding, "segments": found.segments})


def _asked(line: str, profile: str) -> tuple[str, str] | None:
    """Text and profile of a line; None if it is none."""
    from notify.texts.sms import Profile  # noqa: PLC0415 (--help stays quick)

    try:
        given = json.loads(line)
    except ValueError:
        return None
    if not isinstance(given, dict):
        return None
    text, named = given.get("text"), given.get("profile") or profile
    return (text, named) if isinstance(text, str) and isinstance(named, str) and named in list(Profile) else None


def _lines() -> Iterator[str]:
    """The lines of stdin, as they come."""
    source = sys.stdin.buffer
    while line := source.readline(_LONGEST_LINE):
        whole = line
        while not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
            line = source.readline(_LONGEST_LINE)
        yield whole.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8", "replace")


def _print(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
