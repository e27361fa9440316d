"""
One HTTP API of a provider with kept connections, and every fault sorted by one question: can it have taken the request, or can it not.

Until a connection stands, it cannot; after that only its answer tells. What it answers is sorted by whoever asked, except for what holds for
everybody: 429 is surely not taken, 5xx may have been.
"""

import logging
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from imece.clock import now
from imece.errors import Permanent, Transient, Unknown
from notify.channels.refusals import Closed

#: After which a connection is not used again: shorter than after what servers hang up (Apache and Node: 5), because a request that meets a hanging up
#: may or may not have been taken.
IDLE_SECONDS = 4.0
CONNECTIONS = 64  #: kept for each provider; more threads than that open their own and close them again

_CONNECT = 5.0  #: seconds a connection may take to stand
_LONGEST_ANSWER = 2 << 20  #: bytes; no provider has more to say
_PIECE = 1 << 16
_MENDING = timedelta(minutes=5)  #: what a person has to put right
_LONGEST_WAIT = timedelta(hours=1)  #: of what a provider may ask for with Retry-After

# Below INFO urllib3 writes whole addresses down: Telegram's hold the token, Twilio's the recipient.
logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)

#: Faults of the way that come before anything of the request has left.
_BEFORE = (
    ConnectTimeoutError,
    NewConnectionError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
)

_thread = threading.local()


@dataclass(frozen=True)
class Answer:
    """What the provider answered. `body` is cut at two megabytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def ok(self) -> bool:
        """Whether it is a success as HTTP has it."""
        return 200 <= self.status < 300

    def json(self) -> Any:
        """The body as JSON. Raises ValueError."""
        try:
            return loads(self.body)
        except (JSONDecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"no JSON: {error.args[0] if error.args else error}") from None

    @property
    def retry_after(self) -> timedelta | None:
        """How long it asks to be left alone; None if it does not say."""
        given = self.headers.get("Retry-After", "").strip()
        if given.isascii() and given.isdigit():
            wait = timedelta(seconds=min(int(given), int(_LONGEST_WAIT.total_seconds())))
        else:
            try:
                moment = parsedate_to_datetime(given)
            except ValueError:
                return None
            wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now()
        return min(max(wait, timedelta(0)), _LONGEST_WAIT)


@dataclass
class Line:
    """
    A provider's API at `base`; threads share it. `name` is how people know the provider.

    `answer_timeout` is how many seconds it may take to answer. `headers` go with every request. `ca_file` says who may sign its certificate, where
    that is nobody public.
    """

    name: str
    base: str
    answer_timeout: float
    auth: tuple[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    adapter: HTTPAdapter | None = None

    def __post_init__(self) -> None:
        """Connects at the first request."""
        self._session = requests.Session()
        self._session.trust_env = False  # neither proxies nor .netrc behind our back
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = self.adapter or Adapter()
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    @property
    def settles_within(self) -> timedelta:
        """How long after its deadline a request may still be under way: until the answer begins, until it has ended, and a moment."""
        return timedelta(seconds=2 * self.answer_timeout + 2)

    def post(
        self,
        path: str,
        deadline: float,
        *,
        json: object = None,
        form: Mapping[str, object] | None = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """
        Hand a request over; the answer, if that is neither 429 nor 5xx. Nothing leaves after `deadline` (time.monotonic).

        Raises Transient when it was surely not taken, Unknown when it may have been.
        """
        sent = dict(headers or {})
        body: Any = form
        if json is not None:
            body = dumps(json, ensure_ascii=False).encode()
            sent.setdefault("Content-Type", "application/json; charset=utf-8")
        elif data is not None:
            body = data
        answer = self.exchange("POST", path, deadline, body=body, headers=sent)
        self.judge(answer)
        return answer

    def ask(self, path: str, *, json: object = None, query: Mapping[str, str] | None = None) -> Answer:
        """A question that changes nothing at the provider. Raises Transient when it is not answered."""
        deadline = time.monotonic() + self.answer_timeout
        method, body, headers = ("GET", None, {}) if json is None else ("POST", dumps(json).encode(), {"Content-Type": "application/json"})
        try:
            answer = self.exchange(method, path, deadline, body=body, headers=headers, query=query)
            self.judge(answer)
        except Unknown as error:
            raise Transient(f"{self.name} could not be asked.", f"{self.name} sorgulanamadı.") from error
        return answer

    def exchange(
        self,
        method: str,
        path: str,
        deadline: float,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """One request and whatever is answered. Raises Transient and Unknown, for faults of the way alone."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise self.unreached("no time left for it", "süre kalmadı")
        _thread.deadline = deadline
        timeout = urllib3.Timeout(connect=min(_CONNECT, left), read=self.answer_timeout)
        try:
            with self._session.request(
                method,
                self.base + path,
                params=query,
                data=body,
                headers={**self.headers, **(headers or {})},
                auth=self.auth,
                timeout=timeout,  # type: ignore[arg-type]  # requests takes urllib3's own; its stubs do not say so
                allow_redirects=False,
                verify=str(self.ca_file) if self.ca_file else True,
                stream=True,
            ) as response:
                return Answer(response.status_code, response.headers, b"".join(self._pieces(response)))
        except requests.RequestException as error:
            # Their sentences hold the address, which may hold a token or a recipient: they go no further than this.
            fault = _fault(error)
        except urllib3.exceptions.HTTPError as error:
            fault = _fault(error)
        if fault.before:
            raise self.unreached(fault.en, fault.tr)
        raise self.unheard(fault.en, fault.tr)

    def judge(self, answer: Answer) -> None:
        """Raise what 429 and 5xx mean, whatever stands in them."""
        if answer.status == 429:
            raise Transient(
                f"{self.name} asks for fewer requests (429).",
                f"{self.name} daha seyrek istek istiyor (429).",
                retry_after=answer.retry_after or timedelta(seconds=1),
            )
        if answer.status >= 500:
            raise self.unheard(f"{answer.status}", f"{answer.status}")

    def wordless(self, answer: Answer) -> Closed | Unknown:
        """
        What an answer means in which the API says nothing of its own.

        3xx and 4xx come from something in between, or from a wrong address: that has taken nothing, and will take nothing until somebody mends it.
        """
        if 300 <= answer.status < 500 and answer.status != 408:
            return Closed(
                f"What answers at {self.name}'s address is not its API ({answer.status}).",
                f"{self.name} adresinde yanıt veren, sağlayıcının kendisi değil ({answer.status}).",
                retry_after=_MENDING,
            )
        return self.unheard(f"{answer.status}", f"{answer.status}")

    def unreached(self, en: str, tr: str) -> Transient:
        """It surely was not taken."""
        return Transient(f"{self.name} could not be reached: {en}.", f"{self.name} sağlayıcısına ulaşılamadı: {tr}.")

    def unheard(self, en: str, tr: str) -> Unknown:
        """It may have been taken."""
        return Unknown(
            f"{self.name} was handed the request, but gave no usable answer ({en}): whether it took it is not known.",
            f"İstek {self.name} sağlayıcısına iletildi ama geçerli bir yanıt alınamadı ({tr}): kabul edip etmediği bilinmiyor.",
        )

    def close(self) -> None:
        """Close the kept connections. Only when none of them is in use."""
        self._session.close()

    def _pieces(self, response: requests.Response) -> Iterator[bytes]:
        """The body, up to a size and, however slowly it drips, up to a time."""
        until, taken = time.monotonic() + self.answer_timeout, 0
        for piece in response.iter_content(_PIECE):
            yield piece
            taken += len(piece)
            if taken > _LONGEST_ANSWER or time.monotonic() > until:
                raise requests.ConnectionError


