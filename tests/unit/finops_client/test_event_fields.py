import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.event_fields import (
    SECONDS_OF_A_DAY,
    InvalidField,
    flag,
    integer,
    number,
    seconds_or_none,
    text,
    text_or_null,
    texts,
)
from finops_client.events import AgentResult, ErrorMessage, JobFailed, JobResult
from unit.finops_client import protocol_messages as say


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (text, 5),
        (text, None),
        (flag, 1),
        (flag, "true"),
        (number, True),
        (number, "5"),
        (number, float("inf")),
        (number, float("nan")),
        (integer, 1.5),
        (texts, "ab"),
        (texts, ["a", 1]),
        (text_or_null, 5),
    ],
)
def test_a_reader_refuses_what_is_of_another_kind(read, value) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidField):
        read(value)


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    assert integer(7.0) == 7
    assert isinstance(integer(7.0), int)


def test_huge_numbers_are_numbers() -> None:
    assert integer(10**400) == 10**400


def test_an_optional_field_that_is_not_set_is_left_out() -> None:
    result = JobResult.from_message(say.job_result())
    assert "responseUrl" not in result.to_message()
    assert JobResult.from_message(say.job_result(responseUrl="u")).to_message()["responseUrl"] == "u"


def test_the_invalid_field_is_named() -> None:
    with pytest.raises(InvalidField, match=r"^title is not a string$"):
        AgentResult.from_message(say.agent_result(title=None))
    with pytest.raises(InvalidField, match=r"^is not an object$"):
        AgentResult.from_message([])


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(1, 1), (17, 17), (0.2, 1), (16.1, 17), (SECONDS_OF_A_DAY, SECONDS_OF_A_DAY)],
)
def test_a_wait_is_whole_seconds_and_never_shorter_than_said(value: object, seconds: int) -> None:
    assert seconds_or_none(value) == seconds


@pytest.mark.parametrize("rubbish", [None, True, 0, -5, "17", [], {}, SECONDS_OF_A_DAY + 1, 10**400, float("inf")])
def test_a_wait_that_makes_no_sense_costs_no_message(rubbish: object) -> None:
    assert seconds_or_none(rubbish) is None
    for kind, message in (
        (ErrorMessage, say.error(retryAfter=rubbish)),
        (JobFailed, say.job_refused(retryAfter=rubbish)),
    ):
        event = kind.from_message(message)
        assert isinstance(event, ErrorMessage | JobFailed)
        assert event.retry_after is None
        assert "retryAfter" not in event.to_message()


@given(st.integers() | st.floats() | st.text() | st.none() | st.booleans())
def test_any_value_is_a_wait_of_at_most_a_day_or_none(value: object) -> None:
    seconds = seconds_or_none(value)
    assert seconds is None or (type(seconds) is int and 1 <= seconds <= SECONDS_OF_A_DAY)
