"""The messages with texts: job_snapshot above all, which has three, and the shorter forms that always fit."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_schema import assert_valid
from finops_websocket import job_messages
from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import FAILED as UNANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING, QUEUED, Job
from finops_websocket.message_size import MAX_TEXT_BYTES, SHORT_TEXT_BYTES, first_part, fits
from finops_websocket.report import compose
from finops_websocket.server_messages import MAX_MESSAGE_BYTES, JobSnapshot, ServerMessage
from unit.finops_websocket.sample_jobs import COST, RESPONSE_KEY, SAVINGS, a_job

PROCESSED = a_job(status=PROCESSING, progress=52, seq=4, updated_at=1_000_060, completed_agents=(COST,))
DONE = replace(PROCESSED, status=COMPLETED, progress=100, completed_agents=(SAVINGS, COST), message="Ready.")
COSTS = Answer(COST, "Cost analysis", "Costs rose.", ANSWERED, 1_000_030)
ADVICE = Answer(SAVINGS, "Optimisation", "Delete the disk.", ANSWERED, 1_000_040)
LATE = Answer(SAVINGS, "Optimisation", "It did not answer in time.", UNANSWERED, 1_000_040)


def snapshot(job: Job, answers: AnswerStore) -> dict[str, Any]:
    """Give a job's snapshot as a client reads it, from what is stored."""
    message = job_messages.job_snapshot(job, answers.find(job), answers)
    wire: dict[str, Any] = json.loads(message.encode())
    assert_valid(wire)
    return wire


def test_a_queued_job_s_snapshot_is_what_is_known_of_it(answers: AnswerStore) -> None:
    assert snapshot(a_job(), answers) == {
        "type": "job_snapshot",
        "jobId": "job-1",
        "status": "queued",
        "progress": 5,
        "message": "Your question is queued.",
        "query": "Why did my costs rise?",
        "agents": [COST, SAVINGS],
        "completed_agents": [],
        "results": [],
        "createdAt": 1_000_000,
        "updatedAt": 1_000_000,
        "seq": 1,
    }


def test_a_processed_job_s_snapshot_holds_the_answers_so_far(answers: AnswerStore) -> None:
    answers.put(PROCESSED, COSTS)
    wire = snapshot(PROCESSED, answers)
    assert (wire["status"], wire["progress"], wire["seq"], wire["updatedAt"]) == ("processing", 52, 4, 1_000_060)
    assert wire["completed_agents"] == [COST]
    assert wire["results"] == [
        {
            "agent": COST,
            "title": "Cost analysis",
            "content": "Costs rose.",
            "status": "completed",
            "timestamp": 1_000_030,
        }
    ]
    assert not {"result", "error", "code"} & set(wire)


def test_an_answer_that_is_stored_and_not_yet_announced_is_not_in_the_snapshot(answers: AnswerStore) -> None:
    """Its agent_completed comes with a later seq."""
    answers.put(PROCESSED, COSTS)
    answers.put(PROCESSED, ADVICE)
    assert [result["agent"] for result in snapshot(PROCESSED, answers)["results"]] == [COST]


def test_an_answer_that_has_been_deleted_early_is_left_out(answers: AnswerStore) -> None:
    answers.put(DONE, ADVICE)
    wire = snapshot(DONE, answers)
    assert wire["completed_agents"] == [SAVINGS, COST]
    assert [result["agent"] for result in wire["results"]] == [SAVINGS]


def test_a_completed_job_s_snapshot_holds_what_job_completed_said(answers: AnswerStore) -> None:
    answers.put(DONE, COSTS)
    answers.put(DONE, LATE)
    job = replace(DONE, partial=True)
    wire = snapshot(job, answers)
    assert wire["result"] == json.loads(job_messages.end_of(job, answers).encode())["result"]
    assert wire["result"]["partial"] is True
    # In the order in which they came in, as a client has seen them.
    assert [(result["agent"], result["status"]) for result in wire["results"]] == [
        (SAVINGS, "failed"),
        (COST, "completed"),
    ]
    assert not {"error", "code"} & set(wire)


