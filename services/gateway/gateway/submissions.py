"""A job asked for from outside: its contract found and checked, its keys and its company too, and asked for once per Idempotency-Key."""

import hashlib
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gateway import languages
from gateway.callers import Caller
from gateway.models import Company, Submission
from gateway.refusals import Fault, Refusal
from imece import contracts, ledger, storage
from imece.contracts import Contract, Role
from imece.errors import NotFound

#: A text that begins like a storage key: a company, a slash. Broader than a key has to be, so that no spelling of one slips through.
_LIKE_A_KEY = re.compile(r"\s*([0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12})\s*[/\\]")

_LONGEST_KEY = 200


def kinds(caller: Caller | None = None) -> list[type[Contract]]:
    """The kinds that can be asked for from outside; only those that `caller` may ask for, when given."""
    return [c for c in contracts.declared() if c.role is not Role.SYSTEM and (caller is None or caller.may(c.role))]


def contract_of(kind: str, caller: Caller) -> type[Contract]:
    """The contract of `kind`. Raises NotFound for what does not exist or only imece itself may ask for, Refusal 403 for another role's."""
    found = contracts.find(kind)
    if found is None or found.role is Role.SYSTEM:
        raise NotFound(f"There is no kind {kind} that can be asked for.", f"İstenebilecek {kind} diye bir iş türü yok.")
    if not caller.may(found.role):
        raise Refusal(403, f"{kind} needs the role {found.role}.", f"{kind} için {found.role} rolü gerekir.")
    return found


def read(contract: type[Contract], body: bytes) -> Contract:
    """The arguments in `body` (JSON). Raises Refusal 422 with a fault per wrong field."""
    try:
        return contract.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise Refusal(
            422,
            f"These are no arguments of {contract.kind}; its schema stands in /v1/openapi.json.",
            f"Bunlar {contract.kind} için geçerli değil; şeması /v1/openapi.json içinde.",
            faults=[_fault(e) for e in error.errors(include_url=False)],
        ) from None


def company_for(session: Session, caller: Caller, wanted: UUID | None) -> UUID:
    """
    For which company the caller asks: its own, or for the installation's callers the one they name.

    Raises Refusal 422 when the installation's caller names none, NotFound for a company that is not there or not the caller's.
    """
    if caller.company_id is not None:
        if wanted not in (None, caller.company_id):
            raise NotFound("There is no such company.", "Böyle bir şirket yok.")
        return caller.company_id
    if wanted is None:
        raise Refusal(
            422,
            "This key belongs to the whole installation: say for which company, with ?company=<id>.",
            "Bu anahtar bütün kuruluma ait: hangi şirket için olduğunu ?company=<kimlik> ile belirtin.",
            faults=[Fault("?company", "Needed here.", "Burada gerekli.")],
        )
    if session.get(Company, wanted) is None:
        raise NotFound("There is no such company.", "Böyle bir şirket yok.")
    return wanted


def submit(
    session: Session,
    caller: Caller,
    contract: Contract,
    *,
    company_id: UUID,
    idempotency_key: str | None = None,
    at: datetime | None = None,
) -> UUID:
    """
    Ask for the job in this transaction; its id.

    With `idempotency_key` the same company asking again within a day gets the first job's id, however that job stands. Raises Refusal 422 when
    the same key comes with another request; NotFound when an argument is a storage key that is not the company's or leads nowhere.
    """
    _check_keys(contract, company_id)
    if idempotency_key is None:
        return ledger.submit(session, contract, company_id=company_id, requested_by=caller.name, at=at)
    if not idempotency_key.strip() or len(idempotency_key) > _LONGEST_KEY or not idempotency_key.isprintable():
        raise Refusal(
            422, f"Idempotency-Key: 1 to {_LONGEST_KEY} printable characters.", f"Idempotency-Key: 1-{_LONGEST_KEY} görünür karakter."
        )
    digest = hashlib.sha256(f"{contract.kind}\n{at}\n{contract.model_dump_json()}".encode()).digest()
    place = {"company_id": company_id, "key": idempotency_key}
    # Whoever asks at the same moment under the same key waits here for the lock, then finds the row.
    session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{company_id} {idempotency_key}", 0))))
    known = session.get(Submission, (company_id, idempotency_key))
    if known is None:
        unique = f"{company_id} {contract.kind} {idempotency_key}"
        job_id = ledger.submit(session, contract, company_id=company_id, requested_by=caller.name, unique_key=unique, at=at)
        session.execute(insert(Submission).values(**place, digest=digest, job_id=job_id))
        return job_id
    if known.digest != digest:
        raise Refusal(
            422,
            "This Idempotency-Key was used for another request.",
            "Bu Idempotency-Key başka bir istek için kullanılmış.",
            faults=[Fault("?Idempotency-Key", "Used for another request.", "Başka bir istek için kullanılmış.")],
        )
    return known.job_id


def _check_keys(contract: Contract, company_id: UUID) -> None:
    """
    Refuse arguments that lead to another company's file, wherever they stand; every kind is covered, also those written tomorrow.

    Another company's file and a missing one get the same answer.
    """
    faults = []
    for pointer, text in _texts(contract.model_dump(mode="json")):
        if not (begins := _LIKE_A_KEY.match(text)):
            continue
        try:
            is_there = UUID(begins[1]) == company_id == storage.owner(text) and storage.size(text) >= 0
        except NotFound:
            is_there = False
        if not is_there:
            faults.append(Fault(pointer, "There is no such file.", "Böyle bir dosya yok."))
    if faults:
        raise Refusal(404, "A file that this job should work on is not there.", "İşin üzerinde çalışacağı bir dosya yok.", faults=faults)


def _texts(value: Any, pointer: str = "#") -> Iterator[tuple[str, str]]:
    """Every string inside JSON, keys of objects too, with its JSON pointer."""
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield pointer, name
            yield from _texts(inner, f"{pointer}/{name}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from _texts(inner, f"{pointer}/{place}")


def _fault(error: Any) -> Fault:
    pointer = "/".join(["#", *(str(p).replace("~", "~0").replace("/", "~1") for p in error["loc"])])
    return Fault(pointer, languages.fault(error, "en"), languages.fault(error, "tr"))
