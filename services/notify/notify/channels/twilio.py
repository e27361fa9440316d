"""
SMS by Twilio: its own SDK over our own way of speaking HTTP, which has time-outs, an address from the settings and no log of whom it writes to.

Twilio has no idempotency and no field for our id. So our id travels in the query of the address it calls back, and what became of a request whose
answer was lost is looked up among what it took: by number, text and time.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from logging import getLogger
from typing import Any
from urllib.parse import urlsplit

from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client
from twilio.rest.api.v2010.account.message import MessageInstance

from imece.clock import now
from imece.errors import NotFound, Transient, Unknown
from notify.accounts import CATCH_ACCOUNT, CATCH_PASSWORD
from notify.channels import Accepted, Finding, Outcome, Verdict, callbacks, one_by_one
from notify.channels.callbacks import twilio_receipt
from notify.channels.http import Answer, Line
from notify.channels.receipts import Receipt
from notify.channels.refusals import Closed, Refused, words
from notify.channels.sms import Sms, allowed
from notify.settings import Settings

#: What the SDK lets through for an answer that is not as described.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)

_LONGEST_VALIDITY = 36_000  #: seconds; Twilio's own limit
_LOOKED_AT = 200  #: messages to one number among which a lost one is looked for
_MARGIN = timedelta(seconds=60)  #: between Twilio's clock and ours, in both directions
_FRESHNESS = timedelta(seconds=45)  #: how old a message may be before the list surely shows it; Twilio promises nothing
_ACCOUNT_PATIENCE = timedelta(minutes=5)  #: what a person has to mend
_SENDER_PATIENCE = timedelta(minutes=10)  #: a sender's queue holds ten hours; it does not empty in a moment


@dataclass(frozen=True)
class _Meaning:
    """What a code of Twilio's means for us."""

    en: str
    tr: str
    closed: bool = False  #: nothing goes by this account for now
    address: bool = False
    opted_out: bool = False
    elsewhere: bool = False
    later: timedelta | None = None  #: surely not taken, and worth another try


#: Refusals of a create, by code. Twilio splits codes now and then: what is not here goes by its HTTP class.
CODES: dict[int, _Meaning] = {
    20003: _Meaning("Twilio does not accept our account.", "Twilio hesabımızı kabul etmiyor.", closed=True),
    20005: _Meaning("Our account at Twilio is not active.", "Twilio hesabımız etkin değil.", closed=True),
    20404: _Meaning("Twilio knows no such account.", "Twilio böyle bir hesap tanımıyor.", closed=True),
    20429: _Meaning("Twilio asks for fewer requests.", "Twilio daha seyrek istek istiyor.", later=timedelta(seconds=1)),
    14107: _Meaning("Twilio asks for fewer messages.", "Twilio daha seyrek mesaj istiyor.", later=timedelta(seconds=1)),
    21211: _Meaning("Twilio knows no such number.", "Twilio böyle bir numara tanımıyor.", address=True),
    21214: _Meaning("Twilio cannot reach this number.", "Twilio bu numaraya ulaşamıyor.", address=True),
    21217: _Meaning("Twilio knows no such number.", "Twilio böyle bir numara tanımıyor.", address=True),
    21265: _Meaning("This is a short code; it takes no SMS.", "Bu bir kısa numara; SMS almaz.", address=True),
    21408: _Meaning("SMS to this country are switched off at Twilio.", "Bu ülkeye SMS, Twilio hesabında kapalı.", elsewhere=True),
    21602: _Meaning("The message has no text.", "Mesajın metni yok."),
    21603: _Meaning("Twilio does not accept the sender.", "Twilio göndericiyi kabul etmiyor.", elsewhere=True),
    21604: _Meaning("The message has no recipient.", "Mesajın alıcısı yok."),
    21606: _Meaning("Twilio does not accept the sender.", "Twilio göndericiyi kabul etmiyor.", elsewhere=True),
    21608: _Meaning(
        "A trial account at Twilio writes to confirmed numbers only.",
        "Twilio deneme hesabı yalnızca onaylı numaralara yazar.",
        elsewhere=True,
    ),
    21610: _Meaning(
        "The recipient asked for no more messages from this sender.", "Alıcı bu göndericiden mesaj almak istemiyor.", opted_out=True
    ),
    21611: _Meaning(
        "Too much is waiting at Twilio for this sender.", "Twilio'da bu gönderici için çok fazla mesaj bekliyor.", later=_SENDER_PATIENCE
    ),
    21612: _Meaning("Twilio has no way to this number.", "Twilio'nun bu numaraya ulaşan bir yolu yok.", elsewhere=True),
    21614: _Meaning("This number takes no SMS.", "Bu numara SMS almaz.", address=True),
    21617: _Meaning("The message is longer than 1600 characters.", "Mesaj 1600 karakterden uzun."),
    21635: _Meaning("This is a landline; it takes no SMS.", "Bu bir sabit hat; SMS almaz.", address=True),
    21703: _Meaning("The messaging service has no sender.", "Mesaj servisinin göndericisi yok.", closed=True),
    21704: _Meaning("The messaging service has no sender.", "Mesaj servisinin göndericisi yok.", closed=True),
    30002: _Meaning("Our account at Twilio is suspended.", "Twilio hesabımız askıya alındı.", closed=True),
    63038: _Meaning("Our account's limit for the day is used up at Twilio.", "Twilio hesabımızın günlük sınırı doldu.", closed=True),
    90010: _Meaning("Our account at Twilio is not active.", "Twilio hesabımız etkin değil.", closed=True),
}


