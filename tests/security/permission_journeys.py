"""Ways through the stack, each of which needs some permission: a journey tells whether it came to its good end."""

import hashlib
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from websockets.exceptions import ConnectionClosed, InvalidStatus

from local_cloud.conversation import Conversation, conversation
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import until

Journey = Callable[[JourneyStack, Conversation], Awaitable[bool]]
"""Goes over a connection that is open and not signed in."""

COST = "What did it cost?"
BOTH = "What did it cost, and where can I save?"
# Seconds that something may take before it counts as not happening.
PATIENCE: ContextVar[float] = ContextVar("patience", default=30)


async def connects(stack: JourneyStack, _client: Conversation) -> bool:
    try:
        async with conversation(stack.url):
            return True
    except InvalidStatus:
        return False


async def is_forgotten_when_it_leaves(stack: JourneyStack, _client: Conversation) -> bool:
    async with conversation(stack.url) as leaving:
        connection_id = (await leaving.sign_in(stack.token()))["connectionId"]
    return happens(lambda: not connection_row(stack, connection_id))


async def pings(_stack: JourneyStack, client: Conversation) -> bool:
    return await is_answered(client, {"action": "ping"})


async def sends_nonsense(_stack: JourneyStack, client: Conversation) -> bool:
    return await is_answered(client, {"action": "nothing that there is"})


async def is_closed_after_many_pings(_stack: JourneyStack, client: Conversation) -> bool:
    return await is_closed_after(client, {"action": "ping"})


async def is_closed_after_much_nonsense(_stack: JourneyStack, client: Conversation) -> bool:
    return await is_closed_after(client, {"action": "nothing that there is"})


async def signs_in(stack: JourneyStack, client: Conversation) -> bool:
    return (await client.ask({"action": "authenticate", "token": stack.token()}))["type"] == "authenticated"


async def signs_in_where_all_other_connections_are_gone(stack: JourneyStack, client: Conversation) -> bool:
    username = new_user()
    async with conversation(stack.url) as other:
        user_id = (await other.sign_in(stack.token(username)))["userId"]
    fill_slots(stack, user_id, 50)
    return (await client.ask({"action": "authenticate", "token": stack.token(username)}))["type"] == "authenticated"


async def redraws_a_large_answer(stack: JourneyStack, client: Conversation) -> bool:
    token = stack.token(new_user())
    async with conversation(stack.url) as other:
        await other.sign_in(token)
        await other.send({"action": "finops_query", "query": "cost=large:200000 advisor=hang:3"})
        await other.next_of({"agent_completed"})
        await client.send({"action": "authenticate", "token": token})
        if await client.next_of({"authenticated", "error"}) == "error":
            return False
        message = await awaited(client, lambda message: message.get("agent") == stack.agents["cost"])
    return message is not None and is_readable(message["result"]["responseUrl"])


async def signs_in_and_gets_a_stuck_jobs_answer(stack: JourneyStack, client: Conversation) -> bool:
    token = stack.token(new_user())
    signed_in = await client.sign_in(token)
    job_id = stack.store_stuck_job(signed_in["userId"])
    list_as_active(stack, signed_in["userId"], job_id)
    async with conversation(stack.url) as other:
        await other.send({"action": "authenticate", "token": token})
        return await awaited(other, lambda message: is_end_of(message, job_id)) is not None


async def asks(stack: JourneyStack, client: Conversation) -> bool:
    return await is_whole(stack, client, COST)


async def asks_both(stack: JourneyStack, client: Conversation) -> bool:
    return await is_whole(stack, client, BOTH)


async def asks_twice(stack: JourneyStack, client: Conversation) -> bool:
    request_id = str(uuid.uuid4())
    first = await is_whole(stack, client, COST, requestId=request_id)
    return first and await is_whole(stack, client, COST, requestId=request_id)


async def asks_again_when_the_first_job_is_gone(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token(new_user()))
    request_id = str(uuid.uuid4())
    ended = await client.job(COST, requestId=request_id)
    stack.cloud.client("dynamodb").delete_item(
        TableName=stack.outputs["JobsTableName"], Key={"jobId": {"S": ended[-1]["jobId"]}}
    )
    return (await client.job(COST, requestId=request_id))[-1]["type"] == "job_completed"


async def cancels(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token(new_user()))
    queued = await client.ask({"action": "finops_query", "query": f"{COST} cost=hang:3"})
    await client.send({"action": "cancel_job", "jobId": queued["jobId"]})
    return await client.next_of({"job_cancelled", "job_completed", "error"}) == "job_cancelled"


