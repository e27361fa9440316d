"""
SMS by GoldSMS (v3), the provider of the old system: over HTTPS only, one request for many recipients.

It has no published codes: what it refuses, it says in a sentence. It keeps no id of ours, and what its reports look like is not published either,
so what became of a message is what it said when it took it.
"""

import re
from collections.abc import Hashable
from datetime import timedelta
from math import ceil
from typing import Any

from notify.channels import Accepted, Verdict
from notify.channels.gateways import Gateway
from notify.channels.refusals import Closed, Refused, words
from notify.channels.sms import Sms, domestic, place
from notify.settings import Settings
from notify.texts.sms import Encoding

_HOURS = 23  #: for which delivery is tried, where the message does not say
_ACCOUNT_PATIENCE = timedelta(minutes=5)

#: What their sentences speak of when it is our account that is at fault.
_ACCOUNT = re.compile(r"kullan[ıi]c[ıi]|[şs]ifre|parola|kredi|bakiye|ba[şs]l[ıi]k|alfan[uü]merik|yetki|hesap", re.IGNORECASE)


class GoldSms(Gateway):
    """The channel."""

    name = "goldsms"
    title = "GoldSMS"

    def __init__(self, given: Settings) -> None:
        """With the account that the settings name."""
        super().__init__(given, given.goldsms_url, (given.goldsms_user, given.goldsms_password.get_secret_value()), given.goldsms_most)

    def alike(self, parcel: Sms) -> Hashable:
        """Of one sender and time, in one alphabet."""
        return parcel.sender, parcel.valid_for, parcel.encoding is Encoding.GSM7

    def ordered(self, members: list[Sms], deadline: float) -> list[Verdict]:
        """Each text with its numbers."""
        first, (user, password) = members[0], self.account
        sender = first.sender or ("imece" if self.catching else self.given.goldsms_sender)
        turkish = "0" if first.encoding is Encoding.GSM7 else "1"
        texts: dict[str, list[str]] = {}
        for parcel in members:
            texts.setdefault(parcel.text, []).append(f"90{domestic(parcel, self.title)}")
        messages = [{"sender": sender, "text": text, "utf8": turkish, "gsm": numbers} for text, numbers in texts.items()]
        hours = _HOURS if first.valid_for is None else max(1, min(48, ceil(first.valid_for.total_seconds() / 3600)))
        request: dict[str, Any] = {
            "username": user,
            "password": password,
            "sdate": "",
            "vperiod": str(hours),
            "gate": 0,
            "message": messages[0] if len(messages) == 1 else messages,
        }
        path = "/api/sendSMS" if len(messages) == 1 else "/api/multiSendSMS"
        answer = self.line.post(path, deadline, json=request)
        try:
            document = answer.json()
            yes = str(document.get("sonuc", document.get("status", ""))).lower() in {"true", "ok"}
            said = words(document.get("mesaj") or "")
            result = document.get("result")
        except (ValueError, AttributeError):
            raise self.line.wordless(answer) from None
        if not yes:
            if _ACCOUNT.search(said):
                raise _closed(said)
            raise Refused(f"GoldSMS refused: {said}", f"GoldSMS reddetti: {said}", code=str(answer.status))
        taken = document.get("gonderilenAdet")
        if taken is not None and str(taken).isdigit() and int(taken) != len(members):
            raise self.line.unheard(
                f"it took {taken} of {len(members)}, without saying which",
                f"{len(members)} mesajdan {taken} tanesi alındı, hangileri belli değil",
            )
        identity = str(result.get("messageid") or "") if isinstance(result, dict) else ""
        return [Accepted(place(identity, parcel.to) if identity else parcel.reference, said or "ok") for parcel in members]


def _closed(said: str) -> Closed:
    return Closed(
        f"GoldSMS does not accept our account: {said}", f"GoldSMS hesabımızı kabul etmiyor: {said}", retry_after=_ACCOUNT_PATIENCE
    )