class Twilio:
    """The channel. One per process; threads share it."""

    name = "twilio"
    most = 1

    def __init__(self, given: Settings) -> None:
        """In catch mode nothing of the live account is used."""
        self.given = given
        self.catching = given.sms_mode == "catch"
        self.account, self.token = account(given)
        base = f"{given.stand_ins}/twilio" if self.catching else given.twilio_url
        self.line = Line("Twilio", base, given.sms_answer_timeout, auth=(self.account, self.token))
        self.wire = _Wire(self.line)
        # `environment`: TWILIO_EDGE and TWILIO_REGION of this machine would be built into the address.
        self.client = Client(self.account, self.token, http_client=self.wire, environment={})

    @property
    def begins_within(self) -> timedelta:
        """Longest time between a claim and the leaving of the request."""
        return timedelta(seconds=self.given.sms_timeout)

    @property
    def settles_within(self) -> timedelta:
        """Until then a message may still be on its way into Twilio's list; the catcher's knows at once."""
        fresh = timedelta(seconds=2) if self.catching else _FRESHNESS
        return self.begins_within + 2 * timedelta(seconds=self.given.sms_answer_timeout) + fresh

    def send(self, parcel: Sms, deadline: float) -> Accepted:
        """
        Send it once. Raises Transient, Refused, Closed or Unknown.

        Advertising to Turkey is not even handed over: Twilio forbids it, and filters the sender of whoever tries. Source: its guidelines for Turkey.
        """
        if not self.catching:
            allowed(parcel, self.given.sms_allowed_numbers)
        if parcel.kind == "commercial" and parcel.to.startswith("+90"):
            raise Refused(
                "Twilio may not be used for advertising in Turkey.",
                "Twilio, Türkiye'de tanıtım mesajları için kullanılamaz.",
                code="promotional",
                elsewhere=True,
            )
        fields: dict[str, Any] = {"to": parcel.to, "body": parcel.text}
        if parcel.sender or not self.given.twilio_messaging_service_sid:
            fields["from_"] = parcel.sender or self.given.twilio_from or "imece"
        else:
            fields["messaging_service_sid"] = self.given.twilio_messaging_service_sid
        if parcel.valid_for is not None:
            fields["validity_period"] = max(1, min(int(parcel.valid_for.total_seconds()), _LONGEST_VALIDITY))
        if address := callbacks.twilio_address(self.given, parcel.reference):
            fields["status_callback"] = address
        with self.wire.until(deadline):
            try:
                taken = self.client.messages.create(**fields)
            except TwilioRestException as error:
                raise _refusal(self.line, error, self.wire.answer) from None
            except _UNREADABLE:
                raise self.line.unheard("no message in the answer", "yanıtta mesaj yok") from None
        if not taken.sid:
            raise self.line.unheard("no id in the answer", "yanıtta kimlik yok")
        return Accepted(taken.sid, str(taken.status or ""))

    def send_many(self, parcels: Sequence[Sms], deadline: float) -> Sequence[Verdict]:
        """Twilio takes one recipient per request."""
        return one_by_one(self, parcels, deadline)

    def look_up(self, _reference: str, parcel: Sms | None = None, since: timedelta | None = None) -> Finding:
        """
        Whether Twilio has a message with this number and text from the time `since` the claim. Raises Transient.

        The same text to the same number within that time is taken for this one: a message too few is the lesser evil.
        """
        if parcel is None or since is None:
            return Finding(Outcome.UNTOLD)
        earliest = now() - since - _MARGIN
        # In what order they are listed, Twilio does not say for those that are still waiting; so all of them are looked at.
        listed = self._listed(parcel.to)
        young = [message for message in listed if message.date_created is None or message.date_created.astimezone(UTC) >= earliest]
        for message in young:
            if message.body == parcel.text and message.sid:
                return Finding(Outcome.ARRIVED, str(message.status or ""), message.sid)
        return Finding(Outcome.UNTOLD if len(young) >= _LOOKED_AT else Outcome.ABSENT)

    def reports(self, ids: Sequence[str]) -> Sequence[Receipt]:
        """What Twilio says of these messages, one request each: for callbacks that were lost. Raises Transient."""
        found = []
        for sid in ids:
            try:
                message = self._asked(self.client.messages(sid).fetch)
            except NotFound:
                continue
            code = str(message.error_code or "")
            if receipt := twilio_receipt(sid, None, str(message.status or ""), code, message.date_updated or now()):
                found.append(receipt)
        return found

    def _listed(self, to: str) -> list[MessageInstance]:
        """What Twilio has for one number, the newest first. Raises Transient."""
        try:
            return list(self._asked(lambda: self.client.messages.list(to=to, limit=_LOOKED_AT, page_size=100)))
        except NotFound as error:  # the list itself, not a message: that says nothing of what it would hold
            raise Transient(error.en, error.tr) from None

    def _asked(self, question: Callable[[], Any]) -> Any:
        """What Twilio answers. Raises NotFound, and Transient for all else: a question changes nothing, whatever becomes of it."""
        with self.wire.until(time.monotonic() + self.given.sms_answer_timeout):
            try:
                return question()
            except TwilioException:  # of a list the SDK raises the bare one, without a status
                answer = self.wire.answer
                status = answer.status if answer else 0
                said = f"Twilio could not be asked ({status}).", f"Twilio sorgulanamadı ({status})."
                if status == 404:
                    raise NotFound(*said) from None
                raise Transient(*said, retry_after=answer.retry_after if answer else None) from None
            except Unknown:
                raise Transient("Twilio could not be asked.", "Twilio sorgulanamadı.") from None
            except _UNREADABLE:
                raise Transient("Twilio's answer cannot be read.", "Twilio'nun yanıtı okunamadı.") from None


