"""The wire contract, for tests that hold messages against it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

SCHEMA: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[1] / "contract" / "messages.schema.json").read_text(encoding="utf-8")
)
DEFINITIONS: dict[str, Any] = SCHEMA["definitions"]
ERROR_CODES = frozenset(DEFINITIONS["errorCode"]["enum"])

# A server message has a type; Pong alone has an action, as all client messages have.
SERVER_MESSAGES = {
    name: definition
    for name, definition in DEFINITIONS.items()
    if "const" in definition.get("properties", {}).get("type", {}) or name == "Pong"
}
CLIENT_MESSAGES = {
    name: definition
    for name, definition in DEFINITIONS.items()
    if "action" in definition.get("properties", {}) and name != "Pong"
}


def kind_of(definition: str) -> tuple[str, str]:
    """Give the field that tells a message's kind, and its value."""
    properties = DEFINITIONS[definition]["properties"]
    key = "type" if "type" in properties else "action"
    return key, properties[key]["const"]


_DEFINITION_OF_KIND = {kind_of(name): name for name in SERVER_MESSAGES}


def errors_of(definition: str, value: object) -> list[str]:
    """Say what is wrong with a value that should be as the definition says."""
    schema = {"definitions": DEFINITIONS, "$ref": f"#/definitions/{definition}"}
    return [error.message for error in Draft7Validator(schema).iter_errors(value)]


def assert_valid(wire: dict[str, Any]) -> None:
    """Fail unless a message to a client is valid against the definition of its kind."""
    key = "type" if "type" in wire else "action"
    assert errors_of(_DEFINITION_OF_KIND[key, wire[key]], wire) == []
