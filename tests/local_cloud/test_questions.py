"""Questions and their answers, over a real WebSocket through the deployed stack."""

import json
import urllib.request
from typing import Any

import pytest

from local_cloud.conversation import conversation
from local_cloud.journey_stack import ADVISOR, COST_AGENT, JourneyStack
from local_cloud.running_cloud import until

BOTH = "What did it cost, and where can I save?"


async def asked(stack: JourneyStack, query: str, **fields: Any) -> list[dict[str, Any]]:
    """The messages of a question's job."""
    async with stack.signed_in() as client:
        return await client.job(query, **fields)


async def test_messages_of_a_question_through_both_agents_come_in_order(stack: JourneyStack) -> None:
    messages = await asked(stack, BOTH, requestId="order")

    kinds = [message["type"] for message in messages]
    assert kinds[:3] == ["job_queued", "progress_update", "analysis_started"]
    assert kinds[3:] == ["agent_completed", "agent_completed", "job_completed"]
    queued, end = messages[0], messages[-1]
    assert (queued["progress"], queued["requestId"], queued["query"]) == (5, "order", BOTH)
    assert messages[2]["agents"] == [COST_AGENT, ADVISOR]
    assert [message["seq"] for message in messages] == [1, 2, 2, 3, 4, 4]
    progress = [message["progress"] for message in messages if "progress" in message]
    assert progress == sorted(progress)
    assert {message["jobId"] for message in messages} == {queued["jobId"]}
    result = end["result"]
    assert not result["partial"]
    assert "The cost agent's answer." in result["response"]
    assert "The advisor agent's answer." in result["response"]
    assert stack.invocations(queued["jobId"]) == {"cost": 1, "advisor": 1}
    stored = stack.stored_job(queued["jobId"])
    assert (stored["status"]["S"], stored["seq"]["N"]) == ("completed", str(end["seq"]))


@pytest.mark.parametrize(
    ("query", "named", "agent", "answer"),
    [
        ("What was my S3 spend in May?", {}, COST_AGENT, "The cost agent's answer."),
        ("What was my S3 spend in May?", {"agents": [ADVISOR]}, ADVISOR, "The advisor agent's answer."),
        # An answer without the outer envelope.
        ("What did it cost? cost=bare", {}, COST_AGENT, "The cost agent's answer."),
    ],
)
async def test_the_agent_that_a_question_is_about_or_names_is_the_one_that_is_asked(
    stack: JourneyStack, query: str, named: dict[str, Any], agent: str, answer: str
) -> None:
    result = (await asked(stack, query, **named))[-1]["result"]

    assert (result["agents_invoked"], result["response"]) == ([agent], answer)


@pytest.mark.parametrize("behaviour", ["crash", "refuse", "rubbish"])
async def test_answer_is_partial_when_one_agent_fails(stack: JourneyStack, behaviour: str) -> None:
    messages = await asked(stack, f"{BOTH} advisor={behaviour}")

    results = {message["agent"]: message["result"] for message in messages if message["type"] == "agent_completed"}
    assert results[COST_AGENT]["status"] == "completed"
    assert results[ADVISOR]["status"] == "failed"
    end = messages[-1]["result"]
    assert end["partial"]
    assert end["agent"] == COST_AGENT
    assert "The cost agent's answer." in end["response"]
    assert "partial" in end["response"]
    assert "own words" not in json.dumps(messages)


async def test_job_fails_when_all_agents_crash(stack: JourneyStack) -> None:
    messages = await asked(stack, f"{BOTH} cost=crash advisor=crash")

    end = messages[-1]
    assert (end["type"], end["code"]) == ("job_failed", "AGENTS_FAILED")
    assert end["jobId"] == messages[0]["jobId"]
    assert "own words" not in json.dumps(messages)
    assert stack.stored_job(end["jobId"])["status"]["S"] == "failed"


async def test_agent_slower_than_its_deadline_is_reported_and_invoked_once(stack: JourneyStack) -> None:
    messages = await asked(stack, f"{BOTH} advisor=hang:12")

    job_id = messages[0]["jobId"]
    failed = next(message for message in messages if message.get("agent") == ADVISOR)
    assert failed["result"]["status"] == "failed"
    assert "in time" in failed["result"]["content"]
    assert messages[-1]["result"]["partial"]
    assert stack.invocations(job_id) == {"cost": 1, "advisor": 1}
    # While the slow one was silent, the client was not left alone.
    waiting = [message for message in messages if message.get("message", "").startswith("Waiting for")]
    assert len(waiting) >= 2


async def test_job_times_out_when_no_agent_is_there_in_time(stack: JourneyStack) -> None:
    messages = await asked(stack, "What did it cost? cost=hang:12")

    assert (messages[-1]["type"], messages[-1]["code"]) == ("job_failed", "TIMED_OUT")


async def test_200_kb_from_an_agent_arrive_whole(stack: JourneyStack) -> None:
    size = 200 * 1024
    messages = await asked(stack, f"What did it cost? cost=large:{size}")

    end = messages[-1]["result"]
    agent = next(message for message in messages if message["type"] == "agent_completed")["result"]
    for text, link in ((end["response"], end["responseUrl"]), (agent["content"], agent["responseUrl"])):
        assert len(text) < size
        with urllib.request.urlopen(link, timeout=30) as response:
            assert response.read().decode() == "x" * size


@pytest.mark.parametrize("behaviour", ["figures", "scrawl"])
async def test_figures_come_with_their_agent_s_answer_and_again_with_the_state(
    stack: JourneyStack, behaviour: str
) -> None:
    async with stack.signed_in() as client:
        messages = await client.job(f"{BOTH} cost={behaviour}")
        state = await client.ask({"action": "resume_job", "jobId": messages[0]["jobId"]})

    started = next(message for message in messages if message["type"] == "analysis_started")
    assert state["titles"] == started["titles"] == {COST_AGENT: "Cost analysis", ADVISOR: "Optimisation"}
    told = [message["result"] for message in messages if message["type"] == "agent_completed"]
    for results in (told, state["results"]):
        figures = {result["agent"]: result.get("data") for result in results}
        assert figures[ADVISOR] is None
        # What is none is dropped, and the answer stands.
        assert (figures[COST_AGENT] is None) == (behaviour == "scrawl")
        assert figures[COST_AGENT] is None or figures[COST_AGENT][0]["rows"] == [{"cost": "2414.50"}]
    assert "The cost agent's answer." in messages[-1]["result"]["response"]


async def test_same_request_id_is_the_same_job(stack: JourneyStack) -> None:
    async with stack.signed_in() as client:
        first = await client.job("What did it cost?", requestId="once")
        again = await client.job("What did it cost?", requestId="once")

    assert [message["type"] for message in again] == ["job_queued", "job_completed"]
    assert again[0]["duplicate"] is True
    assert again[-1] == first[-1]
    assert stack.invocations(first[0]["jobId"]) == {"cost": 1}


async def test_answer_is_stored_for_a_client_that_has_gone(stack: JourneyStack) -> None:
    async with stack.signed_in("leaver") as client:
        job_id = await client.start("What did it cost? cost=hang:2")
    async with conversation(stack.url) as client:
        signed_in = await client.sign_in(stack.token("leaver"))
        # This connection follows the job from here on, and gets its end.
        end = await client.receive_of("job_completed")

    assert signed_in["activeJobs"] == [end["jobId"]] == [job_id]
    # Whoever has been told the end, or is gone, is forgotten.
    until(lambda: not {"followers", "open"} & set(stack.stored_job(job_id)))
