"""list_jobs: a user's jobs, page by page, and the cursors that lead from one to the next."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_schema import DEFINITIONS, errors_of
from finops_websocket.connections.identity import Connection
from finops_websocket.errors import InvalidMessage, RequestError, SessionExpired, Unauthenticated
from finops_websocket.jobs.job import COMPLETED
from finops_websocket.jobs.store import Start
from finops_websocket.wire.client_messages import ListJobs
from finops_websocket.wire.size import MAX_TEXT_BYTES
from message_handler.jobs import decode_cursor, encode_cursor, list_jobs
from unit.doubles.all_services import AllServices
from unit.doubles.sample_jobs import store

SignedIn = Callable[..., Connection]


def pages_of(services: AllServices, connection: Connection, limit: int) -> list[list[dict[str, Any]]]:
    """Give all pages, one after another."""
    pages = []
    cursor = None
    while True:
        list_jobs(services, connection, ListJobs(limit, cursor))
        listed = services.channel.to(connection.connection_id)[-1]
        pages.append(listed["jobs"])
        cursor = listed.get("cursor")
        if cursor is None:
            return pages


def ids(jobs: list[dict[str, Any]]) -> list[str]:
    return [job["jobId"] for job in jobs]


def test_a_list_has_what_a_line_needs_and_no_answers(services: AllServices, signed_in: SignedIn) -> None:
    list_jobs(services, signed_in(), ListJobs())
    store(services.jobs, status=COMPLETED, progress=100, seq=7, updated_at=1_000_060)
    list_jobs(services, signed_in(), ListJobs())
    line = {
        "jobId": "job-1",
        "status": COMPLETED,
        "progress": 100,
        "query": "Why did my costs rise?",
        "createdAt": 1_000_000,
        "updatedAt": 1_000_060,
        "seq": 7,
    }
    assert services.channel.to("connection-1") == [
        {"type": "job_list", "jobs": []},
        {"type": "job_list", "jobs": [line]},
    ]


def test_the_pages_are_all_jobs_newest_first_and_each_once(services: AllServices, signed_in: SignedIn) -> None:
    # Seven of them in each second.
    for number in range(20):
        store(services.jobs, job_id=f"job-{number:03}", created_at=1_000_000 + number // 7)
        store(services.jobs, job_id=f"another-s-{number}", user_id="user-2", created_at=1_000_000 + number // 7)
    pages = pages_of(services, signed_in(), 8)
    assert [len(page) for page in pages] == [8, 8, 4]
    listed = [job for page in pages for job in page]
    assert sorted(ids(listed)) == [f"job-{number:03}" for number in range(20)]
    created = [job["createdAt"] for job in listed]
    assert created == sorted(created, reverse=True)


@pytest.mark.parametrize("query", ["\x01" * 4_000, "\U0001f600" * 4_000], ids=["six bytes each", "four bytes each"])
def test_jobs_with_huge_questions_are_spread_over_pages_that_fit(
    services: AllServices, signed_in: SignedIn, query: str
) -> None:
    for number in range(20):
        store(services.jobs, job_id=f"job-{number:02}", query=query, created_at=1_000_000 + number // 3)
    pages = pages_of(services, signed_in(), 20)
    assert len(pages) > 2
    assert all(0 < len(json.dumps(page, ensure_ascii=False).encode()) <= MAX_TEXT_BYTES for page in pages)
    assert sorted(job_id for page in pages for job_id in ids(page)) == [f"job-{number:02}" for number in range(20)]


@pytest.mark.parametrize("mode", ["cognito", "open"])
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"verified": False, "user_id": None}, Unauthenticated),
        ({"verified": False, "user_id": "claimed#ada"}, Unauthenticated),
        ({"expires_at": 1_000_000}, SessionExpired),
    ],
)
def test_who_has_shown_no_token_that_counts_has_no_list_in_any_mode(
    services: AllServices, signed_in: SignedIn, mode: str, changes: dict[str, Any], error: type[RequestError]
) -> None:
    store(services.jobs, user_id="claimed#ada")
    with pytest.raises(error):
        list_jobs(replace(services, auth_mode=mode), replace(signed_in(), **changes), ListJobs())
    assert services.channel.sent == []


def cursor_of(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


ANY_TEXT = st.text(st.characters(exclude_categories=()))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(ANY_TEXT, values, max_size=3),
    max_leaves=6,
)
STARTS = st.builds(
    Start, st.integers(0, 2**53 - 1), st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)
)


@given(STARTS)
@example(Start(7, "j" * DEFINITIONS["jobId"]["maxLength"]))
def test_a_cursor_leads_back_to_its_place_and_is_one_of_the_contract_s(start: Start) -> None:
    cursor = encode_cursor(start)
    assert decode_cursor(cursor) == start
    assert errors_of("ListJobs", {"action": "list_jobs", "cursor": cursor}) == []


@given(ANY_TEXT | ANY_JSON.map(json.dumps).map(cursor_of) | st.binary().map(base64.urlsafe_b64encode).map(bytes.decode))
@example(cursor_of("[" + "9" * 1_500 + ',"job-1"]'))
@example("WzcsImEiXQ")
@example("\u00e4")
def test_any_text_is_a_place_with_this_cursor_or_refused(text: str) -> None:
    try:
        start = decode_cursor(text)
    except InvalidMessage:
        return
    assert encode_cursor(start) == text


@pytest.mark.parametrize(
    "place",
    [
        *("null", "7", "[]", "[7]", '[7,"job-1","job-2"]', '{"7":"job-1"}', '["7","job-1"]', '[7.0,"job-1"]'),
        *('[true,"job-1"]', '[NaN,"job-1"]', '[-1,"job-1"]', f'[{2**53},"job-1"]', '[7,""]', "[7,1]", "[7,null]"),
        '[7,"' + "j" * (DEFINITIONS["jobId"]["maxLength"] + 1) + '"]',
        # Deeper than Python reads; hypothesis would let it read on.
        "[" * 1_500,
        # The same place, written otherwise.
        *('[7, "job-1"]', '[7,"\\u006aob-1"]'),
        # Half a character, which no store takes.
        '[7,"\\ud800"]',
    ],
    ids=lambda place: place[:20],
)
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(InvalidMessage):
        decode_cursor(cursor_of(place))


@pytest.mark.parametrize("template", [" {0}", "{0}\n", "{0}{0}", "{0}=", "-{0}"])
def test_a_cursor_that_was_changed_is_refused(template: str) -> None:
    with pytest.raises(InvalidMessage):
        decode_cursor(template.format(encode_cursor(Start(1_000_000, "job-1"))))
