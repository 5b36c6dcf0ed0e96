"""Questions from being asked to their one end, and jobs that are there already: followed, cancelled, listed."""

import asyncio
import json
import uuid
from typing import Any

import pytest

from finops_client import FinopsClient, errors
from finops_client.events import JobCancelled, JobCompleted, JobQueued
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import QuickTiming, Tokens, asked, client_of, followed, kinds_of
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, silence, then_cut

WHOLE = sending(*say.WHOLE_JOB)
EXPIRED = sending(say.job_refused(code="SESSION_EXPIRED", error="Please sign in again."))
FORGOTTEN = say.job_refused(code="UNAUTHENTICATED")
LIMITED = say.job_refused(code="RATE_LIMITED", error="Please wait.", retryAfter=17)


async def test_a_question_has_what_it_is_given_and_a_random_request_id_and_gets_events_or_the_whole_answer() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        events = await asked(client, agents=["a", "b"], request_id="request-1")
        await asked(client)
        assert await client.full_response(events[3]) == say.agent_result()["content"]  # type: ignore[arg-type]
        await asked(client)
    written = json.loads(json.dumps([event.to_message() for event in events]))
    assert written == [say.WHOLE_JOB[0] | {"requestId": "request-1"}, *say.WHOLE_JOB[1:]]
    question = {"action": "finops_query", "query": "Why?"}
    assert server.received[1] == question | {"requestId": "request-1", "agents": ["a", "b"]}
    ids = {message.pop("requestId") for message in server.received[2:]}
    assert [uuid.UUID(one).version for one in ids] == [4, 4]
    assert server.received[2:] == [question] * 2


async def test_messages_in_the_wrong_order_and_twice_tell_the_same_story() -> None:
    queued, *rest = say.WHOLE_JOB
    stale = say.progress_update(progress=10, seq=2)
    messages = [rest[0], queued, rest[2], stale, rest[1], rest[3], rest[3], rest[4], rest[4]]
    async with RecordingServer(finops_query=sending(*messages)) as server, client_of(server) as client:
        events = await asked(client)
    expected = ["JobQueued", "ProgressUpdate", "AgentCompleted", "AnalysisStarted", "AgentCompleted", "JobCompleted"]
    assert kinds_of(events) == expected


async def test_questions_side_by_side_get_their_own_jobs() -> None:
    async def answer(socket: Any, received: say.Message) -> None:
        for message in say.WHOLE_JOB:
            request_id = {"requestId": received["requestId"]} if message["type"] == "job_queued" else {}
            await socket.send(json.dumps({**message, "jobId": "job-" + received["query"], **request_id}))

    async with RecordingServer(finops_query=answer) as server, client_of(server) as client:
        found = await asyncio.gather(*(asked(client, str(number)) for number in range(10)))
    assert [{event.job_id for event in events} for events in found] == [{f"job-{number}"} for number in range(10)]


async def test_what_is_unknown_broken_or_somebody_elses_does_not_disturb() -> None:
    others = [say.job_queued(jobId="job-9", requestId="other"), say.job_completed(jobId="job-9")]
    novelty = {"type": "novelty", "jobId": "job-1"}
    junk = [*map(json.dumps, others), "junk", "[]", "{}", json.dumps(novelty), '{"type":"progress_update"}']
    gateways = [say.gateway_error(), say.error(), say.job_refused(code="INTERNAL")]
    another_refused = sending(say.job_refused(code="UNKNOWN_AGENT", requestId="other"), gateways[-1])
    answers = in_turn(another_refused, sending(say.WHOLE_JOB[0], *junk, *gateways, *say.WHOLE_JOB[1:]))
    async with RecordingServer(finops_query=answers) as server, client_of(server) as client:
        assert len(await asked(client)) == len(say.WHOLE_JOB)


async def test_an_end_that_cannot_be_read_ends_the_wait() -> None:
    broken = {"type": "job_completed", "jobId": "job-1", "seq": 6}
    async with RecordingServer(finops_query=sending(say.job_queued(), broken)) as server, client_of(server) as client:
        with pytest.raises(errors.ProtocolViolation, match=r"cannot be read: JobCompleted: .*result"):
            await asked(client)


async def test_a_refusal_without_a_request_id_is_the_oldest_waiting_questions() -> None:
    answers = in_turn(sending(say.job_queued()), silence, sending(say.job_refused(code="UNKNOWN_AGENT")))
    async with RecordingServer(finops_query=answers) as server, client_of(server) as client:
        under_way = client.ask("First?")
        await anext(under_way)
        waiting = asyncio.create_task(asked(client))
        await server.until(lambda: len(server.received) == 3)
        newest = asyncio.create_task(asked(client))
        assert kinds_of(await waiting) == ["JobFailed"]
        newest.cancel()


