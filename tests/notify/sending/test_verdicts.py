"""Claims about what a provider's verdict means: pure."""

from datetime import timedelta
from typing import Any

import pytest

from imece.errors import Permanent, Transient, Unknown
from imece.ids import new_id
from notify.channels import Accepted
from notify.channels.refusals import Closed, Refused
from notify.sending import routes, verdicts
from notify.sending.deliveries import Claimed


@pytest.fixture(autouse=True)
def two_providers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routes, "after", lambda _channel, provider: {"twilio": "netgsm"}.get(provider))


def claimed(**more: Any) -> Claimed:
    given: dict[str, Any] = dict.fromkeys(Claimed._fields)
    given |= {
        "id": new_id(),
        "effect_id": new_id(),
        "channel": "sms",
        "kind": "informational",
        "tries": 1,
        "resends": 0,
        "pinned": False,
        "age": 0.0,
        "died": False,
    }
    return Claimed(**{**given, **more})


@pytest.mark.parametrize(
    ("verdict", "more", "expected"),
    [
        (Accepted("SM1", "queued"), {}, ("done", "accepted", None)),
        (Permanent("no", "olmaz"), {}, ("failed", "failed", None)),
        (Refused("out", "çıkmış", opted_out=True), {}, ("failed", "refused", None)),
        (Refused("no way", "yol yok", elsewhere=True), {}, ("failed", "queued", "netgsm")),
        (Refused("no way", "yol yok", elsewhere=True), {"pinned": True}, ("failed", "failed", None)),
        (Refused("again", "yine", duplicate=True), {"resends": 1}, ("done", "accepted", None)),
        (Refused("again", "yine", duplicate=True), {}, ("failed", "failed", None)),
        (Transient("later", "sonra"), {}, ("failed", "queued", None)),
        (Transient("later", "sonra"), {"kind": "otp"}, ("failed", "queued", "netgsm")),
        (Transient("later", "sonra"), {"tries": verdicts.MOST_TRIES}, ("failed", "failed", None)),
        (Closed("closed", "kapalı"), {}, ("failed", "queued", "netgsm")),
        (Closed("closed", "kapalı"), {"pinned": True}, ("failed", "queued", None)),
        (Unknown("silence", "sessizlik"), {}, ("unknown", "unknown", None)),
        (Unknown("silence", "sessizlik"), {"kind": "otp"}, ("unknown", "unknown", None)),
    ],
    ids=lambda value: "" if isinstance(value, dict | tuple) else type(value).__name__,
)
def test_what_follows(verdict: Any, more: dict[str, Any], expected: tuple[str, str, str | None]) -> None:
    word = verdicts.judged(claimed(**more), "twilio", verdict)

    assert (word.effect, word.message, word.provider) == expected


def test_no_doubt_ever_leads_to_another_try_by_itself() -> None:
    """Only what surely was not taken is queued again."""
    for kind in ("otp", "informational", "commercial"):
        word = verdicts.judged(claimed(kind=kind), "twilio", Unknown("silence", "sessizlik"), open_breaker=True)
        assert (word.message, word.provider, word.delay) == ("unknown", None, None)


def test_the_wait_grows_and_is_never_shorter_than_the_provider_asked_for() -> None:
    waits = [verdicts.judged(claimed(tries=tries), "netgsm", Transient("later", "sonra")).delay or 0 for tries in range(1, 9)]
    assert 1 <= waits[0] <= 2
    assert waits[-1] > 100
    asked = verdicts.judged(claimed(), "netgsm", Transient("later", "sonra", retry_after=timedelta(minutes=9))).delay
    assert asked == 540
