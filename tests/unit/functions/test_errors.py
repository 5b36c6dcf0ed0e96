"""Which words of an error reach a client."""

import pytest

from contract_schema import ERROR_CODES
from finops_websocket import errors
from finops_websocket.errors import (
    ConnectionSpent,
    FinopsError,
    JobHeldElsewhere,
    LimitReached,
    QueueUnavailable,
    RateLimited,
    RequestError,
    client_text,
)


def subclasses(error: type[Exception]) -> list[type[Exception]]:
    return [error, *(deeper for child in error.__subclasses__() for deeper in subclasses(child))]


def saying(error: type[Exception], text: str) -> Exception:
    if error is JobHeldElsewhere:
        return error(text, "message-1", 30)
    return error(text, 30) if issubclass(error, LimitReached) else error(text)


# Never raised themselves.
FAMILIES = (RequestError, LimitReached)
REQUEST_ERRORS = [error for error in subclasses(RequestError) if error not in FAMILIES]
LIMITS = [error for error in subclasses(LimitReached) if error not in FAMILIES]


@pytest.mark.parametrize("error", REQUEST_ERRORS)
def test_a_request_error_says_its_sentence_under_a_code_of_its_own(error: type[RequestError]) -> None:
    assert client_text(saying(error, "A sentence.")) == (error.code, "A sentence.")
    assert error.code in ERROR_CODES
    # A spent connection is told what a client that sends too much is told.
    alike = {error, RateLimited, ConnectionSpent} if issubclass(error, RateLimited) else {error}
    assert {other for other in REQUEST_ERRORS if other.code == error.code} == alike


@pytest.mark.parametrize("error", LIMITS)
@pytest.mark.parametrize(("given", "said"), [(60, 60), (1, 1), (0, 1), (-7, 1)])
def test_who_has_reached_a_limit_is_told_to_wait_a_second_at_least(
    error: type[LimitReached], given: int, said: int
) -> None:
    assert error("A sentence.", given).retry_after == said


def test_every_code_of_the_contract_is_an_error_s_or_a_job_s_end_s() -> None:
    # What a job ends with is stored; a page from elsewhere is told by the status of its handshake.
    others = {"AGENTS_FAILED", "TIMED_OUT", "PROCESSING_FAILED", "ORIGIN_NOT_ALLOWED", "QUEUE_UNAVAILABLE", "INTERNAL"}
    assert {error.code for error in REQUEST_ERRORS} == ERROR_CODES - others
    assert client_text(QueueUnavailable("Job job-1 could not be queued."))[0] == "QUEUE_UNAVAILABLE"


@pytest.mark.parametrize(
    "error",
    [
        KeyError("arn:aws:dynamodb:secret"),
        ValueError("arn:aws:dynamodb:secret"),
        *(
            saying(error, "arn:aws:dynamodb:secret")
            for error in subclasses(FinopsError)
            if not issubclass(error, RequestError)
        ),
    ],
)
def test_no_other_error_s_text_reaches_a_client(error: Exception) -> None:
    code, sentence = client_text(error)
    assert code in ERROR_CODES
    assert sentence
    assert "secret" not in sentence


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = [line.strip("|-` ").split()[0] for line in (errors.__doc__ or "").splitlines()[2:] if line.strip()]
    assert drawn == [error.__name__ for error in subclasses(FinopsError)]
