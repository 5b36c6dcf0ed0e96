import pytest

from finops_client.events import ErrorMessage, GatewayError, JobEvent, JobQueued, JobSnapshot, ProgressUpdate
from finops_client.jobs import Job
from finops_client.question import Question
from unit.finops_client import protocol_messages as say

ERROR = ErrorMessage.from_message(say.error())
EXPIRED = ErrorMessage.from_message(say.error(code="SESSION_EXPIRED"))
GATEWAY = GatewayError.from_message(say.gateway_error())


def question(**state: object) -> Question:
    asked = Question(Job("request-1"), "Why?", None, may_renew=True)
    for name, value in state.items():
        setattr(asked, name, value)
    return asked


def test_the_message_carries_the_request_id_each_time() -> None:
    asked = question()
    assert asked.message() == asked.message()
    assert asked.message() == {"action": "finops_query", "query": "Why?", "requestId": "request-1"}
    asked.agents = ("a",)
    assert asked.message()["agents"] == ["a"]


@pytest.mark.parametrize(
    ("refusal", "state", "concerned"),
    [
        (GATEWAY, {}, False),
        (GATEWAY, {"waiting_since": 1.0}, True),
        (ERROR, {"waiting_since": 1.0}, False),
        (ERROR, {"waiting_since": 1.0, "resuming": True}, True),
        (EXPIRED, {"waiting_since": 1.0}, True),
        (EXPIRED, {}, False),
    ],
)
def test_whom_a_refusal_concerns(
    refusal: ErrorMessage | GatewayError, state: dict[str, object], concerned: bool
) -> None:
    assert question(**state).concerns(refusal) is concerned


@pytest.mark.parametrize(
    ("event", "answers"),
    [
        (JobQueued.from_message(say.job_queued()), True),
        (JobSnapshot.from_message(say.job_snapshot()), True),
        (ProgressUpdate.from_message(say.progress_update()), False),
    ],
)
def test_what_answers_it(event: JobEvent, answers: bool) -> None:
    asked = question(waiting_since=1.0, resuming=True)
    asked.note_answer(event)
    assert (asked.waiting_since is None) is answers
    assert asked.resuming is not answers


def test_a_refusal_ends_the_wait_and_one_wait_takes_one_refusal() -> None:
    asked = question(waiting_since=1.0)
    asked.note_refusal(ERROR)
    assert (asked.inbox.qsize(), asked.waiting_since) == (0, 1.0)
    asked.note_refusal(GATEWAY)
    asked.note_refusal(GATEWAY)
    assert (asked.inbox.qsize(), asked.waiting_since) == (1, None)
