"""The queue of jobs to process."""

import hashlib
import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from finops_websocket.errors import NotAJob, QueueUnavailable

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient

# The contract's bound.
_JOB_ID_CHARACTERS = 128


class JobQueue:
    """Sends jobs to the processor."""

    def __init__(self, sqs: Callable[[], "SQSClient"], queue_url: str) -> None:
        """Keep the queue's address, and SQS, which is asked for when it is needed first: two of three queue rarely."""
        self._sqs = sqs
        self._queue_url = queue_url

    def send(self, job_id: str, user_id: str) -> None:
        """Queue a job; raise QueueUnavailable if SQS does not take it.

        The user is the message's group: on a standard queue that makes it a fair one, in which one user's many jobs do
        not hold up the others'.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
        """
        # Hashed: a group takes at most 128 characters of ASCII, and is nobody's name in SQS's logs.
        group = hashlib.sha256(user_id.encode()).hexdigest()
        try:
            self._sqs().send_message(
                QueueUrl=self._queue_url, MessageBody=json.dumps({"jobId": job_id}), MessageGroupId=group
            )
        except (ClientError, BotoCoreError) as error:
            raise QueueUnavailable(f"Job {job_id} could not be queued: {type(error).__name__}") from error


def job_id_of(body: str) -> str:
    """Read the job's id from a message's body; raise NotAJob if there is none."""
    try:
        message = json.loads(body)
        job_id = message.get("jobId") if isinstance(message, dict) else None
        # As the contract has it, and as a key and the log take it: whoever may send to the queue chooses the text.
        if (
            isinstance(job_id, str)
            and 0 < len(job_id) <= _JOB_ID_CHARACTERS
            and job_id.isascii()
            and job_id.isprintable()
        ):
            return job_id
    except (ValueError, RecursionError):
        pass
    raise NotAJob("The queue's message is no job.")
