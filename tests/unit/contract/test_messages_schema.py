"""The contract's JSON Schema: it is one, its references hold, and its messages can be told apart."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from contract_schema import SCHEMA, validate

DEFINITIONS = SCHEMA["definitions"]
MESSAGES = sorted(name for name in DEFINITIONS if name[0].isupper())
SHARED = sorted(set(DEFINITIONS) - set(MESSAGES))


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_is_a_draft_07_schema():
    assert SCHEMA["$schema"] == "http://json-schema.org/draft-07/schema#"
    jsonschema.Draft7Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("reference", sorted(set(references(SCHEMA))))
def test_every_reference_leads_to_a_definition(reference):
    assert reference.removeprefix("#/definitions/") in DEFINITIONS


@pytest.mark.parametrize("definition", SHARED)
def test_every_shared_part_is_used(definition):
    assert f"#/definitions/{definition}" in set(references(SCHEMA))


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_takes_unknown_fields_and_asks_for_none_that_it_does_not_describe(message):
    definition = DEFINITIONS[message]
    assert "additionalProperties" not in definition
    assert set(definition["required"]) <= set(definition["properties"])


def test_no_two_messages_have_the_same_type_or_action():
    constants = [
        (key, properties[key]["const"])
        for properties in (DEFINITIONS[message]["properties"] for message in MESSAGES)
        for key in ("type", "action")
        if key in properties
    ]
    assert len(constants) == len(MESSAGES) == len(set(constants))


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("not_a_message", [None, 7, "text", [], {}, {"type": "unheard_of"}])
def test_what_is_no_message_is_refused(message, not_a_message):
    with pytest.raises(jsonschema.ValidationError):
        validate(not_a_message, message)
