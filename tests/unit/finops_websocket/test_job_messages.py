import json
from dataclasses import replace

from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_schema import assert_valid
from finops_websocket import job_messages
from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import FAILED as UNANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from finops_websocket.message_size import MAX_TEXT_BYTES, first_part, fits
from finops_websocket.report import compose
from finops_websocket.server_messages import MAX_MESSAGE_BYTES, JobCancelled, JobFailed
from unit.finops_websocket.sample_jobs import COST, SAVINGS, a_job

PROCESSED = a_job(status=PROCESSING, progress=52, seq=4, updated_at=1_000_060, completed_agents=(COST,))
DONE = replace(PROCESSED, status=COMPLETED, progress=100, completed_agents=(COST, SAVINGS), message="Ready.")
COSTS = Answer(COST, "Cost analysis", "Costs rose.", ANSWERED, 1_000_030)
ADVICE = Answer(SAVINGS, "Optimisation", "Delete the disk.", ANSWERED, 1_000_040)
LATE = Answer(SAVINGS, "Optimisation", "It did not answer in time.", UNANSWERED, 1_000_040)


def test_a_queued_job_is_acknowledged() -> None:
    message = job_messages.job_queued(a_job(request_id="request-1"), is_duplicate=False)
    assert message.to_wire() == {
        "type": "job_queued",
        "jobId": "job-1",
        "message": "Your question is queued.",
        "query": "Why did my costs rise?",
        "progress": 5,
        "seq": 1,
        "requestId": "request-1",
    }


def test_a_duplicate_is_called_one() -> None:
    assert job_messages.job_queued(a_job(), is_duplicate=True).duplicate is True


def test_progress_is_what_is_stored() -> None:
    message = job_messages.progress_update(PROCESSED)
    assert (message.status, message.progress, message.seq) == (PROCESSING, 52, 4)
    assert message.timestamp == PROCESSED.updated_at


def test_all_agents_are_named_when_they_are_asked() -> None:
    assert job_messages.analysis_started(PROCESSED).agents == (COST, SAVINGS)


def test_an_agent_s_answer_comes_with_how_far_the_job_is(answers: AnswerStore) -> None:
    message = job_messages.agent_completed(PROCESSED, COSTS, answers)
    assert_valid(message.to_wire())
    assert (message.agent, message.result.content, message.result.status) == (COST, "Costs rose.", ANSWERED)
    assert (message.completed_agents, message.total_agents, message.progress) == ((COST,), 2, 52)
    assert message.result.response_url is None


def test_a_large_answer_comes_with_its_link(answers: AnswerStore) -> None:
    message = job_messages.agent_completed(PROCESSED, replace(COSTS, is_large=True), answers)
    assert f"jobs/job-1/{COST}.md" in str(message.result.response_url)


def test_a_whole_answer_is_not_partial(answers: AnswerStore) -> None:
    result = job_messages.job_completed(DONE, {SAVINGS: ADVICE, COST: COSTS}, answers).result
    assert result.response == "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."
    assert (result.agent, result.agents_invoked) == (f"{COST}, {SAVINGS}", (COST, SAVINGS))
    assert (result.partial, result.response_url) == (False, None)


def test_a_partial_answer_names_who_answered_and_who_was_asked(answers: AnswerStore) -> None:
    result = job_messages.job_completed(replace(DONE, partial=True), {COST: COSTS, SAVINGS: LATE}, answers).result
    assert (result.agent, result.agents_invoked, result.partial) == (COST, (COST, SAVINGS), True)
    assert result.response.endswith("> **This answer is partial.** Optimisation: It did not answer in time.")


LENGTHS = st.sampled_from([0, 1, 1_000, MAX_TEXT_BYTES // 2, MAX_TEXT_BYTES - 40, MAX_TEXT_BYTES]) | st.integers(
    0, 2 * MAX_TEXT_BYTES
)
TEXTS = st.builds(lambda unit, length: unit * (length // len(unit)), st.sampled_from(["a", "é\n", '"😀']), LENGTHS)


@settings(max_examples=30, deadline=None)
@example(texts=("a" * 2 * MAX_TEXT_BYTES, ""), other=None, query="\x01" * 4_000)
@given(
    texts=st.tuples(TEXTS, TEXTS),
    other=st.sampled_from([ADVICE, LATE, None]),
    query=st.text(st.characters(exclude_categories=["Cs"]), max_size=4_000),
)
def test_what_is_sent_at_the_end_is_what_a_client_is_told_later(
    texts: tuple[str, str], other: Answer | None, query: str
) -> None:
    answers = LinkingAnswers()
    whole = {COST: replace(COSTS, content=texts[0])}
    if other is not None:
        whole[SAVINGS] = replace(other, content=texts[1]) if other is ADVICE else other
    job = replace(DONE, agents=tuple(whole), partial=other is LATE, query=query)
    stored = {
        agent: replace(answer, content=first_part(answer.content), is_large=not fits(answer.content))
        for agent, answer in whole.items()
    }
    # A worker that has taken over has the whole texts of large answers in hand.
    in_hand = {agent: replace(answer, content=whole[agent].content) for agent, answer in stored.items()}
    told_later = job_messages.job_completed(job, stored, answers)
    assert job_messages.job_completed(job, in_hand, answers) == told_later
    assert len(told_later.encode()) <= MAX_MESSAGE_BYTES
    assert_valid(json.loads(told_later.encode()))
    response = compose(job_messages.parts_of(job, whole))
    assert told_later.result.response == first_part(response)
    assert (told_later.result.response_url is None) == fits(response)


class LinkingAnswers(AnswerStore):
    """Makes links of the length that a role's session token gives them, and stores nothing."""

    def __init__(self) -> None:
        """Take no stores."""

    def link_to_response(self, job: object) -> str:
        return "https://bucket.example.com/" + "x" * 2_000


def test_parts_come_in_the_order_in_which_agents_were_asked() -> None:
    parts = job_messages.parts_of(DONE, {SAVINGS: LATE, COST: COSTS})
    assert [(part.title, part.has_failed) for part in parts] == [("Cost analysis", False), ("Optimisation", True)]
    assert job_messages.parts_of(DONE, {SAVINGS: LATE}) == parts[1:]


def test_a_failed_job_says_why() -> None:
    failed = a_job(status=FAILED, error="No agent could answer.", code="AGENTS_FAILED", request_id="request-1", seq=5)
    assert job_messages.job_failed(failed).to_wire() == {
        "type": "job_failed",
        "jobId": "job-1",
        "error": "No agent could answer.",
        "code": "AGENTS_FAILED",
        "timestamp": failed.updated_at,
        "requestId": "request-1",
        "seq": 5,
    }


def test_a_failed_job_without_a_reason_still_says_something() -> None:
    message = job_messages.job_failed(a_job(status=FAILED, message="It failed."))
    assert (message.error, message.code) == ("It failed.", "INTERNAL")


def test_each_end_has_its_message(answers: AnswerStore) -> None:
    answers.put(DONE, COSTS)
    answers.put(DONE, ADVICE)
    found = {COST: COSTS, SAVINGS: ADVICE}
    assert job_messages.end_of(DONE, answers) == job_messages.job_completed(DONE, found, answers)
    assert isinstance(job_messages.end_of(replace(DONE, status=FAILED), answers), JobFailed)
    cancelled = replace(DONE, status=CANCELLED, seq=7)
    assert job_messages.end_of(cancelled, answers) == JobCancelled("job-1", DONE.updated_at, 7)
