"""A stack's dead letters in moto, and a session that leads to them; the functions are doubles."""

import uuid
from typing import Any

import boto3

from finops_operations.job_replay import JobReplay, Replay, ReplayRefused
from unit.finops_operations.sample_dead_letters import NOW


class RecordingReplay(JobReplay):
    """Replays jobs by name only; refuses those that it is told to, and breaks at others."""

    def __init__(self) -> None:
        super().__init__(boto3.client("lambda"), "project-message-handler")
        self.asked: list[str] = []
        self.refused: set[str] = set()
        self.broken: dict[str, Exception] = {}
        self.queued = True
        self.waits: list[int] = []

    def __call__(self, job_id: str) -> Replay:
        self.asked.append(job_id)
        if job_id in self.refused:
            raise ReplayRefused("At most 10 questions. (TOO_MANY_JOBS)")
        if self.waits:
            raise ReplayRefused("At most 10 a minute. (RATE_LIMITED)", self.waits.pop(0))
        if job_id in self.broken:
            raise self.broken[job_id]
        return Replay(f"{job_id}-again", self.queued)


class LetteredStack:
    """The queues and the table, and what lies in them."""

    def __init__(self, sqs: Any, jobs_table: Any) -> None:
        self.sqs = sqs
        self.jobs_table = jobs_table
        self.dead_letters, self.processing = (
            sqs.create_queue(QueueName=f"{name}-{uuid.uuid4()}")["QueueUrl"] for name in ("dlq", "processing")
        )

    def put(self, body: str) -> str:
        """Put a message on the dead-letter queue and give its id."""
        message_id: str = self.sqs.send_message(QueueUrl=self.dead_letters, MessageBody=body)["MessageId"]
        return message_id

    def bodies(self, queue_url: str) -> list[str]:
        """The bodies that can be received from a queue."""
        found = self.sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        return [message["Body"] for message in found.get("Messages", [])]

    @staticmethod
    def clock() -> float:
        return NOW
