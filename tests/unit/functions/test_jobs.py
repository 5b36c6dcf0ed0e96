"""resume_job, cancel_job and list_jobs: what a user sees of its jobs, and how one is ended."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract_schema import errors_of
from finops_websocket import metrics
from finops_websocket.connections.channel import Posted
from finops_websocket.delivery.stuck_jobs import MOST_REQUEUES
from finops_websocket.errors import InvalidMessage, JobFinished, JobNotFound, NotSent, SessionExpired, Unauthenticated
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from finops_websocket.jobs.store import Start
from finops_websocket.wire.client_messages import CancelJob, ListJobs, ResumeJob
from finops_websocket.wire.size import MAX_TEXT_BYTES
from message_handler.jobs import cancel_job, decode_cursor, encode_cursor, list_jobs, resume_job
from unit.doubles.aws_calls import just_before
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_jobs import COST, SAVINGS, an_answer, claim, store, stored

CANCELLED_AT_2 = {"type": "job_cancelled", "jobId": "job-1", "timestamp": 1_000_000, "seq": 2}


def resume(services, connection, job_id="job-1"):
    resume_job(services, connection, ResumeJob(job_id))


def cancel(services, connection, job_id="job-1"):
    cancel_job(services, connection, CancelJob(job_id))


both = pytest.mark.parametrize("act", [resume, cancel])


@both
@pytest.mark.parametrize("job_id", ["job-1", "nowhere"])
@pytest.mark.parametrize(
    ("mode", "changes", "error"),
    [
        ("cognito", {"user_id": "user-2"}, JobNotFound),
        ("cognito", {"verified": False, "user_id": None}, Unauthenticated),
        ("cognito", {"verified": False, "user_id": "claimed#user-1"}, Unauthenticated),
        ("cognito", {"expires_at": 1_000_000}, SessionExpired),
        ("open", {"user_id": "user-2"}, JobNotFound),
        ("open", {"verified": False, "user_id": "claimed#user-1"}, JobNotFound),
    ],
)
def test_who_may_not_see_a_job_learns_nothing_and_changes_nothing(
    services, signed_in, act, job_id, mode, changes, error
):
    # Stuck for good: who may not see it does not recover it either.
    job = store(services.jobs, requeues=MOST_REQUEUES, queued_at=0)
    with pytest.raises(error) as refused:
        act(replace(services, auth_mode=mode), replace(signed_in(), **changes), job_id)
    assert "job-1" not in str(refused.value)
    assert stored(services.jobs) == job
    assert services.channel.sent == []


@both
def test_a_job_whose_time_has_run_out_is_not_there_also_if_that_happens_meanwhile(services, signed_in, act):
    store(services.jobs, ttl=1_000_001)
    connection = signed_in()
    time_runs_out = just_before(services.jobs.table.client, "UpdateItem", lambda: services.clock.set(1_000_001))
    with time_runs_out, pytest.raises(JobNotFound):
        act(services, connection, "job-1")
    assert services.channel.sent == []


def test_the_whole_state_is_the_first_answer_and_the_connection_follows(services, signed_in):
    store(services.jobs)
    job = claim(services.jobs)
    # One whose step is not stored yet is not in it: its agent_completed comes with a later seq.
    for agent in (COST, SAVINGS):
        services.answers.put(job, an_answer(agent))
    job = services.jobs.record_step(job, services.lease, progress=52, message="One of two.", completedAgents=(COST,))
    for _ in range(2):
        resume(services, signed_in("connection-2"))
    first, again = services.channel.to("connection-2")
    result = {"agent": COST, "title": f"Title of {COST}", "content": "Costs rose.", "status": "completed"}
    assert first == {
        **{"type": "job_snapshot", "jobId": "job-1", "query": "Why did my costs rise?", "agents": [COST, SAVINGS]},
        "titles": {COST: "Cost analysis", SAVINGS: "Optimisation"},
        **{"status": PROCESSING, "progress": 52, "message": "One of two.", "completed_agents": [COST], "seq": 3},
        **{"results": [result | {"timestamp": 1_000_030}], "createdAt": 1_000_000, "updatedAt": 1_000_000},
    }
    assert again == first
    assert stored(services.jobs) == replace(job, followers=frozenset({"connection-1", "connection-2"}))
    assert services.channel.to("connection-1") == []


def test_a_step_that_comes_before_it_is_followed_is_in_the_snapshot(services, signed_in):
    store(services.jobs)
    connection = signed_in("connection-2")
    with just_before(services.jobs.table.client, "UpdateItem", lambda: claim(services.jobs)):
        resume(services, connection)
    [snapshot] = services.channel.to("connection-2")
    assert (snapshot["status"], snapshot["seq"]) == (PROCESSING, 2)


def test_a_state_that_cannot_be_sent_is_an_error_unless_the_connection_is_gone(services, signed_in):
    store(services.jobs)
    services.channel.results = {"connection-2": Posted.FAILED, "connection-3": Posted.GONE}
    with pytest.raises(NotSent):
        resume(services, signed_in("connection-2"))
    resume(services, signed_in("connection-3"))
    # It follows all the same.
    assert "connection-2" in stored(services.jobs).followers


def test_a_job_that_is_given_up_when_it_is_looked_at_is_shown_as_failed(services, signed_in):
    store(services.jobs, requeues=MOST_REQUEUES, queued_at=0)
    resume(services, signed_in("connection-2"))
    [snapshot] = services.channel.to("connection-2")
    assert (snapshot["type"], snapshot["status"], snapshot["code"]) == ("job_snapshot", FAILED, "PROCESSING_FAILED")
    assert services.channel.kinds_to("connection-1") == ["job_failed"]


@pytest.mark.parametrize("asker", ["connection-1", "connection-2"])
def test_a_cancelled_job_has_ended_once_for_its_asker_and_all_who_follow_it(services, signed_in, measured, asker):
    store(services.jobs, followers=frozenset({"connection-1", "connection-0"}))
    cancel(services, signed_in(asker))
    for connection_id in {"connection-0", "connection-1", asker}:
        assert services.channel.to(connection_id) == [CANCELLED_AT_2]
    once = stored(services.jobs)
    assert (once.status, once.seq, once.followers, once.is_open) == (CANCELLED, 2, frozenset(), False)
    # Again it stays as it is, and only the asker hears of it.
    cancel(services, signed_in("connection-3"))
    assert stored(services.jobs) == once
    assert services.channel.to("connection-3") == [CANCELLED_AT_2]
    assert len(services.channel.to("connection-0")) == 1
    assert names(measured()) == {metrics.JOBS_CANCELLED: 1}


@pytest.mark.parametrize("status", [COMPLETED, FAILED])
def test_a_job_that_ended_otherwise_also_meanwhile_is_finished_and_nobody_is_told_another_end(
    services, signed_in, status
):
    store(services.jobs)
    connection = signed_in()
    client = services.jobs.table.client
    for end in (lambda: store(services.jobs, status=status), lambda: None):
        with just_before(client, "UpdateItem", end), pytest.raises(JobFinished, match=status):
            cancel(services, connection)
    assert stored(services.jobs).status == status
    assert services.channel.sent == []


# list_jobs: a user's jobs, page by page, and the cursors that lead from one to the next.


def pages_of(services, connection, limit):
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


def ids(jobs):
    return [job["jobId"] for job in jobs]


def test_a_list_has_what_a_line_needs_and_no_answers(services, signed_in):
    list_jobs(services, signed_in(), ListJobs())
    store(services.jobs, status=COMPLETED, progress=100, seq=7, updated_at=1_000_060)
    list_jobs(services, signed_in(), ListJobs())
    line = {"jobId": "job-1", "status": COMPLETED, "progress": 100, "query": "Why did my costs rise?", "seq": 7}
    line |= {"createdAt": 1_000_000, "updatedAt": 1_000_060}
    assert [each["jobs"] for each in services.channel.to("connection-1")] == [[], [line]]


def test_the_pages_are_all_jobs_newest_first_and_each_once(services, signed_in):
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
def test_jobs_with_huge_questions_are_spread_over_pages_that_fit(services, signed_in, query):
    for number in range(20):
        store(services.jobs, job_id=f"job-{number:02}", query=query, created_at=1_000_000 + number // 3)
    pages = pages_of(services, signed_in(), 20)
    assert len(pages) > 2
    assert all(0 < len(json.dumps(page, ensure_ascii=False).encode()) <= MAX_TEXT_BYTES for page in pages)
    assert sorted(job_id for page in pages for job_id in ids(page)) == [f"job-{number:02}" for number in range(20)]


@pytest.mark.parametrize("mode", ["cognito", "open"])
@pytest.mark.parametrize(
    ("changes", "error"),
    [({"verified": False, "user_id": "claimed#ada"}, Unauthenticated), ({"expires_at": 1_000_000}, SessionExpired)],
)
def test_who_has_shown_no_token_that_counts_has_no_list_in_any_mode(services, signed_in, mode, changes, error):
    store(services.jobs, user_id="claimed#ada")
    with pytest.raises(error):
        list_jobs(replace(services, auth_mode=mode), replace(signed_in(), **changes), ListJobs())
    assert services.channel.sent == []


def cursor_of(place):
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
@example(Start(7, "j" * 128))
def test_a_cursor_leads_back_to_its_place_and_is_one_of_the_contract_s(start):
    cursor = encode_cursor(start)
    assert decode_cursor(cursor) == start
    assert errors_of("ListJobs", {"action": "list_jobs", "cursor": cursor}) == []


@given(ANY_TEXT | ANY_JSON.map(json.dumps).map(cursor_of) | st.binary().map(base64.urlsafe_b64encode).map(bytes.decode))
@example(cursor_of("[" + "9" * 1_500 + ',"job-1"]'))
@example("WzcsImEiXQ")
@example("\u00e4")
def test_any_text_is_a_place_with_this_cursor_or_refused(text):
    try:
        start = decode_cursor(text)
    except InvalidMessage:
        return
    assert encode_cursor(start) == text


@pytest.mark.parametrize(
    "place",
    [
        *("null", "[7]", '[7,"job-1","job-2"]', '["7","job-1"]', '[7.0,"job-1"]', '[-1,"job-1"]', f'[{2**53},"job-1"]'),
        *('[7,""]', "[7,1]", '[7,"' + "j" * 129 + '"]', "[" * 1_500),
        # The same place, written otherwise, and half a character, which no store takes.
        *('[7, "job-1"]', '[7,"\\ud800"]'),
    ],
    ids=lambda place: place[:20],
)
def test_what_is_no_place_is_refused(place):
    with pytest.raises(InvalidMessage):
        decode_cursor(cursor_of(place))
