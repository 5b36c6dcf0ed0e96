"""Each permission is needed: with one taken from a role, a journey fails. The other journeys show that all suffice.

The local cloud enforces IAM on what the functions call. What it does not check (the queue's reader, log groups, who may
invoke a function) is held against the template in tests/unit/cloudformation. What the processor needs only to take up
another worker's job (GetItem and BatchGetItem on jobs, DeleteItem on connections) is used in the unit tests.
"""

import copy
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local_cloud.conversation import Conversation, conversation
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import until


@contextmanager
def without(stack: JourneyStack, function: str, sid: str, action: str) -> Iterator[None]:
    """Takes one action of one statement from a function's role."""
    complete = stack.role_policy(function)
    reduced: dict[str, Any] = copy.deepcopy(complete)
    statement = next(statement for statement in reduced["Statement"] if statement["Sid"] == sid)
    actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
    assert action in actions
    # IAM takes no empty list of actions.
    statement["Action"] = [other for other in actions if other != action] or ["sts:GetCallerIdentity"]
    stack.put_role_policy(function, reduced)
    try:
        yield
    finally:
        stack.put_role_policy(function, complete)


async def signed_in_and_answered(stack: JourneyStack, client: Conversation, query: str, **fields: Any) -> bool:
    """Whether a question gets its whole answer, and each of its agents' answers."""
    if (await client.ask({"action": "authenticate", "token": stack.token()}))["type"] != "authenticated":
        return False
    messages = await client.job(query, **fields)
    return messages[-1]["type"] == "job_completed" and not messages[-1]["result"]["partial"]


async def asks(stack: JourneyStack, client: Conversation) -> bool:
    return await signed_in_and_answered(stack, client, "What did it cost?")


async def asks_both(stack: JourneyStack, client: Conversation) -> bool:
    return await signed_in_and_answered(stack, client, "What did it cost, and where can I save?")


async def asks_twice(stack: JourneyStack, client: Conversation) -> bool:
    for _ in range(2):
        if not await signed_in_and_answered(stack, client, "What did it cost?", requestId="asked-twice"):
            return False
    return True


async def signs_in(stack: JourneyStack, client: Conversation) -> bool:
    return (await client.ask({"action": "authenticate", "token": stack.token()}))["type"] == "authenticated"


async def signs_in_while_a_job_runs(stack: JourneyStack, client: Conversation) -> bool:
    async with conversation(stack.url) as other:
        await other.sign_in(stack.token())
        await other.ask({"action": "finops_query", "query": "What did it cost? cost=hang:2"})
        return await signs_in(stack, client)


Journey = Callable[[JourneyStack, Conversation], Awaitable[bool]]

NEEDED: list[tuple[str, str, str, Journey]] = [
    ("connection-manager", "KeepConnections", "dynamodb:UpdateItem", signs_in),
    ("connection-manager", "FindUnfinishedJobs", "dynamodb:Query", signs_in),
    ("connection-manager", "FollowJobs", "dynamodb:UpdateItem", signs_in_while_a_job_runs),
    ("message-handler", "KnowWhoAsks", "dynamodb:GetItem", asks),
    ("message-handler", "StoreJobs", "dynamodb:PutItem", asks),
    ("message-handler", "StoreJobs", "dynamodb:UpdateItem", asks_twice),
    ("message-handler", "StoreJobs", "dynamodb:GetItem", asks_twice),
    ("message-handler", "StoreJobs", "dynamodb:BatchGetItem", asks_twice),
    ("message-handler", "QueueJobs", "sqs:SendMessage", asks),
    ("background-processor", "AskAgents", "lambda:InvokeFunction", asks_both),
]


@pytest.mark.parametrize(
    ("function", "sid", "action", "journey"), NEEDED, ids=lambda value: getattr(value, "__name__", value)
)
async def test_journey_fails_without_the_permission(
    stack: JourneyStack, function: str, sid: str, action: str, journey: Journey
) -> None:
    async with conversation(stack.url) as client:
        with without(stack, function, sid, action):
            assert not await journey(stack, client)
    async with conversation(stack.url) as client:
        assert await journey(stack, client)


async def test_connection_is_refused_without_the_permission_to_note_it(stack: JourneyStack) -> None:
    with without(stack, "connection-manager", "KeepConnections", "dynamodb:PutItem"), pytest.raises(InvalidStatus):
        async with conversation(stack.url):
            pass


@pytest.mark.parametrize("function", ["connection-manager", "message-handler"])
async def test_nothing_is_answered_without_the_permission_to_post(stack: JourneyStack, function: str) -> None:
    frame = {"action": "ping"} if function == "connection-manager" else {"action": "nothing that there is"}
    async with conversation(stack.url) as client:
        with without(stack, function, "AnswerClients", "execute-api:ManageConnections"), pytest.raises(TimeoutError):
            await client.send(frame)
            await client.receive(seconds=2)
        assert await client.ask(frame)


@pytest.mark.parametrize(
    ("sid", "action", "query"),
    [
        ("StoreSteps", "dynamodb:UpdateItem", "What did it cost?"),
        ("StoreSteps", "dynamodb:PutItem", "What did it cost?"),
        ("KeepLargeAnswers", "s3:PutObject", "What did it cost? cost=large:200000"),
        ("AnswerClients", "execute-api:ManageConnections", "What did it cost?"),
    ],
)
async def test_job_gets_no_further_without_the_processors_permission(
    stack: JourneyStack, sid: str, action: str, query: str
) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        with without(stack, "background-processor", sid, action):
            await client.send({"action": "finops_query", "query": query})
            with pytest.raises(TimeoutError):
                while (await client.receive(seconds=3))["type"] != "job_completed":
                    pass


@pytest.mark.parametrize(
    ("function", "sid"), [("background-processor", "KeepLargeAnswers"), ("message-handler", "LinkLargeAnswers")]
)
async def test_link_to_a_large_answer_is_refused_without_the_permission_to_read_it(
    stack: JourneyStack, function: str, sid: str
) -> None:
    query, request_id = "What did it cost? cost=large:200000", f"large-{function}"
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        messages = await client.job(query, requestId=request_id)
        if function == "message-handler":
            # The second time, the handler itself signs the link to the answer that is there.
            messages = await client.job(query, requestId=request_id)
    link = messages[-1]["result"]["responseUrl"]
    with without(stack, function, sid, "s3:GetObject"), pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(link, timeout=10)
    with urllib.request.urlopen(link, timeout=10) as response:
        assert response.status == 200


async def test_row_of_a_closed_connection_stays_without_the_permission_to_delete_it(stack: JourneyStack) -> None:
    rows = stack.cloud.client("dynamodb")

    def row_of(connection_id: str) -> bool:
        key = {"connectionId": {"S": connection_id}}
        return "Item" in rows.get_item(TableName=stack.outputs["ConnectionsTableName"], Key=key)

    with without(stack, "connection-manager", "KeepConnections", "dynamodb:DeleteItem"):
        async with conversation(stack.url) as client:
            kept = (await client.sign_in(stack.token()))["connectionId"]
        # Once another connection has been served, the first one's $disconnect has been too.
        async with conversation(stack.url) as client:
            await client.sign_in(stack.token())
    assert row_of(kept)

    async with conversation(stack.url) as client:
        deleted = (await client.sign_in(stack.token()))["connectionId"]
    until(lambda: not row_of(deleted))
