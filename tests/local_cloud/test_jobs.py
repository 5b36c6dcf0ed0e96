"""Jobs that are followed from wherever their user comes back, cancelled, and listed, over real WebSockets."""

import json
import urllib.request
from typing import Any

from local_cloud.conversation import ENDS, Conversation, conversation
from local_cloud.journey_stack import ADVISOR, COST_AGENT, JourneyStack
from local_cloud.running_cloud import until

DRAWN_FROM = ["job_snapshot", "analysis_started", "agent_completed"]
BOTH = "What did it cost, and where can I save?"


async def resume(client: Conversation, job_id: str) -> dict[str, Any]:
    """Resume a job and give its snapshot, or the refusal."""
    await client.send({"action": "resume_job", "jobId": job_id})
    return await client.receive_of("job_snapshot", "error")


async def to_the_end(client: Conversation, job_id: str) -> list[dict[str, Any]]:
    """Give a job's messages up to its end."""
    messages = []
    while True:
        message = await client.receive()
        if message.get("jobId") == job_id:
            messages.append(message)
            if message["type"] in ENDS:
                return messages


async def test_job_goes_on_where_its_user_resumes_it(stack: JourneyStack) -> None:
    async with stack.signed_in("traveller") as client:
        job_id = await client.start(f"{BOTH} advisor=hang:3")
        seen = await client.receive_of("agent_completed")
    async with conversation(stack.url) as client:
        refused = await resume(client, job_id)
        await client.sign_in(stack.token("traveller"))
        await client.receive_of("job_snapshot")
        snapshot = await resume(client, job_id)
        messages = await to_the_end(client, job_id)

    assert refused["code"] == "UNAUTHENTICATED"
    assert (snapshot["jobId"], snapshot["status"]) == (job_id, "processing")
    assert snapshot["seq"] >= seen["seq"]
    assert snapshot["results"] == [seen["result"]]
    later = [message for message in messages if message["seq"] > snapshot["seq"]]
    # Every step since the snapshot, and none twice but the last, which says the last agent's answer and the end.
    last = messages[-1]["seq"]
    assert [message["seq"] for message in later] == [*range(snapshot["seq"] + 1, last + 1), last]
    assert messages[-1]["type"] == "job_completed"
    assert stack.invocations(job_id) == {"cost": 1, "advisor": 1}


async def test_several_tabs_of_one_user_get_the_same_messages_and_one_that_closes_hurts_no_other(
    stack: JourneyStack,
) -> None:
    async with stack.signed_in("tabs") as first, stack.signed_in("tabs") as second:
        job_id = await first.start(f"{BOTH} advisor=hang:3")
        snapshot = await resume(second, job_id)
        async with conversation(stack.url) as third:
            assert (await third.sign_in(stack.token("tabs")))["activeJobs"] == [job_id]
        told = [await to_the_end(client, job_id) for client in (first, second)]

    from_there = [[message for message in messages if message["seq"] > snapshot["seq"]] for messages in told]
    assert from_there[0] == from_there[1]
    assert from_there[0][-1]["type"] == "job_completed"


async def test_older_client_can_draw_its_jobs_from_what_follows_its_sign_in(stack: JourneyStack) -> None:
    async with stack.signed_in("older-client") as client:
        job_id = await client.start(f"{BOTH} advisor=hang:3")
        seen = await client.receive_of("agent_completed")
    async with conversation(stack.url) as client:
        signed_in = await client.sign_in(stack.token("older-client"))
        snapshot, started, completed = [await client.receive_of(*DRAWN_FROM) for _ in DRAWN_FROM]
        end = (await to_the_end(client, job_id))[-1]

    assert signed_in["activeJobs"] == [job_id]
    assert [message["type"] for message in (snapshot, started, completed)] == DRAWN_FROM
    assert {message["seq"] for message in (snapshot, started, completed)} == {snapshot["seq"]}
    assert started["agents"] == [COST_AGENT, ADVISOR]
    assert completed["result"] == seen["result"]
    assert end["type"] == "job_completed"


async def test_finished_job_can_be_read_with_its_answer(stack: JourneyStack) -> None:
    async with stack.signed_in() as client:
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


async def test_answers_too_large_for_one_snapshot_are_links(stack: JourneyStack) -> None:
    size = 90 * 1024
    async with stack.signed_in() as client:
        job_id = (await client.job(f"{BOTH} cost=large:{size} advisor=large:{size}"))[-1]["jobId"]
        snapshot = await resume(client, job_id)

    assert len(json.dumps(snapshot)) <= 128 * 1024
    for result in snapshot["results"]:
        with urllib.request.urlopen(result["responseUrl"], timeout=30) as response:
            assert response.read().decode() == "x" * size
    with urllib.request.urlopen(snapshot["result"]["responseUrl"], timeout=30) as response:
        assert response.read().decode().count("x" * size) == 2


async def test_job_is_over_for_all_who_follow_it_and_what_comes_later_is_discarded(stack: JourneyStack) -> None:
    async with stack.signed_in("canceller") as asker, stack.signed_in("canceller") as watcher:
        job_id = await asker.start("What did it cost? cost=hang:3", "analysis_started")
        await watcher.send({"action": "resume_job", "jobId": job_id})
        snapshot = await watcher.receive_of("job_snapshot")
        await asker.send({"action": "cancel_job", "jobId": job_id})
        told = [await client.receive_of(*ENDS) for client in (asker, watcher)]
        # Again, from another connection: the same end, for who asks only.
        await watcher.send({"action": "cancel_job", "jobId": job_id})
        again = await watcher.receive_of(*ENDS)
        until(lambda: stack.invocations(job_id) == {"cost": 1})
        # The agent has answered by then, and nobody hears of it.
        waited = await asker.job("What did it cost? cost=hang:3")

    assert snapshot["jobId"] == job_id
    assert told[0] == told[1] == again
    assert (again["type"], again["jobId"]) == ("job_cancelled", job_id)
    assert {message["jobId"] for message in waited}.isdisjoint({job_id})
    stored = stack.stored_job(job_id)
    assert (stored["status"]["S"], stored["seq"]["N"]) == ("cancelled", str(again["seq"]))
    assert not {"followers", "open"} & set(stored)


async def test_jobs_are_listed_newest_first_a_page_at_a_time(stack: JourneyStack) -> None:
    async with stack.signed_in("historian") as client:
        asked = [(await client.job(f"What did it cost in week {week}?"))[-1] for week in range(5)]
        pages = [await client.ask({"action": "list_jobs", "limit": 2})]
        while "cursor" in pages[-1]:
            pages.append(await client.ask({"action": "list_jobs", "limit": 2, "cursor": pages[-1]["cursor"]}))

    listed = [job for page in pages for job in page["jobs"]]
    assert [len(page["jobs"]) for page in pages] == [2, 2, 1]
    assert {(job["jobId"], job["seq"]) for job in listed} == {(end["jobId"], end["seq"]) for end in asked}
    created = [job["createdAt"] for job in listed]
    assert created == sorted(created, reverse=True)
    assert {job["status"] for job in listed} == {"completed"}
