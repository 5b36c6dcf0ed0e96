import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.client_messages import ListJobs
from finops_websocket.connection_store import ConnectionStore
from finops_websocket.errors import InvalidMessage, SessionExpired, Unauthenticated
from finops_websocket.identity import Connection
from finops_websocket.job import COMPLETED
from finops_websocket.job_history import JobHistory, Page, Start
from finops_websocket.message_size import MAX_TEXT_BYTES
from finops_websocket.server_messages import JobList
from message_handler import job_cursor
from message_handler.list_jobs import SendPage, cut_to_fit
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.settable_clock import SettableClock
from unit.finops_websocket.submitting_job_store import SubmittingJobStore

pytestmark = pytest.mark.usefixtures("parent_logger", "signed_in")

Listed = list[dict[str, Any]]


@pytest.fixture
def send_page(
    connections: ConnectionStore, jobs: SubmittingJobStore, history: JobHistory, channel: RecordingChannel
) -> SendPage:
    return SendPage(connections, jobs, history, channel)


@pytest.fixture
def pages(send_page: SendPage, channel: RecordingChannel) -> Callable[..., list[Listed]]:
    """Gives all pages that a connection gets, one after another."""

    def read(connection_id: str = "connection-1", limit: int = 20) -> list[Listed]:
        read_so_far = []
        cursor = None
        while True:
            send_page(connection_id, ListJobs(limit, cursor))
            wire = channel.wires_to(connection_id)[-1]
            read_so_far.append(wire["jobs"])
            if "cursor" not in wire:
                return read_so_far
            cursor = wire["cursor"]

    return read


def ids(listed: Listed) -> list[str]:
    return [job["jobId"] for job in listed]


