"""Connections that are lost, refused and made again, and what becomes of the job meanwhile."""

from typing import Any

import pytest

from finops_client import FinopsClient, GivenToken, Timing
from finops_client.errors import CannotConnect, GaveUp, HandshakeRefused, LimitReached, NotAuthenticated
from finops_client.events import JobCompleted
from unit.finops_client import protocol_messages as say
from unit.finops_client.quick_client import QuickTiming, Tokens, asked, client_of, kinds_of
from unit.finops_client.recording_server import RecordingServer, in_turn, sending, silence, then_cut

ACCEPTED = sending(say.authenticated())
DONE = say.job_snapshot(status="completed", progress=100, result=say.job_result(), seq=6)
CUT_IN_MID_JOB = then_cut(sending(*say.WHOLE_JOB[:3]))


def limited(retry_after: int | None) -> Any:
    return sending(say.error(code="RATE_LIMITED", message="Please close one.", retryAfter=retry_after))


async def test_a_line_that_is_cut_in_mid_job_is_made_again_and_the_job_taken_up() -> None:
    timing = QuickTiming()
    resumed = sending(DONE, say.job_completed())
    async with (
        RecordingServer(finops_query=CUT_IN_MID_JOB, resume_job=resumed) as server,
        client_of(server, timing=timing) as client,
    ):
        server.handshake_statuses = [500, 429]
        events = await asked(client)
    assert kinds_of(events[3:]) == ["JobSnapshot", "AgentCompleted", "JobCompleted"]
    assert server.actions() == ["authenticate", "finops_query", "authenticate", "resume_job"]
    assert server.received[-1] == {"action": "resume_job", "jobId": "job-1"}
    assert len(timing.slept) == 3


async def test_a_line_that_is_cut_before_the_acknowledgement_sends_the_same_question_again() -> None:
    answers = in_turn(then_cut(silence), then_cut(silence), sending(*say.WHOLE_JOB))
    async with RecordingServer(finops_query=answers) as server, client_of(server) as client:
        assert isinstance((await asked(client))[-1], JobCompleted)
    assert server.actions() == ["authenticate", "finops_query"] * 3
    assert len({message.get("requestId") for message in server.received}) == 2


async def test_a_job_that_moves_on_may_lose_any_number_of_lines() -> None:
    steps = [then_cut(sending(say.progress_update(progress=10 * step, seq=step))) for step in range(2, 8)]
    async with (
        RecordingServer(
            finops_query=then_cut(sending(say.job_queued())),
            resume_job=in_turn(*steps, sending(say.job_completed(seq=9))),
        ) as server,
        client_of(server, attempts=1) as client,
    ):
        assert kinds_of(await asked(client)) == ["JobQueued", *["ProgressUpdate"] * 6, "JobCompleted"]


async def test_messages_flow_while_a_job_is_taken_up() -> None:
    pushed = sending(say.progress_update(seq=7), say.job_completed())
    async with (
        RecordingServer(finops_query=CUT_IN_MID_JOB, resume_job=pushed) as server,
        client_of(server, answer=30) as client,
    ):
        assert kinds_of((await asked(client))[3:]) == ["ProgressUpdate", "JobCompleted"]


async def test_after_some_attempts_it_gives_up_for_good_in_the_last_ones_words() -> None:
    async with RecordingServer(finops_query=CUT_IN_MID_JOB) as server, client_of(server) as client:
        server.handshake_statuses = [500] * 99
        events = client.ask("Why?")
        assert kinds_of([await anext(events) for _ in range(3)]) == ["JobQueued", "ProgressUpdate", "AnalysisStarted"]
        with pytest.raises(GaveUp, match=r"5 attempts to make it again failed\. Last: .*HTTP 500"):
            await anext(events)
        for later in (asked(client), client.cancel("job-1")):
            with pytest.raises(GaveUp):
                await later
    assert len(server.handshake_statuses) == 94


@pytest.mark.parametrize("lost", [then_cut(silence), in_turn(then_cut(silence))])
async def test_a_server_that_drops_every_connection_is_not_asked_for_ever(lost: Any) -> None:
    async with RecordingServer(finops_query=lost) as server, client_of(server) as client:
        with pytest.raises(GaveUp):
            await asked(client)
    assert server.actions() == ["authenticate", "finops_query"] * 6


