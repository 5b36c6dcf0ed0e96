"""What both Lambda functions do around their answers: events, envelope, log line, where the costs come from."""

import gzip
import json
from decimal import Decimal

import boto3
import pytest
from moto import mock_aws

from sample_agents.advisor.handler import handler as advisor
from sample_agents.agent import Answer, respond
from sample_agents.cost_agent.handler import handler as cost_agent
from sample_agents.cost_source import cost_source, read_s3
from sample_agents.errors import CostDataError, UnanswerableError

URI = "s3://costs/exports/2026/all.csv.gz"


@pytest.fixture
def invoke(capsys):
    """Calls an agent with an event; gives the status, the body and the log line."""

    def call(event, answer=lambda query, _costs: Answer(f"**{query}**", "cost", True), costs=lambda: None):
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
        (cost_agent, "cost", "What was my S3 spend in May?", "cost", "Amazon S3 cost 2,414.54 USD in May 2026"),
        (advisor, "advisor", "Where can I save money?", "savings", "**Possible savings: "),
    ],
)
def test_agents_answer_from_the_shipped_data(capsys, handler, name, question, kind, found):
    response = handler({"query": question, "jobId": "job-1"}, None)
    assert response["statusCode"] == 200
    assert found in json.loads(response["body"])["response"]
    line = json.loads(capsys.readouterr().out)
    assert (line["agent"], line["jobId"], line["question"]) == (name, "job-1", kind)


ASKED = {"query": "what", "jobId": "job-1"}
NOT_ASKED = [{}, {"query": ""}, {"query": " \n"}, {"query": 7}, {"query": None}, [], None, "text"]
NO_QUESTION = {"error": 'The event has no question: give {"query": "What was my S3 spend in May?"}.'}


@pytest.mark.parametrize(
    ("event", "parts", "status", "body", "kind"),
    [
        (ASKED, {}, 200, {"response": "**what**"}, "cost"),
        *((event, {}, 400, NO_QUESTION, "invalid event") for event in NOT_ASKED),
        (ASKED, {"costs": raising(CostDataError("Line 3: broken."))}, 500, {"error": "Line 3: broken."}, "no costs"),
        (ASKED, {"answer": raising(UnanswerableError("No."))}, 200, {"response": "No."}, "unanswerable"),
    ],
)
def test_envelope_and_log_line(invoke, event, parts, status, body, kind):
    *response, line = invoke(event, **parts)
    assert response == [status, body]
    assert isinstance(line.pop("durationMs"), int)
    job, found = ("job-1" if event is ASKED else None), kind == "cost"
    assert line == {"agent": "cost", "jobId": job, "status": status, "question": kind, "found": found}


def test_a_bug_is_not_hidden(invoke):
    with pytest.raises(KeyError):
        invoke({"query": "what"}, raising(KeyError("bug")))


def test_question_is_never_logged_and_a_job_id_is_bounded(invoke):
    for job, logged in (("j" * 5000, "j" * 128), ({"not": "text"}, None)):
        _, _, line = invoke({"query": "my secret question", "jobId": job})
        assert "secret" not in json.dumps(line)
        assert line["jobId"] == logged


class RecordingReader:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, *address):
        self.asked.append(address)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.mark.parametrize("uri", ["", "  "])
def test_shipped_data_unless_an_export_is_named(uri):
    reader = RecordingReader()
    assert cost_source(uri, reader)().rows > 10_000
    assert reader.asked == []


def test_export_is_read_once(export):
    reader = RecordingReader(gzip.compress(export([{}, {"EffectiveCost": "2"}])))
    costs = cost_source(URI, reader)
    assert costs() is costs()
    assert costs().total("USD", {}) == Decimal(3)
    assert reader.asked == [("costs", "exports/2026/all.csv.gz")]


def test_failure_is_not_kept(export):
    costs = cost_source(URI, RecordingReader(CostDataError("no"), export([{}])))
    with pytest.raises(CostDataError):
        costs()
    assert costs().rows == 1


@pytest.mark.parametrize(
    "uri", ["costs/all.csv", "https://costs/all.csv", "s3://", "s3://costs", "s3://costs/", "s3:///k"]
)
def test_wrong_address_fails_at_the_start(uri):
    with pytest.raises(ValueError, match="COSTS_S3_URI must read s3://bucket/key"):
        cost_source(uri)


def test_object_in_s3_and_a_missing_one_in_one_sentence_without_its_address(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="costs")
        client.put_object(Bucket="costs", Key="all.csv", Body=b"bytes")
        assert read_s3("costs", "all.csv") == b"bytes"
        with pytest.raises(CostDataError, match="NoSuchKey") as caught:
            read_s3("costs", "secret-name.csv")
    assert "secret-name" not in str(caught.value)
