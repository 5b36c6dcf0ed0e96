import asyncio
import random
from typing import Any

import pytest

from finops_client import (
    Backoff,
    FinopsClientError,
    GatewayRefused,
    JobCompleted,
    JobFailed,
    JobNotFound,
    LimitReached,
    NoAnswer,
    NotAuthenticated,
    ServerFailed,
    SignInUnavailable,
)
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import Tokens, client_of, events_of
from unit.finops_client.recording_clock import NoHeartbeatClock
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, silence, then_cut

LIMITED = say.job_refused(code="RATE_LIMITED", error="Please wait.", retryAfter=17)
EXPIRED = say.job_refused(code="SESSION_EXPIRED", error="Please sign in again.")


class Longest(random.Random):
    """Always the longest wait that the back-off allows."""

    def uniform(self, a: float, b: float) -> float:
        return b


async def test_a_cut_line_in_mid_job_is_resumed() -> None:
    done = say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6)
    async with (
        RecordingServer(
            finops_query=then_cut(sending(*say.WHOLE_JOB[:3])), resume_job=sending(done, say.job_completed())
        ) as server,
        client_of(server) as client,
    ):
        events = await events_of(client, request_id="request-1")
    assert [type(event).__name__ for event in events[3:]] == ["JobSnapshot", "AgentCompleted", "JobCompleted"]
    assert server.actions() == ["authenticate", "finops_query", "authenticate", "resume_job"]
    assert server.received[-1] == {"action": "resume_job", "jobId": "job-1"}


async def test_a_job_that_is_gone_is_asked_anew_under_the_same_request_id() -> None:
    anew = [message | {"jobId": "job-2"} for message in say.WHOLE_JOB]
    async with (
        RecordingServer(
            finops_query=in_turn(then_cut(sending(*say.WHOLE_JOB[:3])), sending(*anew)),
            resume_job=sending(say.error(code="JOB_NOT_FOUND")),
        ) as server,
        client_of(server) as client,
    ):
        events = await events_of(client)
    assert isinstance(events[-1], JobCompleted)
    assert [event.job_id for event in events] == ["job-1"] * 3 + ["job-2"] * 6
    asked = [message for message in server.received if message["action"] == "finops_query"]
    assert asked[0] == asked[1]


async def test_a_job_that_is_gone_again_is_an_error() -> None:
    async with (
        RecordingServer(
            finops_query=sending(say.job_queued()), resume_job=sending(say.error(code="JOB_NOT_FOUND"))
        ) as server,
        client_of(server, timing={"silence": 0.05}) as client,
    ):
        with pytest.raises(JobNotFound):
            await events_of(client)
    assert server.actions()[1:] == ["finops_query", "resume_job"] * 2


@pytest.mark.parametrize("refusal", [say.gateway_error(), say.error(code="INTERNAL"), None])
async def test_a_job_that_cannot_be_taken_up_for_the_moment_is_tried_again(refusal: say.Message | None) -> None:
    failing = sending(refusal) if refusal else silence
    async with (
        RecordingServer(
            finops_query=then_cut(sending(say.job_queued())),
            resume_job=in_turn(failing, failing, sending(say.job_snapshot(), say.job_completed())),
        ) as server,
        client_of(server, timing={"answer": 0.5}) as client,
    ):
        assert isinstance((await events_of(client))[-1], JobCompleted)
    assert server.actions().count("resume_job") == 3
    assert server.actions().count("finops_query") == 1


async def test_messages_flow_while_a_job_is_taken_up() -> None:
    async def late(socket: Any, asked: say.Message) -> None:
        await sending(say.progress_update(), say.job_completed())(socket, asked)

    async with (
        RecordingServer(finops_query=then_cut(sending(say.job_queued())), resume_job=late) as server,
        client_of(server, timing={"answer": 30}) as client,
    ):
        events = await events_of(client)
    assert [type(event).__name__ for event in events] == ["JobQueued", "ProgressUpdate", "JobCompleted"]


async def test_a_redraw_pushed_with_the_authentication_is_delivered_once() -> None:
    redraw = [say.job_snapshot(seq=5), say.analysis_started(seq=5), say.agent_completed(seq=5)]
    accepted = say.authenticated(verified=True, expiresAt=9, activeJobs=["job-1"])
    async with (
        RecordingServer(
            authenticate=in_turn(sending(say.authenticated()), sending(accepted, *redraw)),
            finops_query=then_cut(sending(*say.WHOLE_JOB[:3])),
            resume_job=sending(redraw[0], *redraw, say.progress_update(seq=4), *say.WHOLE_JOB[4:]),
        ) as server,
        client_of(server) as client,
    ):
        events = await events_of(client)
    assert [type(event).__name__ for event in events] == [
        *("JobQueued", "ProgressUpdate", "AnalysisStarted", "JobSnapshot", "AgentCompleted", "AgentCompleted"),
        "JobCompleted",
    ]


