import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.event_parser import parse_event
from finops_client.events import TYPED_MESSAGES, ErrorMessage, GatewayError, Malformed, TypedMessage, Unknown
from unit.finops_client import protocol_messages as say

CONTRACT = json.loads((Path(__file__).parents[3] / "contract" / "messages.schema.json").read_text())
NAME_IN_CONTRACT = {kind: kind.__name__ for kind in TYPED_MESSAGES} | {ErrorMessage: "Error"}


def validator_of(name: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": CONTRACT["definitions"]})


def drawn_from(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a definition of the contract allows."""
    if "$ref" in schema:
        return drawn_from(CONTRACT["definitions"][schema["$ref"].rsplit("/", 1)[1]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "oneOf" in schema:
        return st.one_of([drawn_from(part) for part in schema["oneOf"]])
    if schema["type"] == "object":
        values = {name: drawn_from(part) for name, part in schema["properties"].items()}
        required = {name: values.pop(name) for name in schema["required"]}
        return st.fixed_dictionaries(required, optional=values)
    if schema["type"] == "array":
        return st.lists(drawn_from(schema["items"]), max_size=3)
    return {
        "string": st.text(min_size=schema.get("minLength", 0), max_size=20),
        "integer": st.integers(schema.get("minimum"), schema.get("maximum", 2**53)),
        "boolean": st.booleans(),
        "null": st.none(),
    }[schema["type"]]


@pytest.mark.parametrize("kind", TYPED_MESSAGES)
@given(data=st.data())
def test_every_message_of_the_contract_survives_the_round_trip(kind: type[TypedMessage], data: st.DataObject) -> None:
    message = data.draw(drawn_from({"$ref": f"#/definitions/{NAME_IN_CONTRACT[kind]}"}))
    event = parse_event(json.dumps(message))
    assert type(event) is kind
    assert event.to_message() == message
    assert kind.from_message(event.to_message()) == event


@pytest.mark.parametrize("kind", TYPED_MESSAGES)
def test_what_an_event_writes_is_in_the_contract(kind: type[TypedMessage]) -> None:
    name = NAME_IN_CONTRACT[kind]
    message = kind.from_message(say.ONE_OF_EACH[name]).to_message()
    validator_of(name).validate(message)
    assert message == say.ONE_OF_EACH[name]


def test_every_server_message_of_the_contract_has_a_class() -> None:
    from_server = {
        name
        for name, definition in CONTRACT["definitions"].items()
        if "type" in definition.get("properties", {}) or name == "Pong"
    }
    assert from_server == set(NAME_IN_CONTRACT.values())


def test_null_is_kept_where_it_means_something() -> None:
    event = parse_event(json.dumps(say.job_refused()))
    assert not isinstance(event, Malformed)
    assert event.to_message() == say.job_refused()


def test_api_gateways_error_and_the_unknown_are_written_as_they_came() -> None:
    assert GatewayError.from_message(say.gateway_error()).to_message() == say.gateway_error()
    assert Unknown({"type": "x"}).to_message() == {"type": "x"}