def test_a_failed_job_s_snapshot_says_why(answers: AnswerStore) -> None:
    failed = replace(PROCESSED, status=FAILED, error="No agent could answer.", code="AGENTS_FAILED")
    wire = snapshot(failed, answers)
    assert (wire["error"], wire["code"]) == ("No agent could answer.", "AGENTS_FAILED")
    assert "result" not in wire


def test_a_cancelled_job_s_snapshot_is_without_an_answer_and_without_an_error(answers: AnswerStore) -> None:
    answers.put(PROCESSED, COSTS)
    wire = snapshot(replace(PROCESSED, status=CANCELLED, message="You cancelled this question."), answers)
    assert (wire["status"], wire["message"]) == ("cancelled", "You cancelled this question.")
    assert len(wire["results"]) == 1
    assert not {"result", "error", "code"} & set(wire)


def test_what_a_message_says_later_is_what_the_snapshot_says(answers: AnswerStore) -> None:
    answers.put(PROCESSED, COSTS)
    completed = job_messages.agent_completed(PROCESSED, COSTS, answers)
    assert snapshot(PROCESSED, answers)["results"] == [json.loads(completed.encode())["result"]]


class KeptTexts(AnswerStore):
    """Answers in memory, with links of the length that a role's session token gives them."""

    def __init__(self, found: dict[str, Answer]) -> None:
        """Keep what `find` gives."""
        self.found = found
        self.kept: dict[str, str] = {}

    def find(self, job: object) -> dict[str, Answer]:
        return self.found

    def put_whole_content(self, job: object, answer: Answer) -> None:
        self.kept[self.link_to_content(job, answer)] = answer.content

    def link_to_content(self, job: object, answer: Answer) -> str:
        return f"https://bucket.example.com/{answer.agent}?".ljust(2_000, "x")

    def put_response(self, job: object, response: str) -> None:
        self.kept[self.link_to_response(job)] = response

    def link_to_response(self, job: object) -> str:
        return "https://bucket.example.com/response?".ljust(2_000, "x")


def short_of(message: str, job: Job, answers: AnswerStore) -> ServerMessage:
    """Give the shorter form of a job's message."""
    found = answers.find(job)
    arguments: dict[str, tuple[Any, ...]] = {
        "agent_completed": (job, found[COST], answers),
        "job_snapshot": (job, found, answers),
        "job_completed": (job, found, answers),
        "end_of": (job, answers),
    }
    _, shorter = job_messages.with_shorter(getattr(job_messages, message), *arguments[message])
    return shorter()


def text_of(unit: str, wire_size: int) -> str:
    """Give the longest text of one character that takes at most so many bytes."""
    return first_part(unit * wire_size, wire_size)


MESSAGES = ["agent_completed", "job_snapshot", "job_completed", "end_of"]
UNITS = st.sampled_from(["a", "\n", "é", '"', "😀", "\x01"])
SIZES = st.sampled_from([SHORT_TEXT_BYTES - 1, SHORT_TEXT_BYTES, SHORT_TEXT_BYTES + 1, MAX_TEXT_BYTES]) | st.integers(
    2, MAX_TEXT_BYTES
)


@settings(max_examples=25, deadline=None)
@given(units=st.tuples(UNITS, UNITS, UNITS), sizes=st.tuples(SIZES, SIZES), large=st.booleans(), data=st.data())
@pytest.mark.parametrize("message", MESSAGES)
def test_the_shorter_form_always_fits_and_every_text_is_there_or_behind_its_link(
    message: str, units: tuple[str, str, str], sizes: tuple[int, int], large: bool, data: st.DataObject
) -> None:
    contents = [text_of(unit, size) for unit, size in zip(units[:2], sizes, strict=True)]
    answers = KeptTexts(
        {
            COST: replace(COSTS, content=contents[0], is_large=large),
            SAVINGS: replace(ADVICE, content=contents[1]),
        }
    )
    job = replace(DONE, query=units[2] * data.draw(st.integers(1, 4_000)))
    frame = short_of(message, job, answers).encode()
    assert len(frame) <= MAX_MESSAGE_BYTES
    wire = json.loads(frame)
    assert_valid(wire)
    if message == "agent_completed":
        assert_readable(wire["result"]["content"], contents[0], wire["result"].get("responseUrl"), answers, large)
    else:
        response = compose(job_messages.parts_of(job, answers.found))
        is_stored = large or not fits(response)
        assert_readable(wire["result"]["response"], response, wire["result"].get("responseUrl"), answers, is_stored)
    for result in wire.get("results", ()):
        whole = answers.found[result["agent"]]
        assert_readable(result["content"], whole.content, result.get("responseUrl"), answers, whole.is_large)


