"""The description of the API is itself checked: complete, resolvable, its examples true."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator

from gateway import submissions
from gateway.openapi import example
from imece.contracts import Contract

Firm = Any  #: conftest.Firm


@pytest.fixture
def document(application: FastAPI) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(json.dumps(application.openapi()))
    return made


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from references(inner)


def test_every_kind_has_an_operation_of_its_own(document: dict[str, Any]) -> None:
    for contract in submissions.kinds():
        operation = document["paths"][f"/v1/jobs/{contract.kind}"]["post"]
        body = operation["requestBody"]["content"]["application/json"]
        assert body["schema"] == {"$ref": f"#/components/schemas/{contract.__name__}"}
        assert operation["summary"]
        assert contract.role in operation["description"]
        assert not any(parameter["name"] == "kind" for parameter in operation["parameters"])
    assert "/v1/jobs/{kind}" not in document["paths"]
    assert "documents.render_letters" not in str(document["paths"].keys())


@pytest.mark.parametrize("contract", submissions.kinds(), ids=lambda contract: contract.kind)
def test_an_example_is_what_the_contract_takes(document: dict[str, Any], contract: type[Contract]) -> None:
    body = document["paths"][f"/v1/jobs/{contract.kind}"]["post"]["requestBody"]["content"]["application/json"]
    schema = {"$ref": body["schema"]["$ref"], "components": document["components"]}

    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body["example"])
    assert body["example"] == example(contract)
    contract.model_validate_json(json.dumps(body["example"]))


def test_every_reference_leads_somewhere_and_every_operation_tells_of_problems(document: dict[str, Any]) -> None:
    for reference in references(document):
        node: Any = document
        for step in reference.removeprefix("#/").split("/"):
            node = node[step]
    ids = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert "application/problem+json" in operation["responses"]["default"]["content"], (method, path)
            assert "422" not in operation["responses"]
            ids.add(operation["operationId"])
    assert len(ids) == sum(len(operations) for operations in document["paths"].values())


def test_the_console_is_no_part_of_it(document: dict[str, Any]) -> None:
    assert all(path.startswith(("/v1/", "/api/", "/healthz", "/metrics")) for path in document["paths"])


def test_it_is_served_to_whoever_has_a_key(client: TestClient, firm: Firm, document: dict[str, Any]) -> None:
    assert client.get("/v1/openapi.json").status_code == 401
    assert client.get("/v1/openapi.json", headers=firm.headers()).json() == document
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "http://127.0.0.1:8300"}]
