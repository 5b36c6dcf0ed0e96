"""Jobs that are cancelled, over real WebSockets through the deployed stack."""

import uuid

from local_cloud.conversation import Conversation, conversation
from local_cloud.journey_stack import COST_AGENT, JourneyStack
from local_cloud.running_cloud import until


async def start(client: Conversation, query: str) -> str:
    """Ask a question and give its job's id when its agents are being asked."""
    await client.send({"action": "finops_query", "query": query, "requestId": str(uuid.uuid4())})
    message = await client.receive()
    while message["type"] != "analysis_started":
        message = await client.receive()
    job_id: str = message["jobId"]
    return job_id


async def ends(client: Conversation, count: int) -> list[dict[str, object]]:
    """Give the next messages that are no progress."""
    found: list[dict[str, object]] = []
    while len(found) < count:
        message = await client.receive()
        if message["type"] != "progress_update":
            found.append(message)
    return found


async def test_job_is_over_for_all_who_follow_it_and_what_comes_later_is_discarded(stack: JourneyStack) -> None:
    async with conversation(stack.url) as asker, conversation(stack.url) as watcher:
        for client in (asker, watcher):
            await client.sign_in(stack.token("canceller"))
        job_id = await start(asker, "What did it cost? cost=hang:3")
        await watcher.send({"action": "resume_job", "jobId": job_id})
        (snapshot,) = await ends(watcher, 1)
        await asker.send({"action": "cancel_job", "jobId": job_id})
        told = [(await ends(client, 1))[0] for client in (asker, watcher)]
        # Again, from another connection: the same end, for who asks only.
        await watcher.send({"action": "cancel_job", "jobId": job_id})
        again = (await ends(watcher, 1))[0]
        until(lambda: stack.invocations(job_id) == {"cost": 1})
        # The agent has answered by then, and nobody hears of it.
        waited = await asker.job("What did it cost? cost=hang:3")

    assert snapshot["type"] == "job_snapshot"
    assert told[0] == told[1] == again
    assert (again["type"], again["jobId"]) == ("job_cancelled", job_id)
    assert {message["jobId"] for message in waited}.isdisjoint({job_id})
    stored = stack.stored_job(job_id)
    assert (stored["status"]["S"], stored["seq"]["N"]) == ("cancelled", str(again["seq"]))
    assert not {"followers", "open"} & set(stored)


async def test_finished_job_cannot_be_cancelled(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client:
        await client.sign_in(stack.token())
        end = (await client.job("What did it cost?", agents=[COST_AGENT]))[-1]
        refusal = await client.ask({"action": "cancel_job", "jobId": end["jobId"]})

    assert (refusal["type"], refusal["code"]) == ("error", "JOB_FINISHED")
    assert stack.stored_job(end["jobId"])["status"]["S"] == "completed"


async def test_nobody_else_can_cancel_a_job(stack: JourneyStack) -> None:
    async with conversation(stack.url) as client, conversation(stack.url) as other:
        await client.sign_in(stack.token())
        await other.sign_in(stack.token("otheruser"))
        job_id = await start(client, "What did it cost? cost=hang:1")
        refusal = await other.ask({"action": "cancel_job", "jobId": job_id})
        (completed, end) = await ends(client, 2)

    assert (refusal["type"], refusal["code"]) == ("error", "JOB_NOT_FOUND")
    assert (completed["type"], end["type"]) == ("agent_completed", "job_completed")
