import inspect

import pytest

from finops_client import errors
from finops_client.errors import (
    ConnectionLost,
    FinopsClientError,
    GaveUp,
    HandshakeRefused,
    JobNotCompleted,
    LimitReached,
    NoAnswer,
)
from finops_client.events import JobCancelled, JobFailed
from unit.finops_client import protocol_messages as say

CLASSES = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, FinopsClientError)]


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_is_in_the_tree_of_the_docstring_under_its_base(kind: type[FinopsClientError]) -> None:
    lines = (errors.__doc__ or "").splitlines()
    indent_of = {line.split()[0]: len(line) - len(line.lstrip()) for line in lines if line.strip()}
    depth = len([base for base in kind.__mro__ if issubclass(base, FinopsClientError)])
    assert indent_of[kind.__name__] == 2 + 2 * depth


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (HandshakeRefused(404), "HTTP 404. Is the URL right, with its stage?"),
        (HandshakeRefused(403), "HTTP 403. Is the URL right, with its stage? If it is, the server may want an Origin"),
        (HandshakeRefused(403, "https://a.example"), "may not allow the origin https://a.example."),
        (LimitReached("Too many.", "RATE_LIMITED", 3), "Too many."),
        (ConnectionLost(1006, ""), "(code 1006)"),
        (ConnectionLost(1001, "bye"), "(code 1001, bye)"),
        (GaveUp(ConnectionLost(1006, ""), 3, HandshakeRefused(403)), "3 attempts"),
        (NoAnswer("a ping", 30.0), "a ping within 30 seconds"),
        (JobNotCompleted(JobFailed.from_message(say.job_failed())), "All agents failed."),
        (JobNotCompleted(JobCancelled.from_message(say.job_cancelled())), "cancelled"),
    ],
)
def test_every_error_is_a_sentence(error: FinopsClientError, sentence: str) -> None:
    assert sentence in str(error)
    assert str(error).endswith((".", "?"))
