"""The contract: its schema and its AsyncAPI document agree, leave nothing out, and give examples that are valid."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from contract_schema import DEFINITIONS, SCHEMA, errors_of, kind_of

CONTRACT = Path(__file__).resolve().parents[3] / "contract"
DOCUMENT = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text(encoding="utf-8"))
OPERATIONS = DOCUMENT["operations"]
# Messages are named like classes, the parts that they share like fields.
MESSAGES = sorted(name for name in DEFINITIONS if name[0].isupper())


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def names(operation_or_reply: dict[str, Any]) -> list[str]:
    return [reference["$ref"].rsplit("/", 1)[1] for reference in operation_or_reply["messages"]]


def examples_of(message: str) -> list[dict[str, Any]]:
    return [example["payload"] for example in DOCUMENT["components"]["messages"][message]["examples"]]


def test_the_schema_is_one_and_all_of_its_parts_are_used() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    shared = {f"#/definitions/{name}" for name in DEFINITIONS if name not in MESSAGES}
    assert set(references(SCHEMA)) == shared


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference: str) -> None:
    file, pointer = reference.split("#/")
    target: Any = {"": DOCUMENT, "messages.schema.json": SCHEMA}[file]
    for part in pointer.split("/"):
        target = target[part]


def test_messages_can_be_told_apart_and_take_fields_that_are_added() -> None:
    assert len({kind_of(message) for message in MESSAGES}) == len(MESSAGES)
    for message in MESSAGES:
        assert "additionalProperties" not in DEFINITIONS[message]
        assert set(DEFINITIONS[message]["required"]) <= set(DEFINITIONS[message]["properties"])


@pytest.mark.parametrize("message", MESSAGES)
def test_a_message_is_described_by_its_definition_and_by_valid_examples(message: str) -> None:
    described = DOCUMENT["components"]["messages"][message]
    assert described["payload"] == {"$ref": f"messages.schema.json#/definitions/{message}"}
    assert described["name"] == kind_of(message)[1]
    properties = DEFINITIONS[message]["properties"]
    assert ("correlationId" in described) == bool({"jobId", "requestId"} & set(properties))
    assert examples_of(message)
    for example in examples_of(message):
        assert errors_of(message, example) == []
        assert set(example) <= set(properties), "valid, because unknown fields are ignored, and still a slip"


def test_every_message_is_on_the_channel_and_has_an_operation_in_its_direction() -> None:
    (channel,) = DOCUMENT["channels"].values()
    assert set(channel["messages"]) == set(DOCUMENT["components"]["messages"]) == set(MESSAGES)
    received = [operation for operation in OPERATIONS.values() if operation["action"] == "receive"]
    sent = [operation for operation in OPERATIONS.values() if operation["action"] == "send"]
    from_clients = {name for operation in received for name in names(operation)}
    assert from_clients == {name for name in MESSAGES if kind_of(name)[0] == "action"} - {"Pong"}
    replies = {name for operation in received for name in names(operation["reply"])}
    assert replies | {name for operation in sent for name in names(operation)} == set(MESSAGES) - from_clients


def test_what_clients_send_is_answered_or_refused() -> None:
    for name, operation in OPERATIONS.items():
        if operation["action"] == "receive":
            _answer, refusal = names(operation["reply"])
            # An older client's spinner stops on nothing but job_failed.
            assert refusal == ("JobFailed" if name == "askQuestion" else "Error")


def test_limits_say_when_to_try_again() -> None:
    refusals = [*examples_of("JobFailed"), *examples_of("Error")]
    limits = [example for example in refusals if example["code"] in {"RATE_LIMITED", "TOO_MANY_JOBS"}]
    assert {example["type"] for example in limits} == {"job_failed", "error"}
    assert all(("retryAfter" in example) == (example in limits) for example in refusals)
    for limit in limits:
        message = "Error" if limit["type"] == "error" else "JobFailed"
        assert [
            seconds
            for seconds in (0, 1.5, "17", None, 86_401)
            if not errors_of(message, limit | {"retryAfter": seconds})
        ] == []


def test_the_readme_explains_every_code_and_no_other() -> None:
    readme = (CONTRACT / "README.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([A-Z_]+)` \|", readme, re.MULTILINE)
    assert sorted(explained) == sorted(DEFINITIONS["errorCode"]["enum"])
