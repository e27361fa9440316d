"""The AsyncAPI 3.0 description of every contract: one channel per queue, one message per kind. Source: asyncapi.com, specification 3.0.0."""

from typing import Any

from imece.contracts.contract import Contract, declared


def document() -> dict[str, Any]:
    """The whole document, stable in its order, so that a change of a contract is a change of the file."""
    kinds = list(declared())
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for contract in kinds:
        key = _key(contract)
        queue = contract.queue.replace(".", "_")
        channel = channels.setdefault(queue, {"address": contract.queue, "messages": {}})
        channel["messages"][key] = {"$ref": f"#/components/messages/{key}"}
        operations[key] = {
            "action": "receive",
            "channel": {"$ref": f"#/channels/{queue}"},
            "messages": [{"$ref": f"#/channels/{queue}/messages/{key}"}],
        }
        messages[key] = _message(contract)
        schemas[key] = _schema(contract)
        schemas[f"{key}_result"] = _schema(contract.result)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "imece",
            "version": "1",
            "description": "What imece's services ask of each other. The message in Redis carries only a job's id; the arguments described here are its row in the ledger.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": dict(sorted(channels.items())),
        "operations": dict(sorted(operations.items())),
        "components": {"messages": dict(sorted(messages.items())), "schemas": dict(sorted(schemas.items()))},
    }


def _message(contract: type[Contract]) -> dict[str, Any]:
    key = _key(contract)
    text = (contract.__doc__ or "").strip()
    return {
        "name": contract.kind,
        "summary": text.partition("\n")[0],
        "payload": {"$ref": f"#/components/schemas/{key}"},
        "x-version": contract.version,
        "x-max-attempts": contract.max_attempts,
        "x-soft-limit-seconds": int(contract.soft_limit.total_seconds()),
        "x-hard-limit-seconds": int(contract.hard_limit.total_seconds()),
        "x-role": contract.role.value,
        "x-result": {"$ref": f"#/components/schemas/{key}_result"},
    }


def _schema(model: Any) -> dict[str, Any]:
    schema: dict[str, Any] = model.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    return {name: _inlined(inner, definitions) for name, inner in schema.items()}


def _inlined(value: Any, definitions: dict[str, Any]) -> Any:
    """Nested models written where they are used, so that every schema stands by itself."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            return _inlined(definitions[reference.rpartition("/")[2]], definitions)
        return {name: _inlined(inner, definitions) for name, inner in value.items()}
    if isinstance(value, list):
        return [_inlined(inner, definitions) for inner in value]
    return value


def _key(contract: type[Contract]) -> str:
    return contract.kind.replace(".", "_")
