"""
SMS by Netgsm (REST v2): one request takes many recipients, each with its own text; what became of them is asked for by the request's id.

Our id travels as `referansID`, which reports repeat; so a request with one message in it can be looked up when its answer was lost. Whether one
that is not found was not taken, nobody promises. Source: their OpenAPI description and their clients for Python and JavaScript.
"""

import threading
import time
from collections.abc import Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from imece.clock import ISTANBUL, now
from imece.errors import Transient
from notify.channels import Accepted, Finding, Outcome, Verdict
from notify.channels.gateways import Gateway
from notify.channels.http import Answer, Line
from notify.channels.receipts import Receipt, State, moment
from notify.channels.refusals import Closed, Refused, words
from notify.channels.sms import Sms, domestic, order, place
from notify.settings import Settings
from notify.texts.sms import Encoding

_PAGE = 100  #: recipients of one page of a report; their limit
_PAGES = 50  #: of one report, at most
_ACCOUNT_PATIENCE = timedelta(minutes=5)
_MARGIN = timedelta(minutes=2)  #: between their clock and ours
_FRESH = 20.0  #: seconds that a job's report is good for: a job is asked for once, however many of its recipients are
_OLDEST = timedelta(days=4)  #: of what a report by id looks at

#: Codes of `send`: (English, Turkish, what follows). `01` and `02` say that a date was put right.
_TAKEN = {"00", "01", "02"}
_LATER: dict[str, tuple[str, str, timedelta]] = {
    "80": ("Netgsm's limit of requests is reached.", "Netgsm gönderim sınırı aşıldı.", timedelta(seconds=60)),
    "85": (
        "Netgsm takes no more for one number within a minute.",
        "Netgsm aynı numaraya bir dakika içinde daha fazlasını almıyor.",
        timedelta(seconds=60),
    ),
    "100": ("Netgsm has a fault of its own.", "Netgsm sistem hatası verdi.", timedelta(seconds=10)),
    "101": ("Netgsm has a fault of its own.", "Netgsm sistem hatası verdi.", timedelta(seconds=10)),
}
_CLOSED: dict[str, tuple[str, str]] = {
    "30": ("Netgsm accepts neither our login nor our address.", "Netgsm kullanıcı bilgilerimizi veya IP adresimizi kabul etmiyor."),
    "40": ("Netgsm does not know the sender name.", "Netgsm gönderici adını tanımıyor."),
    "60": ("The balance at Netgsm is used up.", "Netgsm bakiyesi yetersiz."),  # not in their list of `send`; users report it
}
_REFUSED: dict[str, tuple[str, str]] = {
    "20": ("Netgsm does not accept the text, or its length.", "Netgsm mesaj metnini veya uzunluğunu kabul etmiyor."),
    "50": ("Our account at Netgsm may not send what is checked against IYS.", "Netgsm hesabımız İYS kontrollü gönderim yapamıyor."),
    "51": ("Our account at Netgsm has no brand in IYS.", "Netgsm hesabımız için İYS marka bilgisi yok."),
    "70": ("Netgsm cannot read the request.", "Netgsm isteği okuyamadı: eksik veya hatalı alan."),
}

#: States of a report; `0` is on its way.
_STATES: dict[str, State] = {
    "0": State.ACCEPTED,
    "1": State.DELIVERED,
    "2": State.EXPIRED,
    "3": State.FAILED,
    "4": State.UNDELIVERED,
    "11": State.UNDELIVERED,
    "12": State.UNDELIVERED,
    "13": State.UNDELIVERED,
    "14": State.UNDELIVERED,
    "15": State.FAILED,
    "16": State.FAILED,
    "17": State.UNDELIVERED,
}
_ADDRESS, _OPTED_OUT = {"3"}, {"15", "16"}


