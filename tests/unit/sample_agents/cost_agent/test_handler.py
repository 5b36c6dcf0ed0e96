import json

from sample_agents.cost_agent.handler import handler


def test_answers_from_the_shipped_data(capsys):
    response = handler({"query": "What was my S3 spend in May?", "jobId": "job-1"}, None)
    assert response["statusCode"] == 200
    assert "Amazon S3 cost 2,414.54 USD in May 2026" in json.loads(response["body"])["response"]
    line = json.loads(capsys.readouterr().out)
    assert (line["agent"], line["jobId"], line["question"]) == ("cost", "job-1", "cost")
