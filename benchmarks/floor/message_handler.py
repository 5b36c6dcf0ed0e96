"""The floor's first function: a question is stored, queued and acknowledged. Three AWS calls."""

import json
import os
import sys
import uuid
from typing import Any

import boto3

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")
api = boto3.client("apigatewaymanagementapi", endpoint_url=os.environ["MANAGEMENT_ENDPOINT"])


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Take one frame of a client."""
    # Without routes of their own, the local cloud asks this one on connecting and disconnecting too.
    if event["requestContext"]["eventType"] != "MESSAGE":
        return {"statusCode": 200}
    query = json.loads(event["body"])["query"]
    job = {"jobId": str(uuid.uuid4()), "connectionId": event["requestContext"]["connectionId"], "query": query}
    dynamodb.put_item(TableName=os.environ["TABLE"], Item={name: {"S": value} for name, value in job.items()})
    sqs.send_message(QueueUrl=os.environ["QUEUE_URL"], MessageBody=json.dumps(job))
    queued = {"type": "job_queued", "jobId": job["jobId"], "query": query}
    api.post_to_connection(ConnectionId=job["connectionId"], Data=json.dumps(queued).encode())
    # As the project does: after a function that logs nothing the local cloud waits 50 ms for a line.
    sys.stderr.write("A question is queued.\n")
    return {"statusCode": 200}
