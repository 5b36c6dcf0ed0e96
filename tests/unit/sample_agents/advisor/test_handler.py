import json

from sample_agents.advisor.handler import handler


def test_answers_from_the_shipped_data(capsys):
    response = handler({"query": "Where can I save money?", "jobId": "job-1"}, None)
    assert response["statusCode"] == 200
    assert "**Possible savings: " in json.loads(response["body"])["response"]
    line = json.loads(capsys.readouterr().out)
    assert (line["agent"], line["jobId"], line["question"]) == ("advisor", "job-1", "savings")
