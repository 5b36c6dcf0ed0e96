import pytest

from finops_client.event_fields import InvalidField, flag, integer, number, text, text_or_null, texts
from finops_client.events import AgentResult, JobResult
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
