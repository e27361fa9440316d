"""The document by which other systems know us."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

PUBLISHED = Path(__file__).parents[3] / "docs" / "asyncapi.json"


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """As `docs/asyncapi.json` has it."""
    found: dict[str, Any] = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    return found


def test_the_published_document_is_fresh() -> None:
    """Written anew by: imece contracts asyncapi > docs/asyncapi.json."""
    code = "import json; from imece.contracts.asyncapi import document; print(json.dumps(document(), ensure_ascii=False, indent=2))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == PUBLISHED.read_text(encoding="utf-8")


def references(value: Any) -> Iterator[str]:
    """Every `$ref` below a value."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in references(document):
        place: Any = document
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
        assert place


def test_every_kind_has_its_channel_message_operation_and_schemas(document: dict[str, Any]) -> None:
    from imece import contracts

    for contract in contracts.declared():
        if not contract.__module__.startswith("imece.contracts."):
            continue
        key = contract.kind.replace(".", "_")
        message = document["components"]["messages"][key]
        assert message["name"] == contract.kind
        assert message["summary"], f"{contract.kind} says nothing about itself"
        assert message["x-role"] == contract.role.value
        channel = document["operations"][key]["channel"]["$ref"].rpartition("/")[2]
        assert document["channels"][channel]["address"] == contract.queue


def test_every_schema_is_one(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
