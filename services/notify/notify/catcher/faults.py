"""
How the stand-ins misbehave, for whom: the faults of real providers, on demand.

A rule is `{"do": ..., "to": regular expression of the recipient, "provider": name, "code": ..., "seconds": ..., "share": 0..1, "times": ...}`, of
which only `do` must be there. Rules come from NOTIFY_CATCHER_RULES, or while it runs by `PUT /catcher/rules`; without NOTIFY_CATCHER_FAULTS there
are none, and no recipient is special.

| do | what happens |
|---|---|
| `429` | refused: too many requests, `seconds` in Retry-After |
| `500`, `503` | refused with a server's fault, nothing taken |
| `500-after` | taken, and answered with a server's fault |
| `drop-before`, `drop-after` | the connection is cut instead of an answer; nothing taken, or taken |
| `late-before`, `late-after` | answered after `seconds`; taken at their end, or at their beginning |
| `refuse` | the recipient is refused with `code` (Twilio: 21610 is an opt-out), or by the way of the provider |
| `undelivered`, `failed`, `expired` | taken, and the receipt says so, with `code` |
| `receipts-lost`, `receipts-twice`, `receipts-unordered` | how its receipts come |
| `receipts-late` | `seconds` later than they would |
"""

import random
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from imece.errors import Invalid

Do = Literal[
    "429",
    "500",
    "503",
    "500-after",
    "drop-before",
    "drop-after",
    "late-before",
    "late-after",
    "refuse",
    "undelivered",
    "failed",
    "expired",
    "receipts-lost",
    "receipts-twice",
    "receipts-unordered",
    "receipts-late",
]

#: What happens to the request, as against what becomes of the message.
ON_REQUEST = {"429", "500", "503", "500-after", "drop-before", "drop-after", "late-before", "late-after", "refuse"}


@dataclass(frozen=True)
class Rule:
    """One of them; see above. `times` is for each recipient; 0: always."""

    do: Do
    to: str = ""
    provider: str = ""
    code: str = ""
    seconds: float = 1.0
    share: float = 1.0
    times: int = 0


#: Numbers that are special at Twilio itself (its published test numbers), and at all stand-ins.
_MAGIC = (
    Rule("refuse", r"^\+15005550001$", "twilio", "21211"),
    Rule("refuse", r"^\+15005550002$", "twilio", "21612"),
    Rule("refuse", r"^\+15005550003$", "twilio", "21408"),
    Rule("refuse", r"^\+15005550004$", "twilio", "21610"),
    Rule("refuse", r"^\+15005550009$", "twilio", "21614"),
    Rule("429", r"^\+905550000429$"),
    Rule("500", r"^\+905550000500$"),
    Rule("500-after", r"^\+905550000501$"),
    Rule("refuse", r"^\+905550000610$", "twilio", "21610"),
    Rule("refuse", r"^\+905550000614$", "twilio", "21614"),
    Rule("drop-before", r"^\+905550000001$"),
    Rule("drop-after", r"^\+905550000002$"),
    Rule("receipts-lost", r"^\+905550000004$"),
    Rule("receipts-unordered", r"^\+905550000005$"),
    Rule("undelivered", r"^\+905550000103$", code="30003"),
    Rule("undelivered", r"^\+905550000105$", code="30005"),
    Rule("failed", r"^\+905550000107$", code="30007"),
    Rule("expired", r"^\+905550000136$", code="30036"),
)


class Rules:
    """The rules in force. One event loop uses them."""

    def __init__(self, given: Iterable[Mapping[str, Any]] = (), *, allowed: bool) -> None:
        """`allowed`: whether there may be any. Raises Invalid for what is no rule."""
        self.allowed = allowed
        self._given: list[Rule] = []
        self._times: Counter[tuple[int, str]] = Counter()
        self._chance = random.Random(20261129)  # noqa: S311 (a test that failed shall fail again)
        self.replace(given)

    def replace(self, given: Iterable[Mapping[str, Any]]) -> None:
        """These instead of the ones before. Raises Invalid."""
        rules = [_rule(one) for one in given]
        self._given = [*rules, *_MAGIC] if self.allowed else []
        self._times.clear()

    def on_request(self, provider: str, to: str) -> Rule | None:
        """What is to happen to a request for `to`; the first rule counts."""
        return next(iter(self._found(provider, to, on_request=True)), None)

    def on_message(self, provider: str, to: str) -> list[Rule]:
        """What is to become of a message to `to`."""
        return self._found(provider, to, on_request=False)

    def _found(self, provider: str, to: str, *, on_request: bool) -> list[Rule]:
        found = []
        for number, rule in enumerate(self._given):
            if (rule.do in ON_REQUEST) is not on_request or rule.provider not in {"", provider} or not re.search(rule.to, to):
                continue
            if rule.share < 1 and self._chance.random() >= rule.share:
                continue
            if rule.times:
                self._times[number, to] += 1
                if self._times[number, to] > rule.times:
                    continue
            found.append(rule)
        return found


def _rule(given: Mapping[str, Any]) -> Rule:
    try:
        rule = Rule(**given)
        re.compile(rule.to)
    except (TypeError, re.error) as error:
        raise Invalid(f"NOTIFY_CATCHER_RULES: {error}") from None
    if rule.do not in get_args(Do):
        raise Invalid(f"NOTIFY_CATCHER_RULES: there is no {rule.do!r}; there are {', '.join(get_args(Do))}")
    return rule
