"""The contract's JSON Schema: it is one, its references hold, and its messages can be told apart."""

import re
from collections.abc import Iterator
from pathlib import Path
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


LIMITED = {"type": "error", "code": "RATE_LIMITED", "message": "Please wait.", "timestamp": 1}
NOT_ASKED = {"type": "job_failed", "jobId": None, "error": "Too many.", "code": "TOO_MANY_JOBS", "timestamp": 1}


@pytest.mark.parametrize(("refusal", "message"), [(LIMITED, "Error"), (NOT_ASKED, "JobFailed")])
def test_a_refusal_may_say_when_to_try_again(refusal, message):
    for fields in ({}, {"retryAfter": 1}, {"retryAfter": 86_400}):
        validate(refusal | fields, message)
    for nonsense in (0, -1, 1.5, "17", None, True, 86_401):
        with pytest.raises(jsonschema.ValidationError):
            validate(refusal | {"retryAfter": nonsense}, message)


def test_the_readme_explains_every_code_and_no_other():
    readme = (Path(__file__).resolve().parents[3] / "contract" / "README.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    assert sorted(explained) == sorted(DEFINITIONS["errorCode"]["enum"])
