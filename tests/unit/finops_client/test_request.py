import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.errors import GatewayRefused, JobNotFound, ProtocolViolation
from finops_client.event_parser import parse_event
from finops_client.events import Event, JobList, JobSnapshot
from finops_client.request import Request
from unit.finops_client import protocol_messages as say

RESUME = {"action": "resume_job", "jobId": "job-1"}


def event(message: say.Message) -> Event:
    return parse_event(json.dumps(message))


async def test_it_takes_the_answer_about_its_job_and_nothing_after_it() -> None:
    request = Request(RESUME, JobSnapshot)
    about_another = say.error(code="JOB_NOT_FOUND", jobId="job-2")
    broken = {"type": "job_snapshot", "jobId": "job-2"}
    for other in (say.job_snapshot(jobId="job-2"), say.job_list(), say.pong(), about_another, broken):
        request.take(event(other))
        assert not request.outcome.done()
    request.take(event(say.job_snapshot()))
    request.take(event(say.error()))
    assert request.outcome.result() == event(say.job_snapshot())


async def test_an_answer_about_no_job() -> None:
    request = Request({"action": "list_jobs"}, JobList)
    request.take(event(say.error(jobId="job-1")))
    request.take(event(say.job_list()))
    assert isinstance(request.outcome.result(), JobList)


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (say.error(code="JOB_NOT_FOUND"), JobNotFound),
        (say.error(code="JOB_NOT_FOUND", jobId="job-1"), JobNotFound),
        (say.gateway_error(), GatewayRefused),
        ({"type": "job_snapshot", "jobId": "job-1"}, ProtocolViolation),
        ({"type": "job_snapshot"}, ProtocolViolation),
    ],
)
async def test_a_refusal_is_an_outcome(message: say.Message, error: type[Exception]) -> None:
    request = Request(RESUME, JobSnapshot)
    request.take(event(message))
    assert type(request.outcome.result()) is error


@given(st.lists(st.sampled_from([*say.ONE_OF_EACH.values(), say.gateway_error(), {"type": "novelty"}])))
async def test_whatever_comes_there_is_one_outcome(messages: list[say.Message]) -> None:
    request = Request(RESUME, JobSnapshot)
    for message in messages:
        request.take(event(message))
    answers = [one for one in messages if one.get("type") in {"error", "job_snapshot"} or "connectionId" in one]
    answers = [one for one in answers if one.get("type") != "authenticated"]
    assert request.outcome.done() is bool(answers)