@pytest.mark.parametrize("query", ["x" * 200_000, "\ud800"])
async def test_a_question_that_cannot_be_sent_is_not_sent(query: str) -> None:
    async with RecordingServer() as server, client_of(server) as client:
        with pytest.raises(errors.MessageNotSendable):
            await anext(client.ask(query))
        assert server.actions() == ["authenticate"]
        await asked(client)


async def test_a_question_asked_twice_under_one_id_is_one_job_and_an_abandoned_one_is_forgotten() -> None:
    async with RecordingServer() as server, client_of(server) as client:
        events = client.ask("Why?", request_id="request-1")
        assert isinstance(await anext(events), JobQueued)
        assert len(await asked(client, request_id="request-1")) == len(say.WHOLE_JOB)
        await events.aclose()
        assert len(await asked(client, request_id="request-1")) == len(say.WHOLE_JOB)


async def test_closing_the_client_ends_its_questions() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued(), say.progress_update())) as server:
        async with client_of(server) as client:
            events = client.ask("Why?")
            assert kinds_of([await anext(events), await anext(events)]) == ["JobQueued", "ProgressUpdate"]
            waiting = asyncio.create_task(anext(events))
            await asyncio.sleep(0)
        with pytest.raises(errors.ConnectionLost, match="closed"):
            await asyncio.wait_for(waiting, 2)


@pytest.mark.parametrize("forgotten", [False, True])
async def test_an_end_that_was_lost_on_the_way_is_asked_for(forgotten: bool) -> None:
    done = sending(say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6))
    resumed = in_turn(sending(say.error(code="UNAUTHENTICATED")), done) if forgotten else done
    async with (
        RecordingServer(finops_query=sending(say.job_queued()), resume_job=resumed) as server,
        client_of(server, silence=0.3, credentials=Tokens()) as client,
    ):
        assert isinstance((await asked(client))[-1], JobCompleted)
    assert server.actions()[1:] == ["finops_query", "resume_job", *["authenticate", "resume_job"] * forgotten]


async def test_a_job_that_is_gone_is_asked_for_anew_once() -> None:
    gone = sending(say.error(code="JOB_NOT_FOUND"))
    anew = sending(*(message | {"jobId": "job-2"} for message in say.WHOLE_JOB))
    answers = in_turn(sending(*say.WHOLE_JOB[:3]), anew)
    async with (
        RecordingServer(finops_query=answers, resume_job=gone) as server,
        client_of(server, silence=0.3) as client,
    ):
        events = await asked(client)
        assert [event.job_id for event in events] == ["job-1"] * 3 + ["job-2"] * 6
        assert server.received[1] == server.received[3]
        server.answers["finops_query"] = sending(say.job_queued())
        server.received.clear()
        with pytest.raises(errors.JobNotFound):
            await asked(client)
    assert server.actions() == ["finops_query", "resume_job"] * 2


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (sending(say.gateway_error()), errors.GatewayRefused),
        (sending(say.job_refused(code="INTERNAL")), errors.ServerFailed),
        (silence, errors.NoAnswer),
        (sending(LIMITED), errors.LimitReached),
    ],
)
async def test_a_question_that_fails_for_the_moment_is_submitted_twice_more(refusal: Any, error: type) -> None:
    timing = QuickTiming(answer=0.5 if refusal is silence else 10)
    async with (
        RecordingServer(finops_query=in_turn(refusal, refusal, sending(say.pong(), *say.WHOLE_JOB))) as server,
        client_of(server, timing=timing) as client,
    ):
        assert len(await asked(client)) == len(say.WHOLE_JOB)
        first, *again = server.received[1:]
        assert again == [first, first]
        server.answers["finops_query"] = refusal
        with pytest.raises(error):
            await asked(client)
    assert server.actions() == ["authenticate", *["finops_query"] * 6]
    assert [int(slept) for slept in timing.slept] == [17 if error is errors.LimitReached else 0] * 4


async def test_a_limit_that_lasts_longer_than_a_minute_is_the_callers() -> None:
    timing = QuickTiming()
    async with (
        RecordingServer(finops_query=sending(LIMITED | {"retryAfter": 61})) as server,
        client_of(server, timing=timing) as client,
    ):
        with pytest.raises(errors.LimitReached, match="Please wait") as limit:
            await asked(client)
    assert (limit.value.code, limit.value.retry_after, timing.slept) == ("RATE_LIMITED", 61, [])


