"""
SMS by Iletimerkezi (JSON, v1): one order takes many recipients, each with its own text.

They keep no id of ours and cannot be asked for a message, but refuse an order that is the same as one before (451). What became of an order's
recipients is asked for, or called back without a signature.
"""

from collections.abc import Hashable, Sequence
from datetime import timedelta
from json import dumps
from typing import Any

from imece.clock import now
from imece.errors import Transient
from notify.channels import Accepted, Verdict
from notify.channels.gateways import Gateway
from notify.channels.http import Answer, Line
from notify.channels.receipts import Receipt, State
from notify.channels.refusals import Closed, Refused, words
from notify.channels.sms import Sms, order, place
from notify.settings import Settings

_PAGE = 1000  #: recipients of one page of a report; their limit
_PAGES = 20
_ACCOUNT_PATIENCE = timedelta(minutes=5)

#: Codes of an order: (English, Turkish).
_CLOSED: dict[int, tuple[str, str]] = {
    401: ("Iletimerkezi does not accept our account.", "İletimerkezi hesabımızı kabul etmiyor."),
    402: ("The balance at Iletimerkezi is used up.", "İletimerkezi bakiyesi yetersiz."),
    450: ("Iletimerkezi does not know the sender name.", "İletimerkezi gönderici adını tanımıyor."),
    459: ("The sender name is missing.", "Gönderici adı eksik."),
    460: ("The sender name is too long or has Turkish letters.", "Gönderici adı çok uzun ya da Türkçe harf içeriyor."),
    468: ("Iletimerkezi wants to know whether to ask IYS.", "İletimerkezi İYS sorgusu ayarını istiyor."),
    470: ("Our IYS code is missing at Iletimerkezi.", "İletimerkezi'nde İYS kodumuz tanımlı değil."),
}
_REFUSED: dict[int, tuple[str, str]] = {
    400: ("Iletimerkezi cannot read the order.", "İletimerkezi siparişi okuyamadı."),
    422: ("Iletimerkezi does not accept the order's values.", "İletimerkezi siparişteki değerleri kabul etmiyor."),
    451: (
        "Iletimerkezi has the same order already, and took no second one.",
        "İletimerkezi aynı siparişi daha önce almış, ikincisini almadı.",
    ),
    452: ("Iletimerkezi does not accept the recipients.", "İletimerkezi alıcıları kabul etmiyor."),
    453: ("The order is too big for Iletimerkezi.", "Sipariş İletimerkezi için çok büyük."),
    454: ("The message has no text.", "Mesajın metni yok."),
    457: ("Iletimerkezi does not accept the date.", "İletimerkezi tarihi kabul etmiyor."),
    466: ("Iletimerkezi does not accept the number.", "İletimerkezi numarayı kabul etmiyor."),
    469: ("Iletimerkezi does not know the list of IYS.", "İletimerkezi İYS listesini tanımıyor."),
}

_STATES: dict[str, State] = {"110": State.ACCEPTED, "111": State.DELIVERED, "112": State.UNDELIVERED}


class Iletimerkezi(Gateway):
    """The channel."""

    name = "iletimerkezi"
    title = "Iletimerkezi"

    def __init__(self, given: Settings) -> None:
        """With the account that the settings name."""
        account = given.iletimerkezi_key, given.iletimerkezi_hash.get_secret_value()
        super().__init__(given, given.iletimerkezi_url, account, given.iletimerkezi_most)

    def alike(self, parcel: Sms) -> Hashable:
        """Of one sender and kind."""
        return parcel.sender, parcel.kind, parcel.merchant

    def reports(self, ids: Sequence[str]) -> Sequence[Receipt]:
        """What they say of these. Raises Transient."""
        wanted, found = set(ids), []
        for number in sorted({order(identity) for identity in ids}):
            for row in self._report(number):
                identity, status = place(number, str(row.get("number", ""))), str(row.get("status", ""))
                state = _STATES.get(status)
                if identity in wanted and state is not None:
                    found.append(Receipt(self.name, identity, None, state, status if state is State.UNDELIVERED else "", now()))
        return found

    def ordered(self, members: list[Sms], deadline: float) -> list[Verdict]:
        """Each text with its numbers."""
        first = members[0]
        texts: dict[str, list[str]] = {}
        for parcel in members:
            texts.setdefault(parcel.text, []).append(parcel.to)
        messages = [{"text": text, "receipents": {"number": numbers}} for text, numbers in texts.items()]  # their spelling
        wish: dict[str, Any] = {
            "sender": first.sender or self.given.iletimerkezi_sender or "imece",
            "sendDateTime": [],
            "iys": "1" if first.kind == "commercial" else "0",
            "iysList": "TACIR" if first.merchant else "BIREYSEL",
            "message": messages[0] if len(messages) == 1 else messages,
        }
        # Not `post`: what it would make of 429 and 5xx, they say in the answer itself.
        body = dumps({"request": {**self._login(), "order": wish}}, ensure_ascii=False).encode()
        answer = self.line.exchange("POST", "/v1/send-sms/json", deadline, body=body, headers={"Content-Type": "application/json"})
        code, said, document = _read(self.line, answer)
        if code == 200:
            identity = str((document.get("order") or {}).get("id") or "")
            if not identity:
                raise self.line.unheard("no id in the answer", "yanıtta kimlik yok")
            return [Accepted(place(identity, parcel.to), f"{code} {said}") for parcel in members]
        if code in {429, 503}:
            # Read from the answer: their own word for "temporarily unavailable", said in place of an order.
            raise Transient(
                f"Iletimerkezi takes nothing just now ({code}).",
                f"İletimerkezi şu anda sipariş almıyor ({code}).",
                retry_after=answer.retry_after,
            )
        raise _refusal(code, said)

    def _report(self, number: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        for page in range(1, _PAGES + 1):
            question = {"request": {**self._login(), "order": {"id": number, "page": str(page), "rowCount": str(_PAGE)}}}
            answer = self.line.ask("/v1/get-report/json", json=question)
            try:
                response = answer.json()["response"]
                code, found = int(response["status"]["code"]), (response.get("order") or {}).get("message") or []
            except (ValueError, KeyError, TypeError, AttributeError):
                raise Transient("Iletimerkezi's report cannot be read.", "İletimerkezi raporu okunamadı.") from None
            if code == 455:  # no such order
                return rows
            if code != 200:
                raise Transient(f"Iletimerkezi could not be asked ({code}).", f"İletimerkezi sorgulanamadı ({code}).")
            rows += [row for row in found if isinstance(row, dict)]
            if len(found) < _PAGE:
                break
        return rows

    def _login(self) -> dict[str, Any]:
        key, secret = self.account
        return {"authentication": {"key": key, "hash": secret}}


def _read(line: Line, answer: Answer) -> tuple[int, str, dict[str, Any]]:
    """Code, message and the rest of an answer. Raises Transient and Unknown for what is neither yes nor no."""
    try:
        response = answer.json()["response"]
        return int(response["status"]["code"]), words(response["status"].get("message") or ""), response
    except (ValueError, KeyError, TypeError, AttributeError):
        line.judge(answer)
        raise line.wordless(answer) from None


def _refusal(code: int, said: str) -> Exception:
    if code in _CLOSED:
        en, tr = _CLOSED[code]
        return Closed(f"{en} ({code})", f"{tr} ({code})", retry_after=_ACCOUNT_PATIENCE)
    en, tr = _REFUSED.get(code, (f"Iletimerkezi refused: {said}", f"İletimerkezi reddetti: {said}"))
    return Refused(f"{en} ({code})", f"{tr} ({code})", code=str(code), address=code == 466, duplicate=code == 451)
