import pytest

from contract_schema import ERROR_CODES
from finops_websocket import errors
from finops_websocket.errors import FinopsError, JobHeldElsewhere, QueueUnavailable, RequestError, client_text


def subclasses(error: type[Exception]) -> list[type[Exception]]:
    return [error, *(deeper for child in error.__subclasses__() for deeper in subclasses(child))]


def saying(error: type[Exception], text: str) -> Exception:
    return error(text, "message-1", 30) if error is JobHeldElsewhere else error(text)


REQUEST_ERRORS = [error for error in subclasses(RequestError) if error is not RequestError]


@pytest.mark.parametrize("error", REQUEST_ERRORS)
def test_a_request_error_says_its_sentence_under_a_code_of_its_own(error: type[RequestError]) -> None:
    assert client_text(error("A sentence.")) == (error.code, "A sentence.")
    assert error.code in ERROR_CODES
    assert [other for other in REQUEST_ERRORS if other.code == error.code] == [error]


def test_an_unavailable_queue_says_nothing_of_the_queue() -> None:
    code, sentence = client_text(QueueUnavailable("Job job-1 could not be queued: EndpointConnectionError"))
    assert code == "QUEUE_UNAVAILABLE"
    assert "job-1" not in sentence
    assert "EndpointConnectionError" not in sentence


@pytest.mark.parametrize(
    "error",
    [
        KeyError("arn:aws:dynamodb:secret"),
        ValueError("arn:aws:dynamodb:secret"),
        *(saying(error, "arn:aws:dynamodb:secret") for error in subclasses(FinopsError) if error not in REQUEST_ERRORS),
    ],
)
def test_no_other_error_s_text_reaches_a_client(error: Exception) -> None:
    if type(error) is RequestError:
        return
    code, sentence = client_text(error)
    assert code in ERROR_CODES
    assert sentence
    assert "secret" not in sentence


def test_who_finds_a_job_held_learns_by_which_message_and_how_long() -> None:
    held = JobHeldElsewhere("Job job-1 is held.", "message-1", 30)
    assert (str(held), held.message_id, held.seconds) == ("Job job-1 is held.", "message-1", 30)


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = [line.strip("|-` ").split()[0] for line in (errors.__doc__ or "").splitlines()[2:] if line.strip()]
    assert drawn == [error.__name__ for error in subclasses(FinopsError)]
