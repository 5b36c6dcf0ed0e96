"""What both Lambda functions do around their answers: events, envelope, log line, the parts of a question."""

import json

import pytest

from sample_agents.advisor.handler import answer as advise
from sample_agents.advisor.handler import handler as advisor
from sample_agents.agent import fiscal_year_start_of, respond
from sample_agents.answering.figures import Answer, Column, Figure
from sample_agents.cost_agent.handler import answer as tell_costs
from sample_agents.cost_agent.handler import handler as cost_agent
from sample_agents.errors import CostDataError, UnanswerableError

FIGURE = Figure("Costs", (Column("service", "Service"),), ({"service": "S3"},))


def plainly(query, *_):
    return Answer(f"**{query}**", (), "total", True)


@pytest.fixture
def invoke(capsys):
    """Calls an agent with an event; gives the status, the body and the log line."""

    def call(event, answer=plainly, costs=lambda: None):
        response = respond("cost", answer, costs, event)
        (line,) = capsys.readouterr().out.splitlines()
        return response["statusCode"], json.loads(response["body"]), json.loads(line)

    return call


def raising(error):
    def fail(*_):
        raise error

    return fail


@pytest.mark.parametrize(
    ("handler", "name", "question", "kind", "found"),
    [
        (cost_agent, "cost", "What was my S3 spend in May 2026?", "total", "2,414.54 USD"),
        (advisor, "advisor", "Where can I save money?", "savings", "**Possible savings: "),
    ],
)
def test_agents_answer_from_the_shipped_data(capsys, handler, name, question, kind, found):
    response = handler({"query": question, "jobId": "job-1"}, None)
    assert response["statusCode"] == 200
    body = json.loads(response["body"])
    assert found in body["response"]
    assert body["data"]
    line = json.loads(capsys.readouterr().out)
    assert (line["agent"], line["jobId"], line["question"]) == (name, "job-1", kind)


ASKED = {"query": "what", "jobId": "job-1"}
NOT_ASKED = [{}, {"query": " \n"}, {"query": 7}, [], None, "text"]
NO_QUESTION = {"error": 'The event has no question: give {"query": "What was my S3 spend in May?"}.'}


@pytest.mark.parametrize(
    ("event", "parts", "status", "body", "kind"),
    [
        (ASKED, {}, 200, {"response": "**what**"}, "total"),
        *((event, {}, 400, NO_QUESTION, "invalid event") for event in NOT_ASKED),
        (ASKED, {"costs": raising(CostDataError("Line 3: broken."))}, 500, {"error": "Line 3: broken."}, "no costs"),
        (ASKED, {"answer": raising(UnanswerableError("No."))}, 200, {"response": "No."}, "unanswerable"),
    ],
)
def test_envelope_and_log_line(invoke, event, parts, status, body, kind):
    *response, line = invoke(event, **parts)
    assert response == [status, body]
    assert isinstance(line.pop("durationMs"), int)
    job, found = ("job-1" if event is ASKED else None), kind == "total"
    # All of it: the question is never logged.
    wanted = {"agent": "cost", "jobId": job, "status": status, "question": kind, "found": found}
    assert line == wanted | ({"reason": "Line 3: broken."} if status == 500 else {})


def test_tables_go_beside_the_markdown(invoke):
    _, body, _ = invoke(ASKED, lambda *_: Answer("**It**", (FIGURE,), "total", True))
    assert body["data"] == [
        {
            "title": "Costs",
            "columns": [{"key": "service", "label": "Service", "type": "text"}],
            "rows": [{"service": "S3"}],
        }
    ]


def test_a_bug_is_not_hidden(invoke):
    with pytest.raises(KeyError):
        invoke({"query": "what"}, raising(KeyError("bug")))


def test_a_job_id_in_the_log_is_bounded(invoke):
    for job, logged in (("j" * 5000, "j" * 128), ({"not": "text"}, None)):
        _, _, line = invoke({"query": "what", "jobId": job})
        assert line["jobId"] == logged


def test_each_agent_answers_its_part_and_says_nothing_of_the_others(shipped, today):
    question = "What did S3 cost in May 2026 and where can we save?"
    costs, savings = (ask(question, shipped, today).markdown for ask in (tell_costs, advise))
    assert "2,414.54 USD" in costs
    assert "save" not in costs.lower().replace("savings against list", "")
    assert "Possible savings" in savings
    assert "2,414.54" not in savings


@pytest.mark.parametrize(
    ("ask", "question"), [(tell_costs, "Where can I save money?"), (advise, "What was my S3 spend in May 2026?")]
)
def test_a_question_for_the_other_agent_is_refused_in_a_sentence(shipped, today, ask, question):
    with pytest.raises(UnanswerableError, match="it is for the other agent"):
        ask(question, shipped, today)


def test_the_fiscal_year_starts_in_a_month_or_is_unknown():
    assert [fiscal_year_start_of(setting) for setting in ("", " ", "4", "12")] == [None, None, 4, 12]
    for wrong in ("0", "13", "April"):
        with pytest.raises(ValueError, match="FISCAL_YEAR_START_MONTH must be from 1 to 12"):
            fiscal_year_start_of(wrong)