def test_a_list_has_what_a_line_needs_and_no_answers(
    send_page: SendPage, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    jobs.submit(a_job(status=COMPLETED, progress=100, seq=7, updated_at=1_000_060))
    send_page("connection-2", ListJobs(20, None))
    assert channel.wires_to("connection-2") == [
        {
            "type": "job_list",
            "jobs": [
                {
                    "jobId": "job-1",
                    "status": COMPLETED,
                    "progress": 100,
                    "query": "Why did my costs rise?",
                    "createdAt": 1_000_000,
                    "updatedAt": 1_000_060,
                    "seq": 7,
                }
            ],
        }
    ]


def test_who_has_asked_nothing_has_an_empty_list(send_page: SendPage, channel: RecordingChannel) -> None:
    send_page("connection-1", ListJobs(20, None))
    assert channel.wires_to("connection-1") == [{"type": "job_list", "jobs": []}]


@pytest.mark.parametrize(("limit", "sizes"), [(50, [50, 50, 20]), (40, [40, 40, 40])])
def test_the_pages_of_120_jobs_are_all_jobs_newest_first_and_each_once(
    pages: Callable[..., list[Listed]], jobs: SubmittingJobStore, limit: int, sizes: list[int]
) -> None:
    # Seven of them in each second.
    for number in range(120):
        jobs.store(a_job(job_id=f"job-{number:03}", created_at=1_000_000 + number // 7))
        jobs.store(a_job(job_id=f"another-s-{number}", user_id="user-2", created_at=1_000_000 + number // 7))
    read = pages(limit=limit)
    assert [len(page) for page in read if page] == sizes
    listed = [job for page in read for job in page]
    assert sorted(ids(listed)) == [f"job-{number:03}" for number in range(120)]
    created = [job["createdAt"] for job in listed]
    assert created == sorted(created, reverse=True)


def test_jobs_with_huge_questions_are_spread_over_pages_that_fit(
    pages: Callable[..., list[Listed]], jobs: SubmittingJobStore
) -> None:
    for number in range(20):
        # Each of these characters takes six bytes as JSON, and three of the jobs are of one second.
        jobs.submit(a_job(job_id=f"job-{number:02}", query="\x01" * 4_000, created_at=1_000_000 + number // 3))
    read = pages(limit=20)
    assert len(read) >= 5
    assert all(0 < len(json.dumps(page, ensure_ascii=False).encode()) <= MAX_TEXT_BYTES for page in read)
    assert sorted(job_id for page in read for job_id in ids(page)) == [f"job-{number:02}" for number in range(20)]


def test_jobs_whose_time_has_run_out_are_left_out_though_they_are_stored(
    pages: Callable[..., list[Listed]], jobs: SubmittingJobStore
) -> None:
    for number in range(6):
        ttl = 1_000_000 if 1 < number < 5 else 2_000_000
        jobs.submit(a_job(job_id=f"job-{number}", created_at=1_000_000 + number, ttl=ttl))
    read = pages(limit=1)
    assert [ids(page) for page in read[:6]] == [["job-5"], [], [], [], ["job-1"], ["job-0"]]


@pytest.mark.parametrize("connection_id", ["a-stranger-s-connection", "by-claim"])
def test_who_has_shown_no_token_has_no_list(
    send_page: SendPage,
    connections: ConnectionStore,
    jobs: SubmittingJobStore,
    channel: RecordingChannel,
    connection_id: str,
) -> None:
    jobs.submit(a_job(user_id="claimed#ada"))
    connections.sign_in(Connection("by-claim", "claimed#ada", "Ada"))
    with pytest.raises(Unauthenticated):
        send_page(connection_id, ListJobs(20, None))
    assert channel.sent == []


def test_whose_token_has_expired_has_no_list(send_page: SendPage, clock: SettableClock) -> None:
    clock.now = 1_003_600
    with pytest.raises(SessionExpired):
        send_page("connection-1", ListJobs(20, None))


@pytest.mark.parametrize("cursor", ["next-page", "bnVsbA==", "x" * 2048, "\u00e4"])
def test_a_cursor_that_is_none_is_refused(send_page: SendPage, channel: RecordingChannel, cursor: str) -> None:
    with pytest.raises(InvalidMessage):
        send_page("connection-1", ListJobs(20, cursor))
    assert channel.sent == []


def test_another_user_s_cursor_leads_to_one_s_own_jobs_only(
    send_page: SendPage, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    for number in range(3):
        jobs.submit(a_job(job_id=f"job-{number}", created_at=1_000_000 + number))
        jobs.submit(a_job(job_id=f"another-s-{number}", user_id="user-2", created_at=1_000_000 + number))
    send_page("connection-3", ListJobs(1, None))
    cursor = channel.wires_to("connection-3")[0]["cursor"]
    send_page("connection-1", ListJobs(20, cursor))
    assert set(ids(channel.wires_to("connection-1")[0]["jobs"])) <= {"job-0", "job-1", "job-2"}


@given(st.lists(st.integers(1, 4_000), max_size=50), st.sampled_from(["a", "\x01", "\u00e9", "\U0001f600"]))
def test_a_page_keeps_as_many_of_its_first_jobs_as_fit(lengths: list[int], character: str) -> None:
    jobs = tuple(
        a_job(job_id=f"job-{number}", query=character * length, created_at=number)
        for number, length in enumerate(lengths)
    )
    end = Start(7, "the-index-goes-on")
    page = cut_to_fit(Page(jobs, end))
    kept = len(page.jobs)
    assert page.jobs == jobs[:kept]
    assert kept or not jobs
    assert page.next_start == (end if kept == len(jobs) else Start(kept - 1, f"job-{kept - 1}"))


def test_a_cut_page_s_cursor_is_the_last_job_that_is_given(
    send_page: SendPage, jobs: SubmittingJobStore, channel: RecordingChannel
) -> None:
    for number in range(8):
        jobs.submit(a_job(job_id=f"job-{number}", query="\x01" * 4_000, created_at=1_000_000 + number))
    send_page("connection-1", ListJobs(20, None))
    (sent,) = channel.to("connection-1")
    assert isinstance(sent, JobList)
    assert sent.cursor is not None
    last = sent.jobs[-1]
    assert job_cursor.decode(sent.cursor) == Start(last.created_at, last.job_id)
