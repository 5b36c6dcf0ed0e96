"""Ways through the stack, each of which needs some permission. One that comes to no good end raises FAILURES."""

import asyncio
import urllib.request
import uuid
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any
from urllib.error import HTTPError

from websockets.exceptions import ConnectionClosed, InvalidStatus

from local_cloud.conversation import Conversation, conversation
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import until
from security.held_answers import held_answers
from security.planted_items import (
    connection_row,
    fill_slots,
    follow_from_a_gone_connection,
    list_as_active,
    send_to_queue,
    store_half_done_job,
)

Journey = Callable[[JourneyStack, Conversation], Awaitable[object]]
"""Goes over a connection that is open and not signed in."""

FAILURES = (AssertionError, TimeoutError, InvalidStatus, HTTPError)

COST = "What did it cost?"
BOTH = "What did it cost, and where can I save?"
LARGE = f"{COST} cost=large:200000"
PING, NONSENSE = {"action": "ping"}, {"action": "nothing that there is"}
# Seconds that something may take before it counts as not happening.
PATIENCE: ContextVar[float] = ContextVar("patience", default=30)


async def connects(stack: JourneyStack, _client: Conversation) -> None:
    async with conversation(stack.url):
        pass


async def is_forgotten_when_it_leaves(stack: JourneyStack, _client: Conversation) -> None:
    async with conversation(stack.url) as leaving:
        connection_id = (await leaving.sign_in(stack.token()))["connectionId"]
    until(lambda: not connection_row(stack, connection_id), PATIENCE.get())


async def signs_in(stack: JourneyStack, client: Conversation) -> None:
    await client.sign_in(stack.token())


async def signs_in_where_all_other_connections_are_gone(stack: JourneyStack, client: Conversation) -> None:
    username = new_user()
    async with conversation(stack.url) as other:
        user_id = (await other.sign_in(stack.token(username)))["userId"]
    fill_slots(stack, user_id, 50)
    await client.sign_in(stack.token(username))


async def redraws_a_large_answer(stack: JourneyStack, client: Conversation) -> None:
    token = stack.token(new_user())
    with held_answers() as held:
        async with conversation(stack.url) as other:
            await other.sign_in(token)
            await other.send({"action": "finops_query", "query": f"cost=large:200000 advisor=held:{held}"})
            await other.next_of({"agent_completed"})
            await client.send({"action": "authenticate", "token": token})
            assert await client.next_of({"authenticated", "error"}) == "authenticated"
            message = await awaited(client, lambda message: message.get("agent") == stack.agents["cost"])
    read(message["result"]["responseUrl"])


async def signs_in_and_gets_a_stuck_jobs_answer(stack: JourneyStack, client: Conversation) -> None:
    token = stack.token(new_user())
    signed_in = await client.sign_in(token)
    job_id = stack.store_stuck_job(signed_in["userId"])
    list_as_active(stack, signed_in["userId"], job_id)
    async with conversation(stack.url) as other:
        await other.send({"action": "authenticate", "token": token})
        await end_of(other, job_id)


async def asks(stack: JourneyStack, client: Conversation, query: str = COST, **fields: Any) -> None:
    """Get a question's whole answer, and each of its agents' answers."""
    await client.sign_in(stack.token())
    end = (await client.job(query, **fields))[-1]
    assert end["type"] == "job_completed", end
    assert not end["result"]["partial"]


async def asks_twice(stack: JourneyStack, client: Conversation) -> None:
    request_id = str(uuid.uuid4())
    await asks(stack, client, requestId=request_id)
    await asks(stack, client, requestId=request_id)


async def asks_again_when_the_first_job_is_gone(stack: JourneyStack, client: Conversation) -> None:
    await client.sign_in(stack.token(new_user()))
    request_id = str(uuid.uuid4())
    ended = await client.job(COST, requestId=request_id)
    stack.cloud.client("dynamodb").delete_item(
        TableName=stack.outputs["JobsTableName"], Key={"jobId": {"S": ended[-1]["jobId"]}}
    )
    assert (await client.job(COST, requestId=request_id))[-1]["type"] == "job_completed"


async def cancels(stack: JourneyStack, client: Conversation) -> None:
    await client.sign_in(stack.token(new_user()))
    with held_answers() as held:
        queued = await client.ask({"action": "finops_query", "query": f"{COST} cost=held:{held}"})
        await client.send({"action": "cancel_job", "jobId": queued["jobId"]})
        assert await client.next_of({"job_cancelled", "job_completed", "error"}) == "job_cancelled"