async def cancels_what_a_gone_connection_follows(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token(new_user()))
    queued = await client.ask({"action": "finops_query", "query": f"{COST} cost=hang:3"})
    gone = follow_from_a_gone_connection(stack, queued["jobId"])
    await client.send({"action": "cancel_job", "jobId": queued["jobId"]})
    await client.next_of({"job_cancelled"})
    return happens(lambda: not connection_row(stack, gone))


async def lists(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token())
    return (await client.ask({"action": "list_jobs"}))["type"] == "job_list"


async def resumes_answers_too_large_together(stack: JourneyStack, client: Conversation) -> bool:
    await client.sign_in(stack.token(new_user()))
    finished = (await client.job(f"{BOTH} cost=large:60000 advisor=large:60000"))[-1]
    snapshot = await client.ask({"action": "resume_job", "jobId": finished["jobId"]})
    return snapshot["type"] == "job_snapshot" and is_readable(snapshot["results"][0]["responseUrl"])


async def hears_the_end(stack: JourneyStack, client: Conversation) -> bool:
    return await is_heard(stack, client, COST) is not None


async def hears_a_large_answers_end(stack: JourneyStack, client: Conversation) -> bool:
    return await is_heard(stack, client, f"{COST} cost=large:200000") is not None


async def reads_a_large_answer(stack: JourneyStack, client: Conversation) -> bool:
    end = await is_heard(stack, client, f"{COST} cost=large:200000")
    return end is not None and is_readable(end["result"]["responseUrl"])


async def gets_the_answer_of_a_crashed_worker(stack: JourneyStack, client: Conversation) -> bool:
    """Of a job that one agent has answered before its worker crashed."""
    signed_in = await client.sign_in(stack.token(new_user()))
    job_id = store_half_done_job(stack, signed_in["userId"], signed_in["connectionId"])
    end = await awaited(client, lambda message: is_end_of(message, job_id))
    return end is not None and stack.invocations(job_id).keys() == {"advisor"}


async def is_told_where_a_gone_connection_follows_too(stack: JourneyStack, client: Conversation) -> bool:
    signed_in = await client.sign_in(stack.token(new_user()))
    job_id = store_half_done_job(stack, signed_in["userId"], signed_in["connectionId"], is_queued=False)
    gone = follow_from_a_gone_connection(stack, job_id)
    send_to_queue(stack, job_id)
    return happens(lambda: not connection_row(stack, gone))


async def has_its_message_hidden(stack: JourneyStack, client: Conversation) -> bool:
    """How long a message is hidden the local cloud shows to nobody; the processor says if it cannot set it."""
    await client.sign_in(stack.token(new_user()))
    end = (await client.job(f"{COST} cost=hang:1"))[-1]

    def lines() -> list[str]:
        events = stack.cloud.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{stack.project}-background-processor"
        )["events"]
        return [event["message"] for event in events if end["jobId"] in event["message"]]

    until(lines, PATIENCE.get())
    return not any("visibility could not be changed" in line for line in lines())


async def sweeps(stack: JourneyStack, client: Conversation) -> bool:
    signed_in = await client.sign_in(stack.token(new_user()))
    job_id = stack.store_stuck_job(signed_in["userId"])
    stack.sweep()
    return happens(lambda: stack.stored_job(job_id)["status"]["S"] == "completed")


def new_user() -> str:
    """A user of its own, who follows nobody else's jobs."""
    return f"user-{uuid.uuid4()}"


async def is_answered(client: Conversation, frame: dict[str, Any]) -> bool:
    await client.send(frame)
    return await awaited(client, lambda _message: True) is not None


async def is_closed_after(client: Conversation, frame: dict[str, Any]) -> bool:
    try:
        for _ in range(25):
            await client.send(frame)
            if await awaited(client, lambda _message: True) is None:
                return False
    except ConnectionClosed:
        return True
    return False


async def is_whole(stack: JourneyStack, client: Conversation, query: str, **fields: Any) -> bool:
    """Whether a question gets its whole answer, and each of its agents' answers."""
    if (await client.ask({"action": "authenticate", "token": stack.token()}))["type"] != "authenticated":
        return False
    messages = await client.job(query, **fields)
    return messages[-1]["type"] == "job_completed" and not messages[-1]["result"]["partial"]


