"""The floor's second function: progress is said, the agent asked, and its answer sent. Three AWS calls."""

import json
import os
import sys
from typing import Any

import boto3

functions = boto3.client("lambda")
api = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["MANAGEMENT_ENDPOINT"])


def handler(event: dict[str, Any], _context: object) -> None:
    """Take one message of the queue."""
    for record in event["Records"]:
        job = json.loads(record["body"])
        _post(job, {"type": "progress_update", "message": "An agent is asked.", "progress": 10})
        question = json.dumps({"query": job["query"], "jobId": job["jobId"]}).encode()
        answer = functions.invoke(FunctionName=os.environ["AGENT"], Payload=question)["Payload"].read()
        response = json.loads(json.loads(answer)["body"])["response"]
        _post(job, {"type": "job_completed", "result": {"response": response}})
        # As the project does: after a function that logs nothing the local cloud waits 50 ms for a line.
        sys.stderr.write("A question is answered.\n")


def _post(job: dict[str, str], message: dict[str, Any]) -> None:
    data = json.dumps({"jobId": job["jobId"], **message}).encode()
    api.post_to_connection(ConnectionId=job["connectionId"], Data=data)