async def has_a_gone_follower_forgotten(stack: JourneyStack, client: Conversation, *, cancels: bool) -> None:
    """Cancel or continue a job that a gone connection follows too, and that no worker has, which would forget it."""
    signed_in = await client.sign_in(stack.token(new_user()))
    job_id = store_half_done_job(stack, signed_in["userId"], signed_in["connectionId"])
    gone = follow_from_a_gone_connection(stack, job_id)
    if cancels:
        await client.send({"action": "cancel_job", "jobId": job_id})
    else:
        send_to_queue(stack, job_id)
    until(lambda: not connection_row(stack, gone), PATIENCE.get())


async def lists(stack: JourneyStack, client: Conversation) -> None:
    await client.sign_in(stack.token())
    assert (await client.ask({"action": "list_jobs"}))["type"] == "job_list"


async def resumes_answers_too_large_together(stack: JourneyStack, client: Conversation) -> None:
    await client.sign_in(stack.token(new_user()))
    finished = (await client.job(f"{BOTH} cost=large:60000 advisor=large:60000"))[-1]
    snapshot = await client.ask({"action": "resume_job", "jobId": finished["jobId"]})
    assert snapshot["type"] == "job_snapshot"
    read(snapshot["results"][0]["responseUrl"])


async def hears_the_end(stack: JourneyStack, client: Conversation, query: str = COST) -> dict[str, Any]:
    await client.sign_in(stack.token(new_user()))
    await client.send({"action": "finops_query", "query": query})
    return await awaited(client, lambda message: message.get("type") == "job_completed")


async def reads_a_large_answer(stack: JourneyStack, client: Conversation) -> None:
    read((await hears_the_end(stack, client, LARGE))["result"]["responseUrl"])


async def gets_the_answer_of_a_crashed_worker(stack: JourneyStack, client: Conversation) -> None:
    """Of a job that one agent has answered before its worker crashed."""
    signed_in = await client.sign_in(stack.token(new_user()))
    job_id = store_half_done_job(stack, signed_in["userId"], signed_in["connectionId"])
    send_to_queue(stack, job_id)
    await end_of(client, job_id)
    assert stack.invocations(job_id).keys() == {"advisor"}


async def has_its_message_hidden(stack: JourneyStack, client: Conversation) -> None:
    """How long a message is hidden the local cloud shows to nobody; the processor says if it cannot set it."""
    await client.sign_in(stack.token(new_user()))
    end = (await client.job(f"{COST} cost=hang:1"))[-1]

    def lines() -> list[str]:
        events = stack.cloud.client("logs").filter_log_events(
            logGroupName=f"/aws/lambda/{stack.project}-background-processor"
        )["events"]
        return [event["message"] for event in events if end["jobId"] in event["message"]]

    until(lines)
    assert not any("visibility could not be changed" in line for line in lines())


async def sweeps(stack: JourneyStack, client: Conversation) -> None:
    signed_in = await client.sign_in(stack.token(new_user()))
    job_id = stack.store_stuck_job(signed_in["userId"])
    stack.sweep()
    until(lambda: stack.stored_job(job_id)["status"]["S"] == "completed", PATIENCE.get())


async def is_answered(_stack: JourneyStack, client: Conversation, frame: dict[str, Any]) -> None:
    await client.send(frame)
    await awaited(client, lambda _message: True)


async def is_closed_after(stack: JourneyStack, client: Conversation, frame: dict[str, Any]) -> None:
    try:
        for _ in range(25):
            await is_answered(stack, client, frame)
    except ConnectionClosed:
        return
    raise AssertionError("It is not closed.")


def new_user() -> str:
    """A user of its own, who follows nobody else's jobs."""
    return f"user-{uuid.uuid4()}"


async def awaited(client: Conversation, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """The next message that is as it should be, whatever else comes."""
    async with asyncio.timeout(PATIENCE.get()):
        while not condition(message := await client.receive()):
            pass
    return message


async def end_of(client: Conversation, job_id: str) -> None:
    await awaited(client, lambda message: message.get("type") == "job_completed" and message["jobId"] == job_id)


def read(link: str) -> None:
    with urllib.request.urlopen(link, timeout=10) as response:
        assert response.status == 200