async def is_heard(stack: JourneyStack, client: Conversation, query: str) -> dict[str, Any] | None:
    await client.sign_in(stack.token(new_user()))
    await client.send({"action": "finops_query", "query": query})
    return await awaited(client, lambda message: message.get("type") == "job_completed")


async def awaited(client: Conversation, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """The next message that is as it should be; None if there is silence first."""
    try:
        while not condition(message := await client.receive(seconds=PATIENCE.get())):
            pass
    except TimeoutError:
        return None
    return message


def is_end_of(message: dict[str, Any], job_id: str) -> bool:
    return message.get("type") == "job_completed" and message["jobId"] == job_id


def happens(condition: Callable[[], bool]) -> bool:
    try:
        until(condition, PATIENCE.get())
    except AssertionError:
        return False
    return True


def is_readable(link: str) -> bool:
    try:
        with urllib.request.urlopen(link, timeout=10) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError:
        return False


def connection_row(stack: JourneyStack, connection_id: str) -> bool:
    key = {"connectionId": {"S": connection_id}}
    rows = stack.cloud.client("dynamodb")
    return "Item" in rows.get_item(TableName=stack.outputs["ConnectionsTableName"], Key=key, ConsistentRead=True)


def put(stack: JourneyStack, table: str, **item: Any) -> None:
    serialized = {name: TypeSerializer().serialize(value) for name, value in item.items()}
    stack.cloud.client("dynamodb").put_item(TableName=stack.outputs[table], Item=serialized)


def fill_slots(stack: JourneyStack, user_id: str, number: int) -> None:
    """Leave connections as those do of which no $disconnect was ever heard."""
    now = int(time.time())
    names = [f"gone-{uuid.uuid4()}" for _ in range(number)]
    for name in names:
        put(stack, "ConnectionsTableName", connectionId=name, userId=user_id, verified=True, ttl=now + 3600)
    key = f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"
    slots = dict.fromkeys(names, now - 3600)
    put(stack, "ConnectionsTableName", connectionId=key, slots=slots, version=1, ttl=now + 3600)


def list_as_active(stack: JourneyStack, user_id: str, job_id: str) -> None:
    """Name a job in its user's item, as its admission does."""
    key = f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"
    ttl = int(time.time()) + 3600
    put(stack, "JobsTableName", jobId=key, active=[job_id], askedAt=[], version=1, ttl=ttl)


def follow_from_a_gone_connection(stack: JourneyStack, job_id: str) -> str:
    """Let a connection follow a job that has gone and whose row is still there."""
    gone = f"gone-{uuid.uuid4()}"
    put(stack, "ConnectionsTableName", connectionId=gone, verified=False, ttl=int(time.time()) + 3600)
    stack.cloud.client("dynamodb").update_item(
        TableName=stack.outputs["JobsTableName"],
        Key={"jobId": {"S": job_id}},
        UpdateExpression="ADD followers :gone",
        ExpressionAttributeValues={":gone": {"SS": [gone]}},
    )
    return gone


def store_half_done_job(stack: JourneyStack, user_id: str, follower: str, *, is_queued: bool = True) -> str:
    """Store a job as a worker leaves it that crashes after its first agent's answer, and queue it again."""
    job_id, now = str(uuid.uuid4()), int(time.time())
    put(
        stack,
        "JobsTableName",
        jobId=job_id,
        userId=user_id,
        query=BOTH,
        agents=[stack.agents["cost"], stack.agents["advisor"]],
        status="processing",
        progress=50,
        message="Half-way.",
        seq=4,
        open="yes",
        partial=False,
        followers={follower},
        completedAgents=[stack.agents["cost"]],
        attempts=1,
        leaseOwner="crashed",
        leaseMessage="crashed",
        leaseUntil=now - 1,
        requeues=0,
        **dict.fromkeys(("createdAt", "updatedAt", "queuedAt"), now - 60),
        ttl=now + 3600,
    )
    put(
        stack,
        "JobsTableName",
        jobId=f"{job_id}#{stack.agents['cost']}",
        agent=stack.agents["cost"],
        title="Cost analysis",
        content="The first agent's answer.",
        status="completed",
        isLarge=False,
        timedOut=False,
        timestamp=now - 30,
        ttl=now + 3600,
    )
    if is_queued:
        send_to_queue(stack, job_id)
    return job_id


def send_to_queue(stack: JourneyStack, job_id: str) -> None:
    stack.cloud.client("sqs").send_message(
        QueueUrl=stack.outputs["ProcessingQueueUrl"], MessageBody=f'{{"jobId": "{job_id}"}}'
    )
