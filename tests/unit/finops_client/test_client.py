import asyncio
import json
import uuid
from typing import Any

import pytest

from finops_client import (
    Answer,
    ClaimedIdentity,
    ConnectionLost,
    ErrorMessage,
    FinopsClient,
    GaveUp,
    JobFailed,
    JobNotCompleted,
    JobQueued,
    Malformed,
    MessageNotSendable,
    Pong,
    ProgressUpdate,
    ProtocolViolation,
)
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import client_of, events_of
from unit.finops_client.recording_server import RecordingServer, sending, then_cut


async def test_a_whole_job() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        events = await events_of(client, agents=["a", "b"], request_id="request-1")
    expected = [dict(message) for message in say.WHOLE_JOB]
    expected[0]["requestId"] = "request-1"
    assert [event.to_message() for event in events] == expected
    assert server.received[1:] == [
        {"action": "finops_query", "query": "Why?", "requestId": "request-1", "agents": ["a", "b"]}
    ]


async def test_every_question_has_a_random_request_id() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        await events_of(client)
        await events_of(client)
    first, second = (message["requestId"] for message in server.received[1:])
    assert uuid.UUID(first).version == uuid.UUID(second).version == 4
    assert first != second


async def test_messages_in_the_wrong_order_and_twice() -> None:
    queued, *rest = say.WHOLE_JOB
    stale = say.progress_update(progress=10, seq=2)
    messages = [rest[0], queued, rest[2], stale, rest[1], rest[3], rest[3], rest[4], rest[4]]
    async with RecordingServer(finops_query=sending(*messages)) as server, client_of(server) as client:
        events = await events_of(client)
    assert [type(event).__name__ for event in events] == [
        "JobQueued",
        "ProgressUpdate",
        "AgentCompleted",
        "AnalysisStarted",
        "AgentCompleted",
        "JobCompleted",
    ]


async def test_questions_side_by_side_get_their_own_jobs() -> None:
    async def answer(socket: Any, asked: say.Message) -> None:
        job_id = "job-" + asked["query"]
        for message in say.WHOLE_JOB:
            extra = {"requestId": asked["requestId"]} if message["type"] == "job_queued" else {}
            await socket.send(json.dumps({**message, "jobId": job_id, **extra}))

    async def ask(client: FinopsClient, query: str) -> Answer:
        return await client.answer(query)

    async with RecordingServer(finops_query=answer) as server, client_of(server) as client:
        answers = await asyncio.gather(*(ask(client, str(number)) for number in range(10)))
    assert [found.end.job_id for found in answers] == [f"job-{number}" for number in range(10)]


async def test_a_line_that_is_lost_for_good_ends_the_question() -> None:
    cut = then_cut(sending(*say.WHOLE_JOB[:3]))
    async with RecordingServer(finops_query=cut) as server, client_of(server) as client:
        events = []
        server.handshake_statuses = [500] * 99
        with pytest.raises(GaveUp):
            async for event in client.ask("Why?"):
                events.append(event)
        with pytest.raises(GaveUp):
            await events_of(client)
        with pytest.raises(GaveUp):
            await client.ping()
    assert len(events) == 3


async def test_the_whole_answer_of_an_agent() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        events = await events_of(client)
        assert await client.full_response(events[3]) == say.agent_result()["content"]  # type: ignore[arg-type]


async def test_unknown_types_and_junk_do_not_disturb() -> None:
    junk = ["junk", "[]", "{}", json.dumps({"type": "novelty", "jobId": "job-1"}), '{"type":"progress_update"}']
    async with (
        RecordingServer(finops_query=sending(say.WHOLE_JOB[0], *junk, *say.WHOLE_JOB[1:])) as server,
        client_of(server) as client,
    ):
        assert len(await events_of(client)) == len(say.WHOLE_JOB)


async def test_an_end_that_cannot_be_read_ends_the_wait() -> None:
    broken = {"type": "job_completed", "jobId": "job-1"}
    async with (
        RecordingServer(finops_query=sending(say.job_queued(), broken)) as server,
        client_of(server) as client,
    ):
        with pytest.raises(ProtocolViolation, match="result is missing"):
            await events_of(client)


async def test_a_refused_question_ends_in_job_failed() -> None:
    refused = say.job_refused(code="UNKNOWN_AGENT", error="There is no such agent.")
    async with RecordingServer(finops_query=sending(refused)) as server, client_of(server) as client:
        [end] = await events_of(client)
        with pytest.raises(JobNotCompleted, match="no such agent"):
            await client.answer("Why?")
    assert isinstance(end, JobFailed)


async def test_the_answer() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        answer = await client.answer("Why?")
    assert (answer.markdown, answer.partial) == (say.job_result()["response"], False)


async def test_a_question_too_large_for_the_gateway_is_not_sent() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        with pytest.raises(MessageNotSendable):
            async for _ in client.ask("x" * 200_000):
                pytest.fail("nothing to see")
        assert server.actions() == ["authenticate"]
        await events_of(client)


async def test_an_abandoned_question_is_forgotten() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        events = client.ask("Why?", request_id="request-1")
        assert isinstance(await anext(events), JobQueued)
        await events.aclose()
        assert len(await events_of(client, request_id="request-1")) == len(say.WHOLE_JOB)


async def test_raw_data_and_subscribers() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        with client.subscribe() as events:
            await client.send_raw("not json")
            assert (await events.next_of(ErrorMessage)).code == "INVALID_MESSAGE"
            await client.send({"action": "dance"})
            assert (await events.next_of(ErrorMessage)).code == "UNKNOWN_ACTION"
            await client.send_raw(b"\xff")
            await client.ping()
            assert isinstance(await events.next_of(Pong), Pong)
    assert server.raw[1] == "not json"
    assert server.raw[3] == b"\xff"


async def test_a_binary_frame_is_an_event() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        with client.subscribe() as events:
            await server.sockets[0].send(b"\x00")
            assert (await events.next_of(Malformed)).reason == "a binary frame"


async def test_without_credentials_nothing_is_claimed_until_it_is_asked() -> None:
    async with RecordingServer() as server, client_of(server, credentials=None) as client:
        await client.ping()
        assert (await client.authenticate(ClaimedIdentity("u", "n"))).user_id == "test-user"
    assert server.actions() == ["ping", "authenticate"]


async def test_closing_the_client_ends_its_questions() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued(), say.progress_update())) as server:
        async with client_of(server) as client:
            events = client.ask("Why?")
            assert isinstance(await anext(events), JobQueued)
            assert isinstance(await anext(events), ProgressUpdate)
            waiting = asyncio.create_task(anext(events))
            await client.ping()
        with pytest.raises(ConnectionLost, match="closed"):
            await asyncio.wait_for(waiting, 2)
