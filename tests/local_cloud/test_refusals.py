"""Everything that is wrong gets its code from the contract, and the connection stays open."""

import json
from typing import Any

import pytest

from local_cloud.conversation import conversation
from local_cloud.journey_stack import JourneyStack

REFUSALS: dict[str, tuple[dict[str, Any] | str | bytes, str, str]] = {
    "200 KB query": ({"action": "finops_query", "query": "x" * 200_000}, "job_failed", "QUERY_TOO_LONG"),
    "binary frame": (b"\xff\xfe\x00\x01", "error", "INVALID_MESSAGE"),
    "broken JSON": ('{"action": "finops_query", "query": ', "error", "INVALID_MESSAGE"),
    "no object": ("[]", "error", "INVALID_MESSAGE"),
    "no action": ({"query": "What did it cost?"}, "error", "INVALID_MESSAGE"),
    "unknown action": ({"action": "delete_everything"}, "error", "UNKNOWN_ACTION"),
    "action that is a route of API Gateway's": ({"action": "$disconnect"}, "error", "UNKNOWN_ACTION"),
    "missing query": ({"action": "finops_query"}, "job_failed", "INVALID_MESSAGE"),
    "number for a query": ({"action": "finops_query", "query": 7}, "job_failed", "INVALID_MESSAGE"),
    "blank query": ({"action": "finops_query", "query": " \n"}, "job_failed", "INVALID_MESSAGE"),
    "unknown agent": ({"action": "finops_query", "query": "Cost?", "agents": ["x"]}, "job_failed", "UNKNOWN_AGENT"),
    "neither token nor userId": ({"action": "authenticate"}, "error", "INVALID_MESSAGE"),
    "token that is none": ({"action": "authenticate", "token": "x.y.z"}, "error", "INVALID_TOKEN"),
    "half a character": ('{"action": "finops_query", "query": "\\ud800"}', "job_failed", "INVALID_MESSAGE"),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_wrong_message_gets_its_code_and_leaves_the_connection_open(stack: JourneyStack, case: str) -> None:
    frame, kind, code = REFUSALS[case]
    async with stack.signed_in() as client:
        refusal = await client.ask(frame)
        pong = await client.ask({"action": "ping"})

    assert (refusal["type"], refusal["code"]) == (kind, code)
    assert pong["action"] == "pong"


async def test_question_before_signing_in_is_refused_and_named(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        refusal = await client.ask({"action": "finops_query", "query": "What did it cost?", "requestId": "mine"})

    assert (refusal["type"], refusal["code"]) == ("job_failed", "UNAUTHENTICATED")
    assert (refusal["jobId"], refusal["requestId"]) == (None, "mine")


@pytest.mark.parametrize("kind", ["IdToken", "AccessToken"])
async def test_both_kinds_of_token_sign_in(stack: JourneyStack, kind: str) -> None:
    async with conversation(stack.url) as client:
        answer = await client.sign_in(stack.token(kind=kind))

    assert answer["verified"] is True
    assert answer["message"] == "Welcome testuser! WebSocket connection established."


async def test_expired_session_is_refused_until_the_client_signs_in_again(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        signed_in = await client.sign_in(stack.token())
        # An hour passes: as the table sees it.
        stack.cloud.client("dynamodb").update_item(
            TableName=stack.outputs["ConnectionsTableName"],
            Key={"connectionId": {"S": signed_in["connectionId"]}},
            UpdateExpression="SET expiresAt = :past",
            ExpressionAttributeValues={":past": {"N": "1"}},
        )
        refusal = await client.ask({"action": "finops_query", "query": "What did it cost?"})
        await client.sign_in(stack.token())
        messages = await client.job("What did it cost?")

    assert (refusal["type"], refusal["code"]) == ("job_failed", "SESSION_EXPIRED")
    assert messages[-1]["type"] == "job_completed"


async def test_unknown_fields_are_ignored(stack: JourneyStack) -> None:
    async with stack.signed_in() as client:
        pong = await client.ask(json.dumps({"action": "ping", "colour": "blue", "timestamp": 1.5}))

    assert pong["action"] == "pong"
