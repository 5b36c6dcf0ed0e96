"""The contract's schema, for tests that hold messages against it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator

SCHEMA = json.loads(Path(__file__).resolve().parents[1].joinpath("contract", "messages.schema.json").read_text())


def definition_of(message: dict[str, Any]) -> str:
    """The name of the definition of a server's message, by its type."""
    for name, definition in SCHEMA["definitions"].items():
        properties = definition.get("properties", {})
        if "type" in message and properties.get("type", {}).get("const") == message["type"]:
            return str(name)
        if message.get("action") == "pong" and properties.get("action", {}).get("const") == "pong":
            return str(name)
    raise AssertionError(f"The contract has no such message: {message}")


def validate(message: dict[str, Any], definition: str) -> None:
    """Raises jsonschema.ValidationError if the message is not what the contract says of it."""
    Draft7Validator({"$ref": f"#/definitions/{definition}", "definitions": SCHEMA["definitions"]}).validate(message)
