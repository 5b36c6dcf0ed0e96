"""The messages about a job: each says what is stored, and fits, whatever its texts are."""

import json
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_schema import assert_valid
from finops_websocket.delivery import messages
from finops_websocket.jobs.answers import FAILED as UNANSWERED
from finops_websocket.jobs.answers import Answer, AnswerStore, Text, compose
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING, Job
from finops_websocket.wire.server_messages import ServerMessage
from finops_websocket.wire.size import MAX_MESSAGE_BYTES, MAX_TEXT_BYTES, first_part, fits
from unit.doubles.sample_answers import an_answer
from unit.doubles.sample_jobs import COST, SAVINGS, a_job

PROCESSED = a_job(status=PROCESSING, progress=52, seq=4, updated_at=1_000_060, completed_agents=(COST,))
DONE = replace(PROCESSED, status=COMPLETED, progress=100, completed_agents=(SAVINGS, COST), message="Ready.")
COSTS, ADVICE = an_answer(), an_answer(SAVINGS, "Delete the disk.")
LATE = an_answer(SAVINGS, "It did not answer in time.", UNANSWERED)
BROKEN = an_answer(COST, "It stopped with an error.", UNANSWERED)


def wire_of(message: ServerMessage) -> dict[str, Any]:
    """Give a message as a client reads it."""
    wire: dict[str, Any] = json.loads(message.encode())
    assert_valid(wire)
    return wire


def snapshot(job: Job, answers: AnswerStore) -> dict[str, Any]:
    return wire_of(messages.job_snapshot(job, answers.find(job), answers))


def test_a_snapshot_holds_the_answers_that_were_announced_as_their_messages_had_them(answers: AnswerStore) -> None:
    answers.put(PROCESSED, COSTS)
    answers.put(PROCESSED, ADVICE)
    told = wire_of(messages.agent_completed(PROCESSED, COSTS, answers))
    assert (told["agent"], told["progress"], told["completed_agents"], told["total_agents"]) == (COST, 52, [COST], 2)
    now = snapshot(PROCESSED, answers)
    # The other one's agent_completed comes with a later seq.
    assert now["results"] == [told["result"]]
    assert not {"result", "error", "code"} & set(now)


def test_a_completed_job_s_snapshot_holds_what_job_completed_said(answers: AnswerStore) -> None:
    job = replace(DONE, partial=True)
    answers.put(job, COSTS)
    answers.put(job, LATE)
    now = snapshot(job, answers)
    assert now["result"] == wire_of(messages.end_of(job, answers))["result"]
    assert (now["result"]["agent"], now["result"]["agents_invoked"]) == (COST, [COST, SAVINGS])
    # In the order in which they came in, as a client has seen them.
    told = [(result["agent"], result["status"]) for result in now["results"]]
    assert told == [(SAVINGS, "failed"), (COST, "completed")]


def test_an_answer_that_was_deleted_early_is_left_out(answers: AnswerStore) -> None:
    answers.put(DONE, ADVICE)
    now = snapshot(DONE, answers)
    assert now["completed_agents"] == [SAVINGS, COST]
    assert [result["agent"] for result in now["results"]] == [SAVINGS]


@pytest.mark.parametrize(
    ("changes", "error", "code"),
    [
        ({"error": "No agent could answer.", "code": "AGENTS_FAILED"}, "No agent could answer.", "AGENTS_FAILED"),
        # Of an earlier release.
        ({"message": "It failed."}, "It failed.", "INTERNAL"),
    ],
)
def test_a_failed_job_says_why(answers: AnswerStore, changes: dict[str, str], error: str, code: str) -> None:
    job = replace(PROCESSED, status=FAILED, request_id="request-1", **changes)
    for message in (snapshot(job, answers), wire_of(messages.end_of(job, answers))):
        assert (message["error"], message["code"], message["seq"]) == (error, code, 4)
        assert "result" not in message


def test_a_cancelled_job_is_without_an_answer_and_without_an_error(answers: AnswerStore) -> None:
    answers.put(PROCESSED, COSTS)
    now = snapshot(replace(PROCESSED, status=CANCELLED), answers)
    assert len(now["results"]) == 1
    assert not {"result", "error", "code"} & set(now)


PARTIAL = "> **This answer is partial.**"