def assert_readable(part: str, whole: str, link: str | None, answers: KeptTexts, is_in_bucket: bool) -> None:
    """Fail unless a text is whole, or its beginning beside a link to the whole of it."""
    assert part == first_part(whole, SHORT_TEXT_BYTES)
    if link is None:
        assert part == whole
        assert not is_in_bucket
    else:
        # What is too large for any message is in the bucket since it was stored.
        assert is_in_bucket or answers.kept[link] == whole


@pytest.mark.parametrize("unit", ["a", "é", "😀"])
def test_a_snapshot_s_three_texts_of_the_greatest_size_are_below_64_kb_in_short(unit: str) -> None:
    content = text_of(unit, MAX_TEXT_BYTES)
    answers = KeptTexts({COST: replace(COSTS, content=content), SAVINGS: replace(ADVICE, content=content)})
    long_query = replace(DONE, query="q" * 4_000)
    assert len(job_messages.job_snapshot(long_query, answers.found, answers).encode()) > MAX_MESSAGE_BYTES
    assert len(short_of("job_snapshot", long_query, answers).encode()) <= 64 * 1024


def test_the_links_of_a_short_snapshot_lead_to_the_whole_texts(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    contents = {COST: "a" * 40_000, SAVINGS: "é" * 20_000}
    for answer in (COSTS, ADVICE):
        answers.put(DONE, replace(answer, content=contents[answer.agent]))
    short = short_of("job_snapshot", DONE, answers)
    assert isinstance(short, JobSnapshot)
    assert short.result is not None
    links = {result.agent: result.response_url for result in short.results} | {"response": short.result.response_url}
    keys = {COST: f"jobs/job-1/{COST}.md", SAVINGS: f"jobs/job-1/{SAVINGS}.md", "response": RESPONSE_KEY}
    response = "## Cost analysis\n\n" + contents[COST] + "\n\n## Optimisation\n\n" + contents[SAVINGS]
    for text, key in keys.items():
        assert f"/{key}?" in str(links[text])
        stored = s3.get_object(Bucket=bucket_name, Key=key)["Body"].read().decode()
        assert stored == {**contents, "response": response}[text]


def test_the_longer_form_is_the_message_itself(answers: AnswerStore) -> None:
    answers.put(DONE, COSTS)
    message, shorter = job_messages.with_shorter(job_messages.end_of, DONE, answers)
    assert message == job_messages.end_of(DONE, answers) == shorter()


def test_a_shorter_form_writes_nothing_before_it_is_asked_for(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    answers.put(DONE, replace(COSTS, content="a" * 60_000))
    job_messages.with_shorter(job_messages.job_snapshot, DONE, answers.find(DONE), answers)
    assert s3.list_objects_v2(Bucket=bucket_name)["KeyCount"] == 0


@pytest.mark.parametrize("status", [QUEUED, PROCESSING, COMPLETED, FAILED, CANCELLED])
def test_a_snapshot_of_any_status_is_valid_in_both_forms(answers: AnswerStore, status: str) -> None:
    answers.put(DONE, replace(COSTS, content="a" * 200_000))
    job = replace(DONE, status=status)
    both = job_messages.with_shorter(job_messages.job_snapshot, job, answers.find(job), answers)
    for message in (both[0], both[1]()):
        assert_valid(json.loads(message.encode()))