@pytest.mark.parametrize(("refusal", "renews"), [(EXPIRED, True), (sending(FORGOTTEN), False)])
async def test_a_session_that_has_expired_or_is_forgotten_is_made_again_once(refusal: Any, renews: bool) -> None:
    tokens = Tokens()
    answers = in_turn(refusal, WHOLE, refusal)
    async with RecordingServer(finops_query=answers) as server, client_of(server, credentials=tokens) as client:
        assert isinstance((await asked(client))[-1], JobCompleted)
        assert server.actions() == ["authenticate", "finops_query"] * 2
        assert server.received[1] == server.received[3]
        assert tokens.renewals == [False, renews]
        assert server.received[2]["token"] == "token-2"
        with pytest.raises(errors.NotAuthenticated):
            await asked(client)


@pytest.mark.parametrize(
    "trouble", [errors.SignInUnavailable("Later."), sending(say.gateway_error()), then_cut(silence)]
)
async def test_a_renewal_that_fails_for_the_moment_is_made_again(trouble: Any) -> None:
    accepted = sending(say.authenticated())
    in_the_sign_in = isinstance(trouble, errors.SignInUnavailable)
    tokens = Tokens(trouble) if in_the_sign_in else Tokens()
    async with (
        RecordingServer(
            authenticate=accepted if in_the_sign_in else in_turn(accepted, trouble, accepted),
            finops_query=in_turn(EXPIRED, EXPIRED, WHOLE),
        ) as server,
        client_of(server, credentials=tokens) as client,
    ):
        assert isinstance((await asked(client))[-1], JobCompleted)


NOT_FOUND = say.error(code="JOB_NOT_FOUND", message="There is no such job.")
RESUMED = ["JobSnapshot", "AnalysisStarted", "AgentCompleted", "AgentCompleted", "JobCompleted"]


async def test_jobs_followed_side_by_side_get_their_own_refusals() -> None:
    async def answer(socket: Any, received: say.Message) -> None:
        await asyncio.sleep(0.01)
        state = say.job_snapshot(jobId=received["jobId"], status="cancelled")
        await socket.send(json.dumps(NOT_FOUND if received["jobId"] == "gone" else state))

    async with RecordingServer(resume_job=answer) as server, client_of(server) as client:
        names = ["job-1", "gone", "job-2", "job-2"]
        found = await asyncio.gather(*(followed(client, name) for name in names), return_exceptions=True)
    assert [type(one) for one in found] == [list, errors.JobNotFound, list, list]


async def test_a_question_and_a_follower_of_one_job_both_get_it_all() -> None:
    async with RecordingServer(finops_query=sending(say.job_queued())) as server, client_of(server) as client:
        asking = asyncio.create_task(asked(client))
        await server.until(lambda: "finops_query" in server.actions())
        server.answers["resume_job"] = sending(say.job_snapshot(), *say.WHOLE_JOB[3:])
        assert kinds_of(await followed(client)) == RESUMED
        assert kinds_of(await asking) == ["JobQueued", *RESUMED]


async def test_a_cancellation_is_tried_again_after_a_lost_line() -> None:
    cancel = in_turn(then_cut(silence), sending(say.error(code="INTERNAL")), sending(say.job_cancelled()))
    async with RecordingServer(cancel_job=cancel) as server, client_of(server) as client:
        assert isinstance(await asyncio.wait_for(client.cancel("job-1"), 20), JobCancelled)
    assert server.actions().count("cancel_job") == 3


async def list_jobs(socket: Any, received: say.Message) -> None:
    """Pages of at most two jobs out of five."""
    start = int(received.get("cursor", 0))
    jobs = [
        say.job_summary(jobId=f"job-{number}") for number in range(start, min(5, start + min(2, received["limit"])))
    ]
    more = {"cursor": str(start + len(jobs))} if start + len(jobs) < 5 else {}
    await socket.send(json.dumps(say.job_list(jobs=jobs, **more)))


async def listed(client: FinopsClient, limit: int | None) -> list[str]:
    async with asyncio.timeout(20):
        return [job.job_id async for job in client.jobs(limit)]


@pytest.mark.parametrize(("limit", "pages"), [(None, 3), (1, 1), (2, 1), (3, 2), (50, 3), (99, 3)])
async def test_jobs_are_listed_over_all_pages(limit: int | None, pages: int) -> None:
    async with RecordingServer(list_jobs=list_jobs) as server, client_of(server) as client:
        assert await listed(client, limit) == [f"job-{number}" for number in range(min(5, limit or 5))]
    limits = [message["limit"] for message in server.received[1:]]
    assert (len(limits), limits[0]) == (pages, min(50, limit or 50))
    assert "cursor" not in server.received[1]


async def test_a_server_that_gives_more_than_was_asked_for_is_cut_short() -> None:
    many = sending(say.job_list(jobs=[say.job_summary()] * 5, cursor="more"))
    async with RecordingServer(list_jobs=many) as server, client_of(server) as client:
        assert len(await listed(client, 3)) == 3
    assert server.actions().count("list_jobs") == 1