@pytest.mark.parametrize(
    ("answers_there", "response"),
    [
        ([COSTS], "Costs rose."),
        ([ADVICE, COSTS], f"## Title of {SAVINGS}\n\nDelete the disk.\n\n## Title of {COST}\n\nCosts rose."),
        (
            [LATE, COSTS],
            f"## Title of {COST}\n\nCosts rose.\n\n{PARTIAL} Title of {SAVINGS}: It did not answer in time.",
        ),
        (
            [BROKEN, LATE],
            f"{PARTIAL} Title of {COST}: It stopped with an error. Title of {SAVINGS}: It did not answer in time.",
        ),
    ],
)
def test_the_response_is_what_was_answered_and_then_what_is_missing(answers_there: list[Answer], response: str) -> None:
    assert compose(answers_there) == response


class KeptTexts(AnswerStore):
    """Keeps texts in memory, and makes links as long as a session's token makes them."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def store(self, job: Job, answer: Answer) -> Answer:
        """Store an answer as `put` does, and give it as it can be sent."""
        if fits(answer.content):
            return answer
        self.kept[messages.text_of(job, answer).key] = answer.content
        return replace(answer, content=first_part(answer.content), is_large=True)

    def link(self, text: Text) -> str:
        if not text.is_stored:
            self.kept[text.key] = text.beginning
        return f"https://bucket.example.com/{text.key}?".ljust(2_000, "x")

    def behind(self, link: str) -> str:
        return self.kept[unquote(urlsplit(link).path[1:])]


UNITS = st.sampled_from(["a", "\n", "é", '"', "😀", "\x01", "a😀\x01"])
SIZES = st.integers(1, 4) | st.sampled_from([42_000, MAX_TEXT_BYTES - 2, MAX_TEXT_BYTES]) | st.integers(1, 150_000)
TEXTS = st.builds(lambda unit, size: (unit * size)[:size], UNITS, SIZES)
GREATEST = "\x01" * MAX_TEXT_BYTES


@settings(max_examples=60)
@given(texts=st.tuples(TEXTS, TEXTS), late=st.booleans(), query=TEXTS.map(lambda text: text[:4_000]))
@example(texts=(GREATEST, GREATEST), late=False, query="\x01" * 4_000)
@example(texts=("a" * (MAX_TEXT_BYTES - 2), "a" * (MAX_TEXT_BYTES - 2)), late=False, query="q" * 4_000)
@example(texts=("a" * 2 * MAX_TEXT_BYTES, "b"), late=True, query="q")
def test_every_message_fits_and_every_text_is_whole_or_behind_its_link(
    texts: tuple[str, str], late: bool, query: str
) -> None:
    answers = KeptTexts()
    job = replace(DONE, query=query, partial=late)
    whole = {COST: replace(COSTS, content=texts[0]), SAVINGS: LATE if late else replace(ADVICE, content=texts[1])}
    found = {agent: answers.store(job, answer) for agent, answer in whole.items()}
    response = compose([whole[COST], whole[SAVINGS]])
    if not fits(response):
        # As the worker does that ends the job.
        answers.kept[messages.response_of(job, [whole[COST], whole[SAVINGS]]).key] = response

    def is_there(part: dict[str, Any], name: str, text: str) -> bool:
        """Tell whether a message's part has a text, whole or behind a link."""
        if "responseUrl" not in part:
            return bool(part[name] == text)
        return len(part[name]) > 1 and text.startswith(part[name]) and answers.behind(part["responseUrl"]) == text

    sent: list[ServerMessage] = [messages.agent_completed(job, found[agent], answers) for agent in found]
    sent += [messages.job_completed(job, found, answers), messages.job_snapshot(job, found, answers)]
    assert all(len(message.encode()) <= MAX_MESSAGE_BYTES for message in sent)
    *completed, end, now = map(wire_of, sent)
    for result in [*(message["result"] for message in completed), *now["results"]]:
        assert is_there(result, "content", whole[result["agent"]].content)
    for result in (end["result"], now["result"]):
        assert is_there(result, "response", response)
    # What fits alone is sent whole.
    assert all(("responseUrl" in each["result"]) == found[each["agent"]].is_large for each in completed)
    assert ("responseUrl" in end["result"]) == (not fits(response))


def test_the_links_of_a_snapshot_lead_to_the_whole_texts(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    contents = {COST: "a" * 50_000, SAVINGS: "é" * 25_000}
    for agent, content in contents.items():
        answers.put(DONE, an_answer(agent, content))
    now = snapshot(DONE, answers)
    links = {result["agent"]: result["responseUrl"] for result in now["results"]}
    links["response"] = now["result"]["responseUrl"]
    for name, link in links.items():
        key = f"jobs/job-1/{name}.md"
        assert f"/{key}?" in link
        whole = s3.get_object(Bucket=bucket_name, Key=key)["Body"].read().decode()
        assert whole == contents.get(name, compose([an_answer(agent, contents[agent]) for agent in (COST, SAVINGS)]))
