"""The AsyncAPI document: it refers to what is there, leaves no message out, and its examples are what it says.

That it is valid AsyncAPI 3.0.0 was checked by hand with the project's own parser (npm @asyncapi/parser); here are the
rules that a change of the contract can break.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_schema import SCHEMA, validate

CONTRACT = Path(__file__).resolve().parents[3] / "contract"
DOCUMENT = yaml.safe_load((CONTRACT / "asyncapi.yaml").read_text(encoding="utf-8"))

# Messages are named like classes, the parts that they share like fields.
MESSAGES = {name for name in SCHEMA["definitions"] if name[0].isupper()}
ENDS = ["JobCompleted", "JobFailed", "JobCancelled"]


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def resolve(reference: str) -> Any:
    file, pointer = reference.split("#/")
    target = {"": DOCUMENT, "messages.schema.json": SCHEMA}[file]
    for part in pointer.split("/"):
        target = target[part]
    return target


def names(operation_or_reply: dict[str, Any]) -> list[str]:
    return [reference["$ref"].rsplit("/", 1)[1] for reference in operation_or_reply["messages"]]


def examples_of(message: str) -> list[dict[str, Any]]:
    return [example["payload"] for example in DOCUMENT["components"]["messages"][message]["examples"]]


def discriminator(message: str) -> tuple[str, str]:
    properties = SCHEMA["definitions"][message]["properties"]
    key = "type" if "type" in properties else "action"
    return key, properties[key]["const"]


def is_sent_by_clients(message: str) -> bool:
    return discriminator(message)[0] == "action" and message != "Pong"


OPERATIONS = DOCUMENT["operations"]
RECEIVED = {name: operation for name, operation in OPERATIONS.items() if operation["action"] == "receive"}
SENT = {name: operation for name, operation in OPERATIONS.items() if operation["action"] == "send"}


def test_is_an_asyncapi_3_document():
    assert DOCUMENT["asyncapi"] == "3.0.0"
    assert {"info", "servers", "channels", "operations", "components"} <= set(DOCUMENT)
    assert set(RECEIVED) | set(SENT) == set(OPERATIONS)


@pytest.mark.parametrize("reference", sorted(set(references(DOCUMENT))))
def test_every_reference_leads_somewhere(reference):
    assert isinstance(resolve(reference), dict)


def test_there_is_one_channel_and_every_message_of_the_schema_is_on_it():
    (channel,) = DOCUMENT["channels"].values()
    assert set(DOCUMENT["components"]["messages"]) == MESSAGES
    assert all(
        reference == {"$ref": f"#/components/messages/{name}"} for name, reference in channel["messages"].items()
    )


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_a_message_is_its_definition_and_nothing_is_repeated(message):
    described = DOCUMENT["components"]["messages"][message]
    assert described["payload"] == {"$ref": f"messages.schema.json#/definitions/{message}"}
    assert described["name"] == discriminator(message)[1]


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_a_message_has_examples_that_are_valid(message):
    assert examples_of(message)
    for example in examples_of(message):
        validate(example, message)
        unknown = set(example) - set(SCHEMA["definitions"][message]["properties"])
        assert not unknown, "valid, because unknown fields are ignored, and still a slip"


def test_every_message_has_an_operation_in_its_direction():
    replies = [name for operation in RECEIVED.values() for name in names(operation["reply"])]
    from_clients = [name for operation in RECEIVED.values() for name in names(operation)]
    from_server = [name for operation in SENT.values() for name in names(operation)] + replies
    assert sorted(from_clients) == sorted(filter(is_sent_by_clients, MESSAGES))
    assert set(from_server) == MESSAGES - set(from_clients)


@pytest.mark.parametrize("operation", sorted(RECEIVED))
def test_what_clients_send_is_answered_or_refused(operation):
    *answers, refusal = names(RECEIVED[operation]["reply"])
    assert len(answers) == 1
    # An older client's spinner stops on nothing but job_failed.
    assert refusal == ("JobFailed" if operation == "askQuestion" else "Error")


def test_operations_speak_of_the_channel_messages():
    for operation in OPERATIONS.values():
        for speaker in [operation, *filter(None, [operation.get("reply")])]:
            (channel,) = DOCUMENT["channels"]
            assert speaker["channel"] == {"$ref": f"#/channels/{channel}"}
            assert all(each["$ref"].startswith(f"#/channels/{channel}/messages/") for each in speaker["messages"])


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_a_correlation_id_is_a_field_of_its_message(message):
    correlation = DOCUMENT["components"]["messages"][message].get("correlationId")
    properties = SCHEMA["definitions"][message]["properties"]
    assert (correlation is not None) == bool({"jobId", "requestId"} & set(properties))
    if correlation is not None:
        assert resolve(correlation["$ref"])["location"].removeprefix("$message.payload#/") in properties


def test_the_examples_tell_one_job_in_the_order_of_its_messages():
    steps = ["JobQueued", *names(SENT["sendJobSteps"])]
    told = [examples_of(step)[0] for step in steps if step not in ENDS]
    assert [step["seq"] for step in told] == [1, 2, 3, 4]
    assert len({step["jobId"] for step in told}) == 1
    (question, *_), (queued, *_) = examples_of("FinopsQuery"), examples_of("JobQueued")
    assert (question["query"], question["requestId"]) == (queued["query"], queued["requestId"])


@pytest.mark.parametrize("end", ENDS)
def test_the_description_names_every_end(end):
    assert f"`{discriminator(end)[1]}`" in DOCUMENT["info"]["description"]


def test_the_examples_of_limits_say_when_to_try_again():
    refusals = [*examples_of("JobFailed"), *examples_of("Error")]
    limits = [example for example in refusals if example["code"] in {"RATE_LIMITED", "TOO_MANY_JOBS"}]
    assert {example["type"] for example in limits} == {"job_failed", "error"}
    assert all(("retryAfter" in example) == (example in limits) for example in refusals)
