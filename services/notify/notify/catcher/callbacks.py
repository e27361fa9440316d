"""The receipts that stand-ins send by themselves: Twilio's, signed, and Iletimerkezi's, which are not. Late, twice, in disorder or never, as a rule says."""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
from twilio.request_validator import RequestValidator

from imece import log
from notify.accounts import CATCH_ACCOUNT, CATCH_PASSWORD
from notify.caught.texts import CaughtText
from notify.settings import Settings

_AT_ONCE = 20  #: calls under way
_AGAIN = 15.0  #: seconds after which Twilio calls once more, when it was not answered

_log = log.get(__name__)


class Callbacks:
    """One for all stand-ins. To be closed."""

    def __init__(self, given: Settings) -> None:
        self.given = given
        self._session: aiohttp.ClientSession | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self._room = asyncio.Semaphore(_AT_ONCE)

    def expect(self, text: CaughtText) -> None:
        """Send the receipts of a message at their time, if it named an address or the provider has one."""
        address = str(text.more.get("callback", ""))
        if not address or text.fate.get("receipts-lost"):
            return
        steps = [("sent", float(text.fate["sent"])), (str(text.fate["state"]), float(text.fate["final"]))]
        if text.fate.get("receipts-unordered"):
            steps = [(status, at) for (status, _), at in zip(steps, (text.fate["final"], text.fate["sent"]), strict=True)]
        for status, at in steps * (2 if text.fate.get("receipts-twice") else 1):
            self._begin(self._call(text, address, status, at))

    async def close(self) -> None:
        """Forget those whose time has not come."""
        for task in list(self._under_way):
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def _begin(self, call: Any) -> None:
        task = asyncio.create_task(call)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _call(self, text: CaughtText, address: str, status: str, at: float) -> None:
        await asyncio.sleep(at)
        for wait in (_AGAIN, 0.0):
            async with self._room:
                if await self._answered(text, address, status):
                    return
            await asyncio.sleep(wait)
        _log.info("callback_not_taken", provider=text.provider, message=text.id)

    async def _answered(self, text: CaughtText, address: str, status: str) -> bool:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=15))
        try:
            if text.provider == "twilio":
                form = twilio_form(text, status)
                signature = RequestValidator(CATCH_PASSWORD).compute_signature(address, form)
                call = self._session.post(address, data=form, headers={"X-Twilio-Signature": signature})
            else:
                call = self._session.post(address, json=iletimerkezi_report(text, status))
            async with call as response:
                return response.status < 500
        except (aiohttp.ClientError, TimeoutError):
            return False


def twilio_form(text: CaughtText, status: str) -> Mapping[str, str]:
    """A status callback as Twilio sends it; what was not delivered in time is `undelivered` there."""
    form = {
        "AccountSid": CATCH_ACCOUNT,
        "ApiVersion": "2010-04-01",
        "From": text.sender,
        "MessageSid": text.id,
        "MessageStatus": "undelivered" if status == "expired" else status,
        "SmsSid": text.id,
        "SmsStatus": "undelivered" if status == "expired" else status,
        "To": text.to,
    }
    return form | ({"ErrorCode": text.fate["code"] or "30008"} if status in {"undelivered", "failed", "expired"} else {})


def iletimerkezi_report(text: CaughtText, status: str) -> Mapping[str, Any]:
    """A call as Iletimerkezi makes it."""
    said = {"sent": "accepted", "delivered": "delivered"}.get(status, "undelivered")
    return {"report": {"id": abs(hash(text.id)) % 10**10, "packet_id": int(text.order), "status": said, "to": text.to, "body": text.text}}
