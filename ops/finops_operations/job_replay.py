"""Asks the message handler to replay a job: by the code, and within the limits, by which users' own jobs start."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finops_operations.errors import OperationFailed

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient


class ReplayRefused(Exception):
    """One job is not replayed; its text says why. Others may be.

    It may be replayed after `retry_after` seconds, if that is not None.
    """

    def __init__(self, text: str, retry_after: int | None = None) -> None:
        """Say why, and when it may be tried again."""
        super().__init__(text)
        self.retry_after = retry_after


@dataclass(frozen=True)
class Replay:
    """The job that asks a failed one's question once more, and whether the queue has taken it."""

    job_id: str
    queued: bool


class JobReplay:
    """Replays jobs that failed for good. A job is replayed once, however often that is asked."""

    def __init__(self, client: LambdaClient, function: str) -> None:
        """Keep the client and the message handler's name."""
        self._client = client
        self._function = function

    def __call__(self, job_id: str) -> Replay:
        """Replay a job.

        Raises:
            ReplayRefused: the job has not failed for good, or its user has as many jobs, or questions, as are allowed.
            OperationFailed: the function is broken, or older than this operation.
            botocore.exceptions.ClientError: it may not be invoked.
        """
        response = self._client.invoke(
            FunctionName=self._function, Payload=json.dumps({"operation": "replay", "jobId": job_id}).encode()
        )
        outcome = _object(response["Payload"].read())
        if "refused" in outcome:
            raise ReplayRefused(f"{outcome['message']} ({outcome['refused']})", outcome.get("retryAfter"))
        # A function's crash comes back with status 200: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        if "FunctionError" in response or "replayedAs" not in outcome:
            raise OperationFailed(
                f"The function {self._function} could not replay job {job_id}. Its log says why:"
                f" /aws/lambda/{self._function}. Does it run this version? If not: ./deploy.sh"
            )
        return Replay(str(outcome["replayedAs"]), bool(outcome.get("queued")))


def _object(payload: bytes) -> dict[str, Any]:
    try:
        outcome = json.loads(payload)
    except ValueError:
        return {}
    return outcome if isinstance(outcome, dict) else {}
