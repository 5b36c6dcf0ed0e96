"""Jobs that are followed from wherever their user comes back, over real WebSockets through the deployed stack."""

import json
import urllib.request
import uuid
from typing import Any

from local_cloud.conversation import ENDS, Conversation, conversation
from local_cloud.journey_stack import ADVISOR, COST_AGENT, JourneyStack

DRAWN_FROM = ["job_snapshot", "analysis_started", "agent_completed"]
BOTH = "What did it cost, and where can I save?"


async def ask(client: Conversation, query: str) -> str:
    """Ask a question and give its job's id."""
    frame = {"action": "finops_query", "query": query, "requestId": str(uuid.uuid4())}
    queued = await client.ask(frame)
    # A worker may be quicker with its first message than the handler with the acknowledgement.
    while queued["type"] == "progress_update":
        queued = await client.receive()
    assert queued["type"] == "job_queued", queued
    job_id: str = queued["jobId"]
    return job_id


async def receive(client: Conversation, *kinds: str) -> dict[str, Any]:
    """Give the next message of these types: heartbeats of a followed job may come at any moment."""
    while True:
        message = await client.receive()
        if message["type"] in kinds:
            return message


async def come_back(client: Conversation, token: str) -> dict[str, Any]:
    """Sign in while jobs are at work."""
    await client.send({"action": "authenticate", "token": token})
    return await receive(client, "authenticated")


async def resume(client: Conversation, job_id: str) -> dict[str, Any]:
    """Resume a job and give its snapshot, or the refusal."""
    await client.send({"action": "resume_job", "jobId": job_id})
    return await receive(client, "job_snapshot", "error")


async def to_the_end(client: Conversation, job_id: str) -> list[dict[str, Any]]:
    """Give a job's messages up to its end."""
    messages = []
    while True:
        message = await client.receive()
        if message.get("jobId") == job_id:
            messages.append(message)
            if message["type"] in ENDS:
                return messages


async def agent_of(client: Conversation, agent: str) -> dict[str, Any]:
    """Wait until an agent has answered."""
    message = await client.receive()
    while message.get("agent") != agent:
        message = await client.receive()
    return message


async def test_job_goes_on_where_its_user_resumes_it(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token("traveller"))
        job_id = await ask(client, f"{BOTH} advisor=hang:3")
        seen = await agent_of(client, COST_AGENT)
    async with conversation(stack.url) as client:
        refused = await resume(client, job_id)
        await come_back(client, stack.token("traveller"))
        await receive(client, "job_snapshot")
        snapshot = await resume(client, job_id)
        messages = await to_the_end(client, job_id)

    assert refused["code"] == "UNAUTHENTICATED"
    assert (snapshot["jobId"], snapshot["status"]) == (job_id, "processing")
    assert snapshot["seq"] >= seen["seq"]
    assert snapshot["results"] == [seen["result"]]
    later = [message for message in messages if message["seq"] > snapshot["seq"]]
    # Every step since the snapshot, and none twice.
    assert [message["seq"] for message in later] == list(range(snapshot["seq"] + 1, messages[-1]["seq"] + 1))
    assert messages[-1]["type"] == "job_completed"
    assert stack.invocations(job_id) == {"cost": 1, "advisor": 1}


async def test_several_tabs_of_one_user_get_the_same_messages_and_one_that_closes_hurts_no_other(
    stack: JourneyStack,
) -> None:
    token = stack.token("tabs")
    async with conversation(stack.url) as first, conversation(stack.url) as second:
        for client in (first, second):
            await client.sign_in(token)
        job_id = await ask(first, f"{BOTH} advisor=hang:3")
        snapshot = await resume(second, job_id)
        async with conversation(stack.url) as third:
            assert (await come_back(third, token))["activeJobs"] == [job_id]
        told = [await to_the_end(client, job_id) for client in (first, second)]

    from_there = [[message for message in messages if message["seq"] > snapshot["seq"]] for messages in told]
    assert from_there[0] == from_there[1]
    assert from_there[0][-1]["type"] == "job_completed"


async def test_older_client_can_draw_its_jobs_from_what_follows_its_sign_in(stack: JourneyStack) -> None:
    token = stack.token("older-client")
    async with conversation(stack.url) as client:
        await client.sign_in(token)
        job_id = await ask(client, f"{BOTH} advisor=hang:3")
        seen = await agent_of(client, COST_AGENT)
    async with conversation(stack.url) as client:
        signed_in = await come_back(client, token)
        snapshot, started, completed = [await receive(client, *DRAWN_FROM) for _ in DRAWN_FROM]
        end = (await to_the_end(client, job_id))[-1]

    assert signed_in["activeJobs"] == [job_id]
    assert [message["type"] for message in (snapshot, started, completed)] == DRAWN_FROM
    assert {message["seq"] for message in (snapshot, started, completed)} == {snapshot["seq"]}
    assert started["agents"] == [COST_AGENT, ADVISOR]
    assert completed["result"] == seen["result"]
    assert end["type"] == "job_completed"


async def test_finished_job_can_be_read_with_its_answer(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        messages = await client.job("What did it cost?")
        failed = await client.job("What did it cost? cost=crash")
    async with conversation(stack.url) as client:
        signed_in = await client.sign_in(stack.token())
        snapshot = await resume(client, messages[-1]["jobId"])
        failure = await resume(client, failed[-1]["jobId"])

    assert not {messages[-1]["jobId"], failed[-1]["jobId"]} & set(signed_in["activeJobs"])
    assert (snapshot["status"], snapshot["progress"]) == ("completed", 100)
    assert (snapshot["result"], snapshot["seq"]) == (messages[-1]["result"], messages[-1]["seq"])
    assert (failure["status"], failure["error"], failure["code"]) == ("failed", failed[-1]["error"], "AGENTS_FAILED")


async def test_nobody_else_learns_that_a_job_exists(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        job_id = await ask(client, "What did it cost? cost=hang:1")
        async with conversation(stack.url) as other:
            await other.sign_in(stack.token("otheruser"))
            of_another, of_nobody, of_an_answer = [
                await resume(other, each) for each in (job_id, str(uuid.uuid4()), f"{job_id}#{COST_AGENT}")
            ]
        await to_the_end(client, job_id)

    for refusal in (of_another, of_nobody, of_an_answer):
        assert (refusal["code"], refusal["message"]) == ("JOB_NOT_FOUND", of_nobody["message"])


async def test_answers_too_large_for_one_snapshot_are_links(stack: JourneyStack) -> None:
    size = 90 * 1024
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        job_id = (await client.job(f"{BOTH} cost=large:{size} advisor=large:{size}"))[-1]["jobId"]
        snapshot = await resume(client, job_id)

    assert len(json.dumps(snapshot)) <= 128 * 1024
    for result in snapshot["results"]:
        with urllib.request.urlopen(result["responseUrl"], timeout=30) as response:
            assert response.read().decode() == "x" * size
    with urllib.request.urlopen(snapshot["result"]["responseUrl"], timeout=30) as response:
        assert response.read().decode().count("x" * size) == 2
