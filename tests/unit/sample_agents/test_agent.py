"""What both Lambda functions do around their answers: events, envelope, log line, where the costs come from."""

import gzip
import json

import boto3
import pytest
from moto import mock_aws

from sample_agents.advisor.handler import handler as advisor
from sample_agents.agent import Answer, respond
from sample_agents.cost_agent.handler import handler as cost_agent
from sample_agents.cost_source import cost_source
from sample_agents.errors import CostDataError, UnanswerableError


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
NOT_ASKED = [{}, {"query": " \n"}, {"query": 7}, [], None, "text"]
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
    # All of it: the question is never logged.
    assert line == {"agent": "cost", "jobId": job, "status": status, "question": kind, "found": found}


def test_a_bug_is_not_hidden(invoke):
    with pytest.raises(KeyError):
        invoke({"query": "what"}, raising(KeyError("bug")))


def test_a_job_id_in_the_log_is_bounded(invoke):
    for job, logged in (("j" * 5000, "j" * 128), ({"not": "text"}, None)):
        _, _, line = invoke({"query": "what", "jobId": job})
        assert line["jobId"] == logged


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        bucket = boto3.resource("s3").create_bucket(Bucket="costs")
        yield bucket


def test_an_export_in_s3_is_read_once_and_a_failure_not_kept(bucket, export):
    costs = cost_source("s3://costs/exports/all.csv.gz")
    with pytest.raises(CostDataError, match="NoSuchKey") as caught:
        costs()
    assert "all.csv" not in str(caught.value)  # the sentence reaches clients
    bucket.put_object(Key="exports/all.csv.gz", Body=gzip.compress(export([{}, {"EffectiveCost": "2"}])))
    assert costs().total() == 3
    assert costs() is costs()


@pytest.mark.parametrize("uri", ["costs/all.csv", "https://costs/all.csv", "s3://costs", "s3://costs/", "s3:///k"])
def test_wrong_address_fails_at_the_start(uri):
    with pytest.raises(ValueError, match="COSTS_S3_URI must read s3://bucket/key"):
        cost_source(uri)
