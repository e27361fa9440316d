"""A request that is not done, and what the caller is told about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from imece.errors import ImeceError


@dataclass(frozen=True)
class Fault:
    """What is wrong with one place of the request. `pointer` is a JSON pointer into the body (`#/workbook`) or `?name` of the query."""

    pointer: str
    en: str
    tr: str


class Refusal(ImeceError):
    """A request refused with the given HTTP status, with headers (Retry-After, Allow) and the faults of single fields where they are known."""

    def __init__(self, status: int, en: str, tr: str, *, headers: Mapping[str, str] | None = None, faults: Sequence[Fault] = ()) -> None:
        super().__init__(en, tr)
        self.status = HTTPStatus(status)
        self.headers = dict(headers or {})
        self.faults = tuple(faults)