class Netgsm(Gateway):
    """The channel."""

    name = "netgsm"
    title = "Netgsm"

    def __init__(self, given: Settings) -> None:
        """With the account that the settings name."""
        account = given.netgsm_user, given.netgsm_password.get_secret_value()
        super().__init__(given, given.netgsm_url, account, given.netgsm_most, basic=True)
        self._reading = threading.Lock()
        self._known: dict[str, tuple[float, list[dict[str, Any]]]] = {}

    def alike(self, parcel: Sms) -> Hashable:
        """Of one sender, kind and time, in one alphabet."""
        return parcel.sender, parcel.kind, parcel.merchant, parcel.valid_for, parcel.encoding is not Encoding.GSM7

    def look_up(self, reference: str, parcel: Sms | None = None, since: timedelta | None = None) -> Finding:
        """Whether a report of the time `since` the claim repeats our id; where none does, that says nothing. Raises Transient."""
        if parcel is None or since is None:
            return Finding(Outcome.UNTOLD)
        number = domestic(parcel, self.title)
        for row in self._report(since):
            if row.get("referansID") == reference and str(row.get("number", "")).endswith(number):
                return Finding(Outcome.ARRIVED, str(row.get("status", "")), place(str(row.get("jobid", "")), number))
        return Finding(Outcome.UNTOLD)

    def reports(self, ids: Sequence[str]) -> Sequence[Receipt]:
        """What Netgsm says of these. Raises Transient; ten questions a minute are allowed, and a question is a hundred recipients."""
        wanted = set(ids)
        found = []
        for row in self._rows(sorted({order(identity) for identity in ids})):
            identity, status = place(str(row.get("jobid", "")), str(row.get("number", ""))), str(row.get("status", ""))
            state = _STATES.get(status)
            if identity in wanted and state is not None:
                code = "" if state in {State.ACCEPTED, State.DELIVERED} else f"{status}/{row.get('errorCode') or 0}"
                at = moment(str(row.get("deliveredDate") or ""), "%d.%m.%Y %H:%M:%S", "%d%m%Y%H%M%S")
                reference = str(row.get("referansID") or "") or None
                found.append(
                    Receipt(self.name, identity, reference, state, code, at, address=status in _ADDRESS, opted_out=status in _OPTED_OUT)
                )
        return found

    def ordered(self, members: list[Sms], deadline: float) -> list[Verdict]:
        """Each number with its text; our own id where there is but one."""
        first = members[0]
        request: dict[str, Any] = {
            "msgheader": first.sender or self.given.netgsm_header or "imece",
            "iysfilter": _filter(first),
            "appname": "imece",
            "messages": [{"msg": parcel.text, "no": domestic(parcel, self.title)} for parcel in members],
        }
        if first.encoding is not Encoding.GSM7:
            request["encoding"] = "TR"
        if first.valid_for is not None:
            request["stopdate"] = (now() + first.valid_for + timedelta(seconds=59)).astimezone(ISTANBUL).strftime("%d%m%Y%H%M")
        if self.given.netgsm_partner_code and not self.catching:
            request["partnercode"] = self.given.netgsm_partner_code
        if len(members) == 1:
            request["referansID"] = first.reference
        code, said, job = _read(self.line, self.line.post("/sms/rest/v2/send", deadline, json=request))
        if code in _TAKEN:
            if not job:
                raise self.line.unheard("no id in the answer", "yanıtta kimlik yok")
            return [Accepted(place(job, parcel.to), f"{code} {said}") for parcel in members]
        raise _refusal(code, said)

    def _rows(self, jobs: list[str]) -> list[dict[str, Any]]:
        """The rows of these jobs' reports, asked for or still fresh."""
        with self._reading:
            moment = time.monotonic()
            self._known = {job: known for job, known in self._known.items() if known[0] > moment - _FRESH}
            if missing := [job for job in jobs if job not in self._known]:
                rows: dict[str, list[dict[str, Any]]] = {job: [] for job in missing}
                for row in self._report(_OLDEST, jobids=missing):
                    rows.setdefault(str(row.get("jobid", "")), []).append(row)
                self._known.update({job: (moment, found) for job, found in rows.items()})
            return [row for job in jobs for row in self._known[job][1]]

    def _report(self, since: timedelta, **more: Any) -> Iterator[dict[str, Any]]:
        """The rows of a report; their API wants to know from when to when, whatever else is asked."""
        question = {"startdate": _written(now() - since - _MARGIN), "stopdate": _written(now() + _MARGIN), "appname": "imece", **more}
        for page in range(_PAGES):
            answer = self.line.ask("/sms/rest/v2/report", json={**question, "pagenumber": page, "pagesize": _PAGE})
            try:
                document = answer.json()
                code, rows = str(document["code"]), document.get("jobs") or []
            except (ValueError, KeyError, TypeError, AttributeError):
                raise _unreadable(answer) from None
            if code == "60":  # nothing of that kind
                return
            if code == "80":
                raise Transient(
                    "Netgsm answers ten questions a minute.", "Netgsm dakikada on sorgu yanıtlıyor.", retry_after=timedelta(seconds=60)
                )
            if code != "00":
                raise Transient(f"Netgsm could not be asked ({code}).", f"Netgsm sorgulanamadı ({code}).")
            yield from (row for row in rows if isinstance(row, dict))
            if len(rows) < _PAGE:
                return


def _filter(parcel: Sms) -> str:
    """`0`: information, IYS is not asked; `11`: commercial to a person, `12`: to a merchant."""
    if parcel.kind != "commercial":
        return "0"
    return "12" if parcel.merchant else "11"


def _read(line: Line, answer: Answer) -> tuple[str, str, str]:
    """Code, description and id of an answer to `send`. Raises Unknown for what is neither yes nor no."""
    try:
        document = answer.json()
        code = str(document["code"])
        said, job = words(document.get("description") or ""), str(document.get("jobid") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise line.wordless(answer) from None
    return code, said, job


def _refusal(code: str, said: str) -> Exception:
    if code in _LATER:
        en, tr, wait = _LATER[code]
        return Transient(f"{en} ({code})", f"{tr} ({code})", retry_after=wait)
    if code in _CLOSED:
        en, tr = _CLOSED[code]
        return Closed(f"{en} ({code})", f"{tr} ({code})", retry_after=_ACCOUNT_PATIENCE)
    en, tr = _REFUSED.get(code, (f"Netgsm refused: {said}", f"Netgsm reddetti: {said}"))
    return Refused(f"{en} ({code})", f"{tr} ({code})", code=code, elsewhere=code in {"50", "51"})


def _unreadable(answer: Answer) -> Transient:
    return Transient(f"Netgsm's report cannot be read ({answer.status}).", f"Netgsm raporu okunamadı ({answer.status}).")


def _written(at: datetime) -> str:
    return at.astimezone(ISTANBUL).strftime("%d.%m.%Y %H:%M:%S")