@dataclass(frozen=True)
class _Fault:
    """What went wrong on the way. `before`: before anything of the request had left."""

    before: bool
    en: str
    tr: str


def _fault(error: Exception) -> _Fault:
    """Raises a refusal of our own (an address that may not be asked) as it is."""
    chain = list(_causes(error))
    for cause in chain:
        if isinstance(cause, Permanent):
            raise cause from None
    before = any(isinstance(cause, _BEFORE) for cause in chain)
    if any(isinstance(cause, ssl.SSLError) for cause in chain):
        return _Fault(before, "its certificate or encryption is not accepted", "sertifikası veya şifrelemesi kabul edilmedi")
    if any(
        isinstance(cause, ConnectTimeoutError | TimeoutError | requests.Timeout) and not isinstance(cause, NewConnectionError)
        for cause in chain
    ):
        return _Fault(before, "time-out", "zaman aşımı")
    if before:
        return _Fault(before, "no connection", "bağlantı kurulamadı")
    return _Fault(before, "the connection broke off", "bağlantı koptu")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what is wrapped in it: urllib3 hands the inner one over as `reason` or first argument."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [
                getattr(found, "reason", None),
                found.__cause__,
                found.__context__,
                *(a for a in found.args if isinstance(a, BaseException)),
            ]


class _Late:
    """A connection that stands too late is not used: nothing leaves after the deadline of the thread's request."""

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]  # mixed into urllib3's connections
        if time.monotonic() > getattr(_thread, "deadline", float("inf")):
            self.close()  # type: ignore[attr-defined]  # as above
            raise NewConnectionError(self, "too late")  # type: ignore[arg-type]  # as above


class Plain(_Late, HTTPConnection):
    """A connection over HTTP, to stand-ins on this machine or inside the network."""


class Encrypted(_Late, HTTPSConnection):
    """A connection over HTTPS."""


class Rested:
    """A pool that does not use a connection again which has rested so long that the other side may be hanging up just now."""

    def _put_conn(self, connection: Any) -> None:
        if connection is not None:
            connection.rested_since = time.monotonic()
        super()._put_conn(connection)  # type: ignore[misc]  # mixed into urllib3's pools

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection = super()._get_conn(timeout)  # type: ignore[misc]  # as above
        if getattr(connection, "rested_since", float("inf")) < time.monotonic() - IDLE_SECONDS:
            connection.close()  # and is connected anew by its next request
        return connection


class _PlainPool(Rested, HTTPConnectionPool):
    ConnectionCls = Plain


class _EncryptedPool(Rested, HTTPSConnectionPool):
    ConnectionCls = Encrypted


class Adapter(HTTPAdapter):
    """Keeps connections, tries nothing twice."""

    pools: Mapping[str, type[HTTPConnectionPool]] = {"http": _PlainPool, "https": _EncryptedPool}

    def __init__(self) -> None:
        """One per line."""
        super().__init__(pool_connections=4, pool_maxsize=CONNECTIONS, max_retries=urllib3.Retry(0, read=False))

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Called by requests."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = self.pools