class _Wire(HttpClient):  # type: ignore[misc]  # the SDK says it is untyped
    """What the SDK speaks HTTP with. A request's deadline and its last answer belong to the thread."""

    def __init__(self, line: Line) -> None:
        super().__init__(getLogger(__name__), is_async=False)
        self.line = line
        self._own = threading.local()

    def until(self, deadline: float) -> "_Wire":
        """Requests of this thread end by then: `with wire.until(...)`."""
        self._own.deadline = deadline
        self._own.answer = None
        return self

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, *_raised: object) -> None:
        self._own.deadline = None

    @property
    def answer(self) -> Answer | None:
        """The last answer to this thread; the SDK drops its headers."""
        answer: Answer | None = self._own.answer
        return answer

    def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        **_named: object,
    ) -> Response:
        """Called by the SDK, whose own login and time-outs (`_named`) are not used. Raises Transient and Unknown, which pass through it."""
        path = urlsplit(uri)
        query = dict(params or {}) or (path.query or None)
        target = path.path + (f"?{query}" if isinstance(query, str) else "")
        answer = self.line.exchange(
            method.upper(),
            target,
            self._own.deadline,
            body=dict(data) if data else None,
            headers={name: value for name, value in (headers or {}).items() if name.lower() != "authorization"},
            query=query if isinstance(query, dict) else None,
        )
        self._own.answer = answer
        if answer.status >= 500:
            self.line.judge(answer)
        return Response(answer.status, answer.body.decode("utf-8", "replace"), answer.headers)


def account(given: Settings) -> tuple[str, str]:
    """Account and token, as the mode has them; the token signs what Twilio calls back."""
    if given.sms_mode == "catch":
        return CATCH_ACCOUNT, CATCH_PASSWORD
    return given.twilio_account_sid, given.twilio_auth_token.get_secret_value()


def _refusal(line: Line, error: TwilioRestException, answer: Answer | None) -> Exception:
    """What a refused create means."""
    status, code = int(error.status), int(error.code or 0)
    meaning = CODES.get(code)
    wait = answer.retry_after if answer else None
    said_en, said_tr = (f"{text} ({code})" for text in ((meaning.en, meaning.tr) if meaning else ("Twilio refused", "Twilio reddetti")))
    if meaning is None:
        said_en, said_tr = (f"{text}: {words(error.msg)}" for text in (said_en, said_tr))
    if status == 429 or (meaning and meaning.later):
        return Transient(said_en, said_tr, retry_after=wait or (meaning.later if meaning else None) or timedelta(seconds=1))
    if (code in {0, status} or status in {401, 403, 404}) and answer is not None and meaning is None:
        return line.wordless(answer)
    if meaning and meaning.closed:
        return Closed(said_en, said_tr, retry_after=wait or _ACCOUNT_PATIENCE)
    if meaning is None:
        return Refused(said_en, said_tr, code=str(code or status))
    return Refused(said_en, said_tr, code=str(code), address=meaning.address, opted_out=meaning.opted_out, elsewhere=meaning.elsewhere)
