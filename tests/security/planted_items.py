"""Items as a crash, or a client that went without a word, leaves them for the functions to find."""

import hashlib
import time
import uuid
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from local_cloud.journey_stack import JourneyStack


def connection_row(stack: JourneyStack, connection_id: str) -> bool:
    key = {"connectionId": {"S": connection_id}}
    rows = stack.cloud.client("dynamodb")
    return "Item" in rows.get_item(TableName=stack.outputs["ConnectionsTableName"], Key=key, ConsistentRead=True)


def put(stack: JourneyStack, table: str, *items: dict[str, Any]) -> None:
    rows = stack.cloud.client("dynamodb")
    for item in items:
        serialized = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        rows.put_item(TableName=stack.outputs[table], Item=serialized)


def fill_slots(stack: JourneyStack, user_id: str, number: int) -> None:
    """Leave connections as those do of which no $disconnect was ever heard."""
    now = int(time.time())
    names = [f"gone-{uuid.uuid4()}" for _ in range(number)]
    key = f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"
    slots = dict.fromkeys(names, now - 3600)
    put(
        stack,
        "ConnectionsTableName",
        *({"connectionId": name, "userId": user_id, "verified": True, "ttl": now + 3600} for name in names),
        {"connectionId": key, "slots": slots, "version": 1, "ttl": now + 3600},
    )


def list_as_active(stack: JourneyStack, user_id: str, job_id: str) -> None:
    """Name a job in its user's item, as its admission does."""
    key = f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"
    ttl = int(time.time()) + 3600
    put(stack, "JobsTableName", {"jobId": key, "active": [job_id], "askedAt": [], "version": 1, "ttl": ttl})


def follow_from_a_gone_connection(stack: JourneyStack, job_id: str) -> str:
    """Let a connection follow a job that has gone and whose row is still there."""
    gone = f"gone-{uuid.uuid4()}"
    put(stack, "ConnectionsTableName", {"connectionId": gone, "verified": False, "ttl": int(time.time()) + 3600})
    stack.cloud.client("dynamodb").update_item(
        TableName=stack.outputs["JobsTableName"],
        Key={"jobId": {"S": job_id}},
        UpdateExpression="ADD followers :gone",
        ExpressionAttributeValues={":gone": {"SS": [gone]}},
    )
    return gone


def store_half_done_job(stack: JourneyStack, user_id: str, follower: str) -> str:
    """Store a job as a worker leaves it that crashes after its first agent's answer."""
    job_id, now = stack.store_stuck_job(user_id), int(time.time())
    cost, advisor = stack.agents["cost"], stack.agents["advisor"]
    job = {name: TypeDeserializer().deserialize(value) for name, value in stack.stored_job(job_id).items()}
    job |= {
        "agents": [cost, advisor],
        "status": "processing",
        "progress": 50,
        "seq": 4,
        "followers": {follower},
        "completedAgents": [cost],
        "attempts": 1,
        "leaseOwner": "crashed",
        "leaseMessage": "crashed",
        "leaseUntil": now - 1,
        **dict.fromkeys(("updatedAt", "queuedAt"), now - 60),
    }
    answer = {
        "jobId": f"{job_id}#{cost}",
        "agent": cost,
        "title": "Cost analysis",
        "content": "The first agent's answer.",
        "status": "completed",
        "isLarge": False,
        "timedOut": False,
        "timestamp": now - 30,
        "ttl": now + 3600,
    }
    put(stack, "JobsTableName", job, answer)
    return job_id


def send_to_queue(stack: JourneyStack, job_id: str) -> None:
    stack.cloud.client("sqs").send_message(
        QueueUrl=stack.outputs["ProcessingQueueUrl"], MessageBody=f'{{"jobId": "{job_id}"}}'
    )