async def test_the_time_allowed_bounds_the_attempts() -> None:
    timing = QuickTiming(first_wait=60, longest_wait=60, attempts=10_000, give_up_after=1000)
    async with RecordingServer(finops_query=CUT_IN_MID_JOB) as server, client_of(server, timing=timing) as client:
        server.handshake_statuses = [500] * 10_000
        with pytest.raises(GaveUp):
            await asked(client)
    assert len(server.handshake_statuses) > 9000


async def test_a_refused_handshake_is_not_tried_again() -> None:
    async with RecordingServer(finops_query=CUT_IN_MID_JOB) as server, client_of(server) as client:
        server.handshake_statuses = [403, 403]
        with pytest.raises(HandshakeRefused):
            await asked(client)
    assert len(server.handshake_statuses) == 1


async def test_a_token_that_expired_meanwhile_is_renewed_and_one_that_cannot_be_is_refused() -> None:
    tokens, refused = Tokens(), sending(say.error(code="INVALID_TOKEN", message="Bad token."))
    async with (
        RecordingServer(
            authenticate=in_turn(ACCEPTED, refused, ACCEPTED), finops_query=CUT_IN_MID_JOB, resume_job=sending(DONE)
        ) as server,
        client_of(server, credentials=tokens) as client,
    ):
        assert isinstance((await asked(client))[-1], JobCompleted)
        assert tokens.renewals == [False, False, True]
        assert server.received[-2]["token"] == "token-3"
    async with (
        RecordingServer(authenticate=in_turn(ACCEPTED, refused), finops_query=CUT_IN_MID_JOB) as server,
        client_of(server, credentials=GivenToken("abc")) as client,
    ):
        with pytest.raises(NotAuthenticated, match=r"Bad token\. .* give a new one") as failed:
            await asked(client)
    assert failed.value.code == "INVALID_TOKEN"
    assert server.actions() == ["authenticate", "finops_query", "authenticate"]


async def test_a_server_that_fails_at_the_authentication_is_tried_again() -> None:
    failing = [sending(say.error(code="INTERNAL")), sending(say.gateway_error()), then_cut(silence)]
    answers = in_turn(ACCEPTED, *failing, ACCEPTED)
    async with (
        RecordingServer(authenticate=answers, finops_query=CUT_IN_MID_JOB, resume_job=sending(DONE)) as server,
        client_of(server) as client,
    ):
        assert isinstance((await asked(client))[-1], JobCompleted)
    assert server.actions().count("authenticate") == 5


@pytest.mark.parametrize(("retry_after", "attempts"), [(1, 5), (50, 3), (3600, 1), (None, 5)])
async def test_one_connection_too_many_is_tried_again_when_the_server_says_and_given_up_in_its_words(
    retry_after: int | None, attempts: int
) -> None:
    timing = QuickTiming()
    async with (
        RecordingServer(authenticate=in_turn(ACCEPTED, limited(retry_after)), finops_query=CUT_IN_MID_JOB) as server,
        client_of(server, timing=timing) as client,
    ):
        with pytest.raises(GaveUp, match=f"{attempts} attempts to make it again failed. Last: Please close one."):
            await asked(client)
    first, *after_limits = timing.slept
    assert first < 1
    assert [int(slept) for slept in after_limits] == [retry_after or 0] * (attempts - 1)


async def test_a_first_failure_is_the_callers_but_for_a_moments_patience() -> None:
    nobody = QuickTiming()
    async with RecordingServer(authenticate=in_turn(limited(1), limited(1), ACCEPTED)) as server:
        timing = QuickTiming()
        async with client_of(server, timing=timing):
            assert [1 <= slept <= 2 for slept in timing.slept] == [True, True]
        server.answers["authenticate"] = limited(1)
        with pytest.raises(LimitReached):
            await client_of(server).__aenter__()
        assert server.actions() == ["authenticate"] * 6
        server.answers["authenticate"] = limited(30)
        with pytest.raises(LimitReached, match="Please close one") as limit:
            await client_of(server, timing=nobody).__aenter__()
    assert (limit.value.code, limit.value.retry_after) == ("RATE_LIMITED", 30)
    with pytest.raises(CannotConnect):
        await FinopsClient("ws://127.0.0.1:1", timing=nobody).__aenter__()
    assert nobody.slept == []


def test_waits_grow_up_to_the_longest() -> None:
    waits = list(Timing(first_wait=1, longest_wait=5, attempts=1000).waits())
    assert waits[0] <= 1
    assert 4 < max(waits) <= 5
