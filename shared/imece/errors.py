"""
Errors that carry their consequence.

Raise the one that says what happens next: `Permanent` (never again), `Transient` (again, with back-off), `Snooze` (later, without
spending an attempt), `Unknown` (something was done outside and its outcome is not known: look it up, never repeat it blindly).
Every message exists in Turkish and in English, because a person reads it in the console.
"""

from datetime import timedelta
from http import HTTPStatus


class ImeceError(Exception):
    """Base of every error imece raises on purpose. `status` is what the gateway answers when the error reaches a request."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR

    def __init__(self, en: str, tr: str | None = None) -> None:
        """`en` and `tr` are whole sentences for people; without `tr` the English one is shown to everybody."""
        super().__init__(en)
        self.en = en
        self.tr = tr or en


class Permanent(ImeceError):
    """It can never work with these arguments: the job fails now, without another attempt."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Transient(ImeceError):
    """It did not work this time: again after a back-off, or after `retry_after` where the other side named a time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, en: str, tr: str | None = None, *, retry_after: timedelta | None = None) -> None:
        """`retry_after` is a floor for the wait; the policy may wait longer."""
        super().__init__(en, tr)
        self.retry_after = retry_after


class Snooze(ImeceError):
    """Not now: again after `delay`, and no attempt is spent."""

    status = HTTPStatus.SERVICE_UNAVAILABLE

    def __init__(self, delay: timedelta, en: str = "Held back for later.", tr: str = "Daha sonraya bırakıldı.") -> None:
        """`delay` counts from the moment the ledger writes it down."""
        super().__init__(en, tr)
        self.delay = delay


class Unknown(ImeceError):
    """Something outside may or may not have happened. The job fails with that reason; repeating it is a person's decision."""


class Interrupted(ImeceError):
    """Base of what the worker itself raises inside a running handler. Let it pass."""


class Cancelled(Interrupted):
    """Somebody asked for the end of the job."""

    def __init__(self, en: str = "Somebody asked for the end of this job.", tr: str = "Bu işin durdurulması istendi.") -> None:
        """Needs no arguments, because it is raised into another thread."""
        super().__init__(en, tr)


class TimedOut(Interrupted):
    """The attempt ran longer than its contract's soft limit."""

    def __init__(self, en: str = "The job ran longer than it may.", tr: str = "İş, izin verilen süreyi aştı.") -> None:
        """Needs no arguments, because it is raised into another thread."""
        super().__init__(en, tr)


class Lost(Interrupted):
    """This attempt no longer owns its job: nothing it writes through the ledger counts any more."""

    def __init__(self, en: str = "Another attempt owns this job now.", tr: str = "Bu iş artık başka bir denemeye ait.") -> None:
        """Needs no arguments, because it is raised into another thread."""
        super().__init__(en, tr)


class NotFound(ImeceError):
    """There is no such thing, or not for this company."""

    status = HTTPStatus.NOT_FOUND


class Conflict(ImeceError):
    """The thing is in a state that does not allow this."""

    status = HTTPStatus.CONFLICT


class Invalid(ImeceError):
    """The request itself is wrong."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Unfit(Invalid):
    """The request says something that cannot be kept."""

    def __init__(
        self,
        en: str = "There is a character in this that cannot be kept (NUL, or half of one), or a date out of reach.",
        tr: str = "İçinde saklanamayan bir karakter (NUL ya da yarım bir karakter) ya da erişilemeyecek bir tarih var.",
    ) -> None:
        """What is refused stands in the request; which place of it, PostgreSQL does not say."""
        super().__init__(en, tr)


class Misconfigured(ImeceError):
    """imece cannot work as it is set up; said at the start, naming the setting."""
