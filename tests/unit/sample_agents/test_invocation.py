import io
import json

import pytest

from sample_agents.answer import Answer
from sample_agents.errors import CostDataError, UnanswerableError
from sample_agents.invocation import Agent


class Source:
    def __init__(self, costs=None, error=None):
        self._costs, self._error = costs, error

    def costs(self):
        if self._error:
            raise self._error
        return self._costs


def invoke(event, answer=lambda query, _costs: Answer(f"**{query}**", "cost", True), source=None):
    log = io.StringIO()
    response = Agent("cost", answer, source or Source(), log).invoke(event)
    (line,) = log.getvalue().splitlines()
    return response["statusCode"], json.loads(response["body"]), json.loads(line)


def test_answer_in_its_envelope():
    status, body, line = invoke({"query": "what", "jobId": "job-1"})
    assert (status, body) == (200, {"response": "**what**"})
    duration = line.pop("durationMs")
    assert isinstance(duration, int)
    assert line == {"agent": "cost", "jobId": "job-1", "status": 200, "question": "cost", "found": True}


@pytest.mark.parametrize(
    "event", [{}, {"query": ""}, {"query": " \n"}, {"query": 7}, {"query": None}, [], None, "text"]
)
def test_event_without_a_question(event):
    status, body, line = invoke(event)
    assert status == 400
    assert body["error"].startswith("The event has no question")
    assert line["question"] == "invalid event"


def test_broken_costs():
    status, body, line = invoke({"query": "what"}, source=Source(error=CostDataError("Line 3: broken.")))
    assert (status, body) == (500, {"error": "Line 3: broken."})
    assert line["found"] is False


def test_question_that_the_data_cannot_answer_is_answered():
    def refuse(_query, _costs):
        raise UnanswerableError("No.")

    status, body, line = invoke({"query": "what"}, refuse)
    assert (status, body) == (200, {"response": "No."})
    assert (line["question"], line["found"]) == ("unanswerable", False)


def test_question_is_never_logged_and_a_job_id_is_bounded():
    log = io.StringIO()
    agent = Agent("cost", lambda _query, _costs: Answer("", "cost", True), Source(), log)
    agent.invoke({"query": "my secret question", "jobId": "j" * 5000})
    agent.invoke({"query": "my secret question", "jobId": {"not": "text"}})
    assert "secret" not in log.getvalue()
    first, second = map(json.loads, log.getvalue().splitlines())
    assert len(first["jobId"]) == 128
    assert second["jobId"] is None


def test_a_bug_is_not_hidden():
    def fail(_query, _costs):
        raise KeyError("bug")

    with pytest.raises(KeyError):
        invoke({"query": "what"}, fail)
