"""What the operation on dead letters works with, put together for one stack."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import boto3

from finops_operations.command_line import QUICK
from finops_operations.dead_letter_queue import DeadLetterQueue
from finops_operations.dead_letter_reader import DeadLetterReader
from finops_operations.health.remedies import Remedies
from finops_operations.job_replay import JobReplay
from finops_operations.operator_messages import say
from finops_operations.stack import Stack
from finops_operations.stored_jobs import StoredJobs
from finops_websocket.job_queue import JobQueue


@dataclass(frozen=True)
class DeadLetterServices:
    """The jobs, the dead-letter queue and its reader, the way to a replay, and the processing queue."""

    jobs: StoredJobs
    queue: DeadLetterQueue
    reader: DeadLetterReader
    replay: JobReplay
    processing_queue: JobQueue
    sleep: Callable[[float], None] = time.sleep
    is_open: bool = False
    """Whether users are taken at their word (AuthMode=open), so that no sign-in finds a job."""

    @classmethod
    def of_stack(cls, session: boto3.Session, stack_name: str) -> DeadLetterServices:
        """Make them.

        Raises:
            OperationFailed: there is no such stack.
            botocore.exceptions.ClientError: AWS does not say.
        """
        stack = Stack.read(session.client("cloudformation", config=QUICK), stack_name)
        functions = session.client("lambda", config=QUICK)
        sqs = session.client("sqs", config=QUICK)
        queue = DeadLetterQueue(sqs, stack.output("ProcessingDeadLetterQueueUrl"))
        way_back = Remedies(stack, session.region_name).make_anew()
        table = session.resource("dynamodb", config=QUICK).Table(stack.output("JobsTableName"))
        return cls(
            jobs=StoredJobs(table, say),
            queue=queue,
            reader=DeadLetterReader(functions, f"{stack.project}-background-processor", queue.arn(), way_back=way_back),
            replay=JobReplay(functions, f"{stack.project}-message-handler"),
            processing_queue=JobQueue(sqs, stack.output("ProcessingQueueUrl")),
            is_open=stack.parameters.get("AuthMode") == "open",
        )
