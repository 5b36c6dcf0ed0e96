import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.errors import OperationFailed
from finops_operations.job_replay import JobReplay, Replay, ReplayRefused


class Function:
    """Lambda with one function, which gives an answer; keeps what it was asked."""

    def __init__(self, answer: bytes, **response: Any) -> None:
        self._response = {"StatusCode": 200, "Payload": io.BytesIO(answer), **response}
        self.asked: list[tuple[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803 - boto3's names
        self.asked.append((FunctionName, json.loads(Payload)))
        return self._response


def replay_with(answer: bytes, **response: Any) -> tuple[JobReplay, Function]:
    function: Any = Function(answer, **response)
    return JobReplay(function, "project-message-handler"), function


@pytest.mark.parametrize("queued", [True, False])
def test_a_replay_is_asked_of_the_message_handler(queued: bool) -> None:
    replay, function = replay_with(json.dumps({"replayedAs": "job-2", "queued": queued}).encode())
    assert replay("job-1") == Replay("job-2", queued)
    assert function.asked == [("project-message-handler", {"operation": "replay", "jobId": "job-1"})]


def test_a_refusal_says_why() -> None:
    replay, _ = replay_with(b'{"refused": "TOO_MANY_JOBS", "message": "At most 10 questions."}')
    with pytest.raises(ReplayRefused, match=r"At most 10 questions\. \(TOO_MANY_JOBS\)"):
        replay("job-1")


def test_a_refusal_for_now_says_until_when() -> None:
    replay, _ = replay_with(b'{"refused": "RATE_LIMITED", "message": "Slower.", "retryAfter": 7}')
    with pytest.raises(ReplayRefused) as refusal:
        replay("job-1")
    assert refusal.value.retry_after == 7


def test_a_function_that_crashes_is_named_with_its_log_and_not_quoted() -> None:
    replay, _ = replay_with(b'{"errorMessage": "secret", "replayedAs": "job-2"}', FunctionError="Unhandled")
    with pytest.raises(OperationFailed, match="/aws/lambda/project-message-handler") as failure:
        replay("job-1")
    assert "secret" not in str(failure.value)


@given(st.binary(max_size=40) | st.from_type(type(None)).map(lambda _: b'{"statusCode": 500}'))
def test_any_other_answer_is_a_sentence(answer: bytes) -> None:
    replay, _ = replay_with(answer)
    with pytest.raises(OperationFailed, match="could not replay job job-1"):
        replay("job-1")
