"""The description of the API: what FastAPI knows of the routes, and one operation per kind with its own schema and example."""

from copy import deepcopy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from gateway import doors, submissions
from gateway.settings import settings
from imece.contracts import Contract

_PATTERN = "/v1/jobs/{kind}"
_REF = "#/components/schemas/{model}"

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong, for people and programs (RFC 9457)",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:imece:not-found"]},
        "title": {"type": "string", "examples": ["Bulunamadı"]},
        "status": {"type": "integer", "examples": [404]},
        "detail": {"type": "string", "examples": ["Böyle bir iş yok."]},
        "instance": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"pointer": {"type": "string"}, "detail": {"type": "string"}}},
        },
    },
}

#: What a field without an example of its own looks like, by format or type.
_PLAIN = {
    "uuid": "01994b1c-7c1e-7a52-9d3b-5f1e0a6b7c8d",
    "uri": "https://example.com/hook",
    "integer": 1,
    "number": 1,
    "boolean": True,
    "object": {},
}


def describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of `app`, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title="imece",
            version=app.version,
            summary="Background work of a back office",
            description=(
                "Upload a file, ask for a job, follow it. Every error is `application/problem+json`, in Turkish or English by "
                "`Accept-Language`. Authenticate with `Authorization: Bearer imece_...`; a key belongs to one company and sees nothing else."
                + "".join(f" What `{name}` answers under `/v1/{name}/` stands in `/v1/{name}/openapi.json`." for name in doors.known())
            ),
            routes=app.routes,
            servers=[{"url": settings().url}],
        )
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = _PROBLEM
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "imece key add"}}
        document["security"] = [{"key": []}]
        _per_kind(document["paths"], schemas)
        for operations in document["paths"].values():
            for operation in operations.values():
                _answers(operation)
        document["paths"]["/healthz"]["get"]["security"] = []
        app.openapi_schema = document
    return app.openapi_schema


def _per_kind(paths: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put one path per kind in the place of `/v1/jobs/{kind}`."""
    pattern = paths.pop(_PATTERN)["post"]
    for contract in submissions.kinds():
        name = contract.__name__
        schemas[name] = _schema(contract, schemas)
        schemas[contract.result.__name__] = _schema(contract.result, schemas)
        operation = deepcopy(pattern)
        paragraphs = (contract.__doc__ or contract.kind).strip().partition("\n\n")
        operation |= {
            "summary": paragraphs[0].strip(),
            "description": f"{paragraphs[2].strip()}\n\nNeeds the role `{contract.role}`. Its `result`: `{contract.result.__name__}`.".strip(),
            "operationId": contract.kind.replace(".", "_"),
            "parameters": [p for p in operation["parameters"] if p["name"] != "kind"],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"$ref": _REF.format(model=name)}, "example": example(contract)}},
            },
        }
        answer = operation["responses"]["202"]["content"]["application/json"]
        answer["schema"] = {
            "allOf": [answer["schema"]],
            "properties": {"result": {"anyOf": [{"$ref": _REF.format(model=contract.result.__name__)}, {"type": "null"}]}},
        }
        paths[_PATTERN.replace("{kind}", contract.kind)] = {"post": operation}


def example(contract: type[Contract]) -> dict[str, Any]:
    """Arguments as one would write them: each field's own example, or its default where that says something."""
    shapes = contract.model_json_schema()["properties"]
    return {
        name: value
        for name, field in contract.model_fields.items()
        if (value := _example(field, shapes[name])) is not None and (field.is_required() or value)
    }


def _example(field: FieldInfo, shape: dict[str, Any]) -> Any:
    if field.examples:
        return field.examples[0]
    if field.is_required():
        return shape.get("enum", [None])[0] or _PLAIN.get(shape.get("format") or shape.get("type", ""), "...")
    if field.default in (PydanticUndefined, None, ()):
        return None
    return list(field.default) if isinstance(field.default, tuple) else field.default


def _schema(model: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = model.model_json_schema(ref_template=_REF)
    schemas |= schema.pop("$defs", {})
    return schema


def _answers(operation: dict[str, Any]) -> None:
    """Every operation may answer with a problem; FastAPI's own description of 422 goes."""
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {
        "description": "A problem",
        "content": {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}},
    }