async def test_a_cut_line_before_the_acknowledgement_sends_the_same_question_again() -> None:
    answers = in_turn(then_cut(silence), then_cut(silence), sending(*say.WHOLE_JOB))
    async with RecordingServer(finops_query=answers) as server, client_of(server) as client:
        events = await events_of(client)
    assert isinstance(events[-1], JobCompleted)
    assert server.actions() == ["authenticate", "finops_query"] * 3
    assert len({message.get("requestId") for message in server.received}) == 2


async def test_a_job_that_moves_on_may_lose_any_number_of_lines() -> None:
    steps = [then_cut(sending(say.progress_update(progress=10 * step, seq=step))) for step in range(2, 8)]
    async with (
        RecordingServer(
            finops_query=then_cut(sending(say.job_queued())),
            resume_job=in_turn(*steps, sending(say.job_completed(seq=9))),
        ) as server,
        client_of(server, backoff=Backoff(first=0.001, attempts=1)) as client,
    ):
        events = await events_of(client)
    assert [type(event).__name__ for event in events] == ["JobQueued", *["ProgressUpdate"] * 6, "JobCompleted"]


async def test_a_resumed_job_with_nothing_new_may_be_silent() -> None:
    async def slow(socket: Any, asked: say.Message) -> None:
        await sending(say.job_snapshot(seq=4))(socket, asked)
        await asyncio.sleep(0.15)
        await sending(say.job_completed())(socket, asked)

    async with (
        RecordingServer(finops_query=then_cut(sending(*say.WHOLE_JOB[:4])), resume_job=slow) as server,
        client_of(server, timing={"answer": 0.05}) as client,
    ):
        events = await events_of(client)
    assert len(events) == 5
    assert server.actions().count("finops_query") == 1


async def test_a_job_may_be_silent_for_longer_than_an_answer_takes() -> None:
    async def slow(socket: Any, asked: say.Message) -> None:
        await sending(say.job_queued())(socket, asked)
        await asyncio.sleep(0.15)
        await sending(say.job_completed())(socket, asked)

    async with RecordingServer(finops_query=slow) as server, client_of(server, timing={"answer": 0.05}) as client:
        assert isinstance((await events_of(client))[-1], JobCompleted)


async def test_an_end_that_was_lost_on_the_way_is_asked_for() -> None:
    done = say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6)
    async with (
        RecordingServer(finops_query=sending(say.job_queued()), resume_job=sending(done)) as server,
        client_of(server, timing={"silence": 0.05}) as client,
    ):
        assert isinstance((await events_of(client))[-1], JobCompleted)
    assert server.actions() == ["authenticate", "finops_query", "resume_job"]


async def test_api_gateways_error_leaves_an_acknowledged_job_alone() -> None:
    messages = [say.WHOLE_JOB[0], say.gateway_error(), say.error(), *say.WHOLE_JOB[1:]]
    async with RecordingServer(finops_query=sending(*messages)) as server, client_of(server) as client:
        assert isinstance((await events_of(client))[-1], JobCompleted)


async def test_an_expired_session_is_renewed_once() -> None:
    tokens = Tokens()
    answers = in_turn(sending(EXPIRED), sending(*say.WHOLE_JOB))
    async with RecordingServer(finops_query=answers) as server, client_of(server, credentials=tokens) as client:
        events = await events_of(client)
    assert isinstance(events[-1], JobCompleted)
    assert tokens.renewals == [False, True]
    assert server.actions() == ["authenticate", "finops_query", "authenticate", "finops_query"]
    assert server.received[1] == server.received[3]
    assert server.received[2]["token"] == "token-2"


async def test_a_question_on_a_forgotten_connection_is_asked_again_after_a_sign_in() -> None:
    tokens = Tokens()
    answers = in_turn(sending(say.job_refused(code="UNAUTHENTICATED")), sending(*say.WHOLE_JOB))
    async with RecordingServer(finops_query=answers) as server, client_of(server, credentials=tokens) as client:
        assert isinstance((await events_of(client))[-1], JobCompleted)
    assert server.actions() == ["authenticate", "finops_query", "authenticate", "finops_query"]
    assert tokens.renewals == [False, False]


async def test_a_job_on_a_forgotten_connection_is_resumed_after_a_sign_in() -> None:
    done = say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6)
    async with (
        RecordingServer(
            finops_query=sending(say.job_queued()),
            resume_job=in_turn(sending(say.error(code="UNAUTHENTICATED")), sending(done)),
        ) as server,
        client_of(server, credentials=Tokens(), timing={"silence": 0.05}) as client,
    ):
        assert isinstance((await events_of(client))[-1], JobCompleted)
    assert server.actions() == ["authenticate", "finops_query", "resume_job", "authenticate", "resume_job"]


async def test_a_session_that_expires_again_is_raised() -> None:
    async with (
        RecordingServer(finops_query=sending(EXPIRED)) as server,
        client_of(server, credentials=Tokens()) as client,
    ):
        with pytest.raises(NotAuthenticated, match="sign in again") as refused:
            await events_of(client)
    assert refused.value.code == "SESSION_EXPIRED"


