"""SMS: the parcel that every provider takes, the guard in front of all of them, and how many go into one request."""

import hashlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from imece.errors import Permanent, Transient, Unknown
from notify.channels import Accepted, Verdict
from notify.channels.refusals import Refused
from notify.texts.sms import Encoding

Kind = Literal["otp", "informational", "commercial"]


@dataclass(frozen=True, repr=False)
class Sms:
    """
    One SMS to one phone.

    `reference` is our own id of it, `to` in E.164, `sender` what the phone shows (empty: the provider's setting). `valid_for` is how long it is
    worth delivering. `encoding` is what it was planned and priced with. `merchant`: the recipient of a commercial text is one (IYS: TACIR).
    """

    reference: str
    to: str
    text: str
    sender: str = ""
    kind: Kind = "informational"
    valid_for: timedelta | None = None
    encoding: Encoding = Encoding.GSM7
    merchant: bool = False

    def __repr__(self) -> str:
        """Without number and text: what is represented ends up in logs."""
        return f"Sms({self.reference})"


def allowed(parcel: Sms, numbers: Iterable[str]) -> None:
    """Raise Refused unless the recipient begins as one of `numbers` does; `*` is everybody."""
    if not any(prefix == "*" or parcel.to.startswith(prefix) for prefix in numbers):
        raise Refused(
            "SMS to this number are not allowed here (NOTIFY_SMS_ALLOWED_NUMBERS).",
            "Bu numaraya SMS gönderilmesine izin verilmiyor (NOTIFY_SMS_ALLOWED_NUMBERS).",
            code="not_allowed",
        )


def domestic(parcel: Sms, provider: str) -> str:
    """The ten digits of a number in Turkey (`5321112233`). Raises Refused for any other country."""
    digits = parcel.to.removeprefix("+90")
    if digits == parcel.to or len(digits) != 10 or not digits.isdigit():
        raise Refused(
            f"{provider} sends to numbers in Turkey only.",
            f"{provider} yalnızca Türkiye numaralarına gönderir.",
            code="abroad",
            elsewhere=True,
        )
    return digits


def place(order: str, number: str) -> str:
    """
    What one recipient of an order of many is known by: the provider's id of the order, and a shadow of the number's last ten digits.

    A shadow, because ids are logged and numbers are not.
    """
    return f"{order}-{hashlib.sha256(f'{order}:{number[-10:]}'.encode()).hexdigest()[:12]}"


def order(identity: str) -> str:
    """The order that `place` was made from."""
    return identity.rpartition("-")[0]


def in_orders(
    parcels: Sequence[Sms],
    check: Callable[[Sms], None],
    alike: Callable[[Sms], Hashable],
    most: int,
    hand_over: Callable[[list[Sms]], list[Verdict]],
) -> list[Verdict]:
    """
    Hand parcels over in as few orders as can carry them; what became of each, in their order.

    What `check` refuses is not handed over. An order holds what is `alike`, at most `most`, and no number twice (reports tell recipients by
    number). What is wrong with one order as a whole holds for its parcels only; where there is but one order, it is raised.
    """
    verdicts: dict[int, Verdict] = {}
    orders: list[tuple[Hashable, dict[str, int]]] = []
    for position, parcel in enumerate(parcels):
        try:
            check(parcel)
        except Refused as refusal:
            verdicts[position] = refusal
            continue
        key = alike(parcel)
        for known, members in orders:
            if known == key and len(members) < most and parcel.to not in members:
                members[parcel.to] = position
                break
        else:
            orders.append((key, {parcel.to: position}))
    for _, members in orders:
        positions = list(members.values())
        try:
            found = hand_over([parcels[position] for position in positions])
        except (Permanent, Transient, Unknown) as fault:
            if len(orders) == 1 and not verdicts:
                raise
            found = [fault] * len(positions)
        verdicts.update(zip(positions, found, strict=True))
    return [verdicts[position] for position in range(len(parcels))]


def only(verdicts: Sequence[Verdict]) -> Accepted:
    """What became of the one parcel. Raises it, where it was not accepted."""
    [verdict] = verdicts
    if isinstance(verdict, Accepted):
        return verdict
    raise verdict
