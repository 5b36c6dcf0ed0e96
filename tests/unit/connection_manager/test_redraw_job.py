import pytest

from connection_manager.redraw_job import RedrawJob
from finops_websocket.answer_store import COMPLETED as ANSWERED
from finops_websocket.answer_store import Answer, AnswerStore
from finops_websocket.job import COMPLETED, FAILED, PROCESSING, QUEUED
from finops_websocket.message_size import MAX_TEXT_BYTES
from unit.finops_websocket.recording_channel import RecordingChannel
from unit.finops_websocket.sample_jobs import COST, SAVINGS, a_job

AT_WORK = a_job(status=PROCESSING, progress=90, seq=7, completed_agents=(SAVINGS, COST))


@pytest.fixture
def redraw(answers: AnswerStore, channel: RecordingChannel) -> RedrawJob:
    return RedrawJob(answers, channel)


def answer_of(agent: str, content: str = "It is so.", status: str = ANSWERED) -> Answer:
    return Answer(agent, f"Title of {agent}", content, status, 1_000_030)


def test_a_job_at_work_is_drawn_from_its_snapshot_or_from_the_messages_that_older_clients_know(
    redraw: RedrawJob, answers: AnswerStore, channel: RecordingChannel
) -> None:
    answers.put(AT_WORK, answer_of(COST))
    answers.put(AT_WORK, answer_of(SAVINGS, "It failed.", FAILED))
    redraw("connection-1", AT_WORK)
    snapshot, started, savings, cost = channel.wires_to("connection-1")
    assert (snapshot["type"], snapshot["status"]) == ("job_snapshot", PROCESSING)
    assert started == {
        "type": "analysis_started",
        "jobId": "job-1",
        "agents": [COST, SAVINGS],
        "query": "Why did my costs rise?",
        "seq": 7,
    }
    # In the order in which they came, and each as if it were the last: the state is the snapshot's.
    assert [each["agent"] for each in (savings, cost)] == [SAVINGS, COST]
    assert [each["result"]["status"] for each in (savings, cost)] == ["failed", "completed"]
    for each in (savings, cost):
        assert (each["type"], each["progress"], each["seq"]) == ("agent_completed", 90, 7)
        assert (each["completed_agents"], each["total_agents"]) == ([SAVINGS, COST], 2)
        assert each["result"] in snapshot["results"]


def test_a_job_that_nobody_has_begun_is_its_snapshot(redraw: RedrawJob, channel: RecordingChannel) -> None:
    redraw("connection-1", a_job())
    ((_, snapshot),) = channel.sent
    assert (snapshot.to_wire()["type"], snapshot.to_wire()["status"]) == ("job_snapshot", QUEUED)


@pytest.mark.parametrize("status", [COMPLETED, FAILED])
def test_a_job_that_has_just_ended_is_not_drawn_as_if_it_went_on(
    redraw: RedrawJob, channel: RecordingChannel, status: str
) -> None:
    redraw("connection-1", a_job(status=status))
    assert channel.kinds_to("connection-1") == ["job_snapshot"]


def test_an_answer_whose_item_has_gone_is_left_out(
    redraw: RedrawJob, answers: AnswerStore, channel: RecordingChannel
) -> None:
    answers.put(AT_WORK, answer_of(COST))
    redraw("connection-1", AT_WORK)
    assert [wire.get("agent") for wire in channel.wires_to("connection-1")] == [None, None, COST]


def test_large_answers_are_links_where_they_do_not_fit_together(
    redraw: RedrawJob, answers: AnswerStore, channel: RecordingChannel
) -> None:
    for agent in (COST, SAVINGS):
        answers.put(AT_WORK, answer_of(agent, "x" * (MAX_TEXT_BYTES - 2)))
    redraw("connection-1", AT_WORK)
    snapshot, _, *completed = channel.wires_to("connection-1")
    assert all("responseUrl" in result for result in snapshot["results"])
    # Alone, each fits.
    assert [len(each["result"]["content"]) for each in completed] == [MAX_TEXT_BYTES - 2] * 2
