"""
Yesterday's payloads under today's contracts.

`<kind>/<version>-<name>.json` holds arguments and a result as they stood in a ledger. They are never changed: a queue may hold them, and a worker of
yesterday may still write such results. A contract that gains a field gains a version and a new file, `<version>-all.json`.
"""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from imece import contracts
from imece.contracts import Contract

HERE = Path(__file__).parent
TOP = HERE.parent.parent
GOLDENS = sorted(HERE.glob("*/*.json"))
#: The kinds that ship. Other tests declare kinds of their own in the same process.
KINDS = {contract.kind: contract for contract in contracts.declared() if contract.__module__.startswith("imece.contracts.")}


def read(path: Path) -> tuple[type[Contract], dict[str, Any], dict[str, Any]]:
    """The contract of a golden, its arguments and its result."""
    golden = json.loads(path.read_text(encoding="utf-8"))
    return KINDS[path.parent.name], golden["args"], golden["result"]


def named(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


@pytest.mark.parametrize("path", GOLDENS, ids=named)
def test_yesterdays_payload_is_understood_whole(path: Path) -> None:
    """Nothing that stood in it is dropped, renamed or read as something else."""
    contract, args, result = read(path)
    understood = contract.model_validate(args).model_dump(mode="json")
    assert {name: understood[name] for name in args} == args
    answered = contract.result.model_validate(result).model_dump(mode="json")
    assert {name: answered[name] for name in result} == result


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_golden_names_every_field(kind: str) -> None:
    """Who adds a field adds a golden, so that nobody takes it away again unnoticed."""
    contract = KINDS[kind]
    path = HERE / kind / f"{contract.version}-all.json"
    assert path.is_file(), f"{kind} has no golden {path.name}"
    _, args, result = read(path)
    assert set(args) == set(contract.model_fields)
    assert set(result) == set(contract.result.model_fields)


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_optional_may_still_be_left_out(kind: str) -> None:
    required = {name for name, field in KINDS[kind].model_fields.items() if field.is_required()}
    least = min((set(read(path)[1]) for path in GOLDENS if path.parent.name == kind), key=len)
    assert required == least


def test_no_kind_vanishes_while_its_jobs_may_be_waiting() -> None:
    assert {path.parent.name for path in GOLDENS} == set(KINDS)


@pytest.mark.parametrize("path", GOLDENS, ids=named)
def test_the_published_document_describes_it(path: Path) -> None:
    """Other systems build their requests from `docs/asyncapi.json` alone."""
    contract, args, result = read(path)
    schemas = json.loads((TOP / "docs" / "asyncapi.json").read_text(encoding="utf-8"))["components"]["schemas"]
    key = contract.kind.replace(".", "_")
    jsonschema.validate(args, schemas[key])
    jsonschema.validate(result, schemas[f"{key}_result"])
