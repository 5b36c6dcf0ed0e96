import base64
import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_schema import DEFINITIONS, errors_of
from finops_websocket.errors import InvalidMessage
from finops_websocket.job_history import Start
from message_handler import job_cursor

ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(ANY_TEXT, values, max_size=3),
    max_leaves=6,
)
STARTS = st.builds(
    Start, st.integers(0, 2**53 - 1), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)
)


def cursor_of(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


@given(STARTS)
def test_a_cursor_leads_back_to_its_place_and_is_one_of_the_contract_s(start: Start) -> None:
    cursor = job_cursor.encode(start)
    assert job_cursor.decode(cursor) == start
    assert errors_of("ListJobs", {"action": "list_jobs", "cursor": cursor}) == []


def test_the_bounds_of_a_job_s_id_are_the_contract_s() -> None:
    longest = DEFINITIONS["jobId"]["maxLength"]
    assert job_cursor.decode(cursor_of(json.dumps([7, "j" * longest], separators=(",", ":")))).job_id == "j" * longest
    with pytest.raises(InvalidMessage):
        job_cursor.decode(cursor_of(json.dumps([7, "j" * (longest + 1)], separators=(",", ":"))))


@given(ANY_TEXT | ANY_JSON.map(json.dumps).map(cursor_of) | st.binary().map(base64.urlsafe_b64encode).map(bytes.decode))
@example(cursor_of("[" + "9" * 1_500 + ',"job-1"]'))
@example("WzcsImEiXQ")
@example("\u00e4")
def test_any_text_is_a_place_with_this_cursor_or_refused(text: str) -> None:
    try:
        start = job_cursor.decode(text)
    except InvalidMessage:
        return
    assert job_cursor.encode(start) == text


@pytest.mark.parametrize(
    "place",
    [
        "null",
        "7",
        "[]",
        "[7]",
        '[7,"job-1","job-2"]',
        '{"7":"job-1"}',
        '["7","job-1"]',
        '[7.0,"job-1"]',
        '[true,"job-1"]',
        '[NaN,"job-1"]',
        '[-1,"job-1"]',
        f'[{2**53},"job-1"]',
        '[7,""]',
        "[7,1]",
        "[7,null]",
        # Deeper than Python reads; hypothesis would let it read on.
        "[" * 1_500,
        # The same place, written otherwise.
        '[7, "job-1"]',
        '[7,"\\u006aob-1"]',
        # Half a character, which no store takes.
        '[7,"\\ud800"]',
    ],
)
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(InvalidMessage):
        job_cursor.decode(cursor_of(place))


@pytest.mark.parametrize("template", [" {0}", "{0}\n", "{0}{0}", "{0}=", "-{0}"])
def test_a_cursor_that_was_changed_is_refused(template: str) -> None:
    with pytest.raises(InvalidMessage):
        job_cursor.decode(template.format(job_cursor.encode(Start(1_000_000, "job-1"))))
