"""Each permission is needed: with one taken from a role, a journey fails. The other journeys show that all suffice.

The local cloud enforces IAM on what the functions call. What it does not check (the queue's reader, log groups, who may
invoke a function) is held against the template in tests/unit/cloudformation. What is called only when something breaks
(another worker's answers read, a gone follower forgotten, a message's visibility changed, a text moved to the bucket
for a message that API Gateway refuses) is used in the unit tests and in tests/faults.
"""

import copy
import urllib.error
import urllib.request
import uuid
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


async def cancels(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token("canceller"))
    queued = await client.ask({"action": "finops_query", "query": "What did it cost? cost=hang:3"})
    await client.send({"action": "cancel_job", "jobId": queued["jobId"]})
    return await client.next_of({"job_cancelled", "job_completed", "error"}) == "job_cancelled"


async def lists(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token())
    return (await client.ask({"action": "list_jobs"}))["type"] == "job_list"


async def resumes_answers_too_large_together(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token("large"))
    query = "What did it cost, and where can I save? cost=large:60000 advisor=large:60000"
    finished = (await client.job(query))[-1]
    snapshot = await client.ask({"action": "resume_job", "jobId": finished["jobId"]})
    return snapshot["type"] == "job_snapshot" and is_readable(snapshot["results"][0]["responseUrl"])


async def redraws_a_large_answer(stack: JourneyStack, client: Conversation) -> bool:
    # A user of its own, who has no other job.
    token = stack.token(str(uuid.uuid4()))
    async with conversation(stack.url) as other:
        await other.sign_in(token)
        await other.send({"action": "finops_query", "query": "cost=large:200000 advisor=hang:3"})
        await other.next_of({"agent_completed"})
        await client.send({"action": "authenticate", "token": token})
        if await client.next_of({"authenticated", "error"}) == "error":
            return False
        try:
            message = await client.receive(seconds=2)
            while message.get("agent") != stack.agents["cost"]:
                message = await client.receive(seconds=2)
        except TimeoutError:
            return False
    return is_readable(message["result"]["responseUrl"])


async def signs_in_and_gets_a_stuck_jobs_answer(stack: JourneyStack, client: Conversation) -> bool:
    signed_in = await client.sign_in(stack.token("stuck"))
    job_id = stack.store_stuck_job(signed_in["userId"])
    async with conversation(stack.url) as other:
        await other.send({"action": "authenticate", "token": stack.token("stuck")})
        try:
            message = await other.receive(seconds=3)
            while message["type"] != "job_completed" or message["jobId"] != job_id:
                message = await other.receive(seconds=3)
        except TimeoutError:
            return False
    return True


async def sweeps(stack: JourneyStack, client: Conversation) -> bool:
    signed_in = await client.sign_in(stack.token("swept"))
    job_id = stack.store_stuck_job(signed_in["userId"])
    stack.sweep()
    try:
        until(lambda: stack.stored_job(job_id)["status"]["S"] == "completed", 5)
    except AssertionError:
        return False
    return True


def is_readable(link: str) -> bool:
    try:
        with urllib.request.urlopen(link, timeout=10) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return False


Journey = Callable[[JourneyStack, Conversation], Awaitable[bool]]

NEEDED: list[tuple[str, str, str, Journey]] = [
    ("connection-manager", "KeepConnections", "dynamodb:UpdateItem", signs_in),
    ("connection-manager", "FindUnfinishedJobs", "dynamodb:Query", signs_in),
    ("connection-manager", "FollowJobs", "dynamodb:UpdateItem", redraws_a_large_answer),
    ("connection-manager", "FollowJobs", "dynamodb:BatchGetItem", redraws_a_large_answer),
    ("connection-manager", "LinkLargeAnswers", "s3:GetObject", redraws_a_large_answer),
    ("connection-manager", "QueueStuckJobs", "sqs:SendMessage", signs_in_and_gets_a_stuck_jobs_answer),
    ("message-handler", "KnowWhoAsks", "dynamodb:GetItem", asks),
    ("message-handler", "ListJobs", "dynamodb:Query", lists),
    ("message-handler", "StoreJobs", "dynamodb:PutItem", asks),
    ("message-handler", "StoreJobs", "dynamodb:UpdateItem", cancels),
    ("message-handler", "StoreJobs", "dynamodb:GetItem", asks_twice),
    ("message-handler", "StoreJobs", "dynamodb:BatchGetItem", asks_twice),
    ("message-handler", "QueueJobs", "sqs:SendMessage", asks),
    ("message-handler", "LinkLargeAnswers", "s3:PutObject", resumes_answers_too_large_together),
    ("message-handler", "LinkLargeAnswers", "s3:GetObject", resumes_answers_too_large_together),
    ("background-processor", "AskAgents", "lambda:InvokeFunction", asks_both),
    ("background-processor", "FindOpenJobs", "dynamodb:Query", sweeps),
    ("background-processor", "QueueStuckJobs", "sqs:SendMessage", sweeps),
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
        ("StoreSteps", "dynamodb:GetItem", "What did it cost?"),
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
        # A user of its own, whose connection follows no other test's job.
        await client.sign_in(stack.token(f"without-{sid}-{action.partition(':')[2]}"))
        with without(stack, "background-processor", sid, action):
            await client.send({"action": "finops_query", "query": query})
            with pytest.raises(TimeoutError):
                while (await client.receive(seconds=3))["type"] != "job_completed":
                    pass


async def test_link_to_a_large_answer_is_refused_without_the_permission_to_read_it(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        messages = await client.job("What did it cost? cost=large:200000")
    link = messages[-1]["result"]["responseUrl"]
    with without(stack, "background-processor", "KeepLargeAnswers", "s3:GetObject"):
        assert not is_readable(link)
    assert is_readable(link)


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