async def test_a_refusal_of_a_second_submission_ends_nothing() -> None:
    failed = say.job_refused(code="INTERNAL")
    async with (
        RecordingServer(finops_query=sending(say.WHOLE_JOB[0], failed, *say.WHOLE_JOB[1:])) as server,
        client_of(server) as client,
    ):
        assert len(await events_of(client)) == len(say.WHOLE_JOB)


@pytest.mark.parametrize("refusal", [say.gateway_error(), say.job_refused(code="INTERNAL"), None])
async def test_a_question_that_is_not_acknowledged_is_submitted_twice_more(refusal: say.Message | None) -> None:
    lost = sending(refusal) if refusal else silence
    answers = in_turn(lost, lost, sending(*say.WHOLE_JOB))
    async with (
        RecordingServer(finops_query=answers) as server,
        client_of(server, timing={"answer": 0.3}) as client,
    ):
        events = await events_of(client)
    assert len(events) == len(say.WHOLE_JOB)
    first, *again = server.received[1:]
    assert again == [first, first]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (say.gateway_error(), GatewayRefused),
        (say.job_refused(code="INTERNAL"), ServerFailed),
        (None, NoAnswer),
    ],
)
async def test_a_question_that_is_never_acknowledged_fails_in_the_end(
    refusal: say.Message | None, error: type[FinopsClientError]
) -> None:
    async with (
        RecordingServer(finops_query=sending(refusal) if refusal else silence) as server,
        client_of(server, timing={"answer": 0.05}) as client,
    ):
        with pytest.raises(error):
            await events_of(client)
    assert server.actions() == ["authenticate", *["finops_query"] * 3]


async def test_an_acknowledgement_that_comes_after_a_refusal_is_enough() -> None:
    answers = sending(say.gateway_error(), say.gateway_error(), say.gateway_error(), *say.WHOLE_JOB)
    slow = Backoff(first=0.3, random=Longest())
    async with RecordingServer(finops_query=answers) as server, client_of(server, backoff=slow) as client:
        assert len(await events_of(client)) == len(say.WHOLE_JOB)
    assert server.actions().count("finops_query") == 1


async def test_a_line_that_is_cut_while_the_session_is_renewed_is_made_again() -> None:
    async with (
        RecordingServer(
            authenticate=in_turn(sending(say.authenticated()), then_cut(silence), sending(say.authenticated())),
            finops_query=in_turn(sending(EXPIRED), sending(*say.WHOLE_JOB)),
        ) as server,
        client_of(server, credentials=Tokens()) as client,
    ):
        assert isinstance((await events_of(client))[-1], JobCompleted)


@pytest.mark.parametrize("failure", [SignInUnavailable("Too many sign-ins."), None])
async def test_a_renewal_that_fails_for_the_moment_is_tried_again(failure: SignInUnavailable | None) -> None:
    tokens = Tokens(renewal_failures=[failure] if failure else [])
    accepted = sending(say.authenticated())
    async with (
        RecordingServer(
            authenticate=accepted if failure else in_turn(accepted, sending(say.gateway_error()), accepted),
            finops_query=in_turn(sending(EXPIRED), sending(EXPIRED), sending(*say.WHOLE_JOB)),
        ) as server,
        client_of(server, credentials=tokens) as client,
    ):
        assert isinstance((await events_of(client))[-1], JobCompleted)
    assert tokens.renewals == [False, True, True]


async def test_one_question_too_many_in_a_minute_is_asked_again_when_there_is_room() -> None:
    clock = NoHeartbeatClock()
    answers = in_turn(sending(LIMITED), sending(LIMITED), sending(*say.WHOLE_JOB))
    async with RecordingServer(finops_query=answers) as server, client_of(server, clock=clock) as client:
        assert len(await events_of(client)) == len(say.WHOLE_JOB)
    assert server.actions() == ["authenticate", *["finops_query"] * 3]
    assert [int(slept) for slept in clock.slept] == [17, 17]


async def test_one_question_too_many_after_the_waits_too_is_raised() -> None:
    clock = NoHeartbeatClock()
    async with RecordingServer(finops_query=sending(LIMITED)) as server, client_of(server, clock=clock) as client:
        with pytest.raises(LimitReached, match="Please wait") as limit:
            await events_of(client)
    assert limit.value.retry_after == 17
    assert server.actions() == ["authenticate", *["finops_query"] * 3]


async def test_a_question_beside_too_many_jobs_ends_at_once() -> None:
    clock = NoHeartbeatClock()
    refused = say.job_refused(code="TOO_MANY_JOBS", error="You have 10 jobs.", retryAfter=60)
    async with RecordingServer(finops_query=sending(refused)) as server, client_of(server, clock=clock) as client:
        [end] = await events_of(client)
    assert isinstance(end, JobFailed)
    assert (end.code, end.retry_after) == ("TOO_MANY_JOBS", 60)
    assert server.actions() == ["authenticate", "finops_query"]
    assert clock.slept == []
