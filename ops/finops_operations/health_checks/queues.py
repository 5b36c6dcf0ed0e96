"""The queues: how much waits, for how long, and whether something failed for good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from finops_operations.health_checks.check import Finding, ok, red
from finops_operations.health_checks.remedies import RUNBOOK, Remedies

if TYPE_CHECKING:
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.literals import QueueAttributeNameType

_COUNTS: tuple[QueueAttributeNameType, ...] = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)

# Seconds; the alarm queue-age has the same default. A message counts until its job is done, so at least twice as long
# as an agent may take.
_OLD = 600


def look_at_processing_queue(sqs: SQSClient, cloudwatch: CloudWatchClient, remedies: Remedies) -> Finding:
    """The queue of jobs: many may wait, but none for long."""
    url = remedies.stack.output("ProcessingQueueUrl")
    try:
        waiting, in_flight = _depth(sqs, url)
    except sqs.exceptions.QueueDoesNotExist:
        return red(f"There is no queue {_name(url)}.", remedies.make_anew())
    counts = f"{waiting} waiting, {in_flight} in flight"
    # What CloudWatch says is minutes old, and of a queue that has emptied since.
    age = _age(cloudwatch, _name(url)) if waiting + in_flight else None
    if age is None:
        return ok(f"{counts}.")
    limit = max(_OLD, 2 * int(float(remedies.stack.parameters.get("AgentTimeoutSeconds", 0))))
    if age > limit:
        return red(
            f"{counts}, the oldest for {age:.0f} s: jobs wait longer than {limit} s.",
            f"See queue-age in {RUNBOOK}.\n{remedies.logs(f'{remedies.stack.project}-background-processor')}",
        )
    return ok(f"{counts}, the oldest for {age:.0f} s.")


def look_at_dead_letter_queue(sqs: SQSClient, remedies: Remedies) -> Finding:
    """The queue of messages that failed for good: whatever is in it is a question without an answer."""
    url = remedies.stack.output("ProcessingDeadLetterQueueUrl")
    try:
        waiting, in_flight = _depth(sqs, url)
    except sqs.exceptions.QueueDoesNotExist:
        return red(f"There is no queue {_name(url)}.", remedies.make_anew())
    if waiting + in_flight:
        return red(f"{waiting + in_flight} failed for good.", remedies.dead_letters())
    return ok("empty")


def _depth(sqs: SQSClient, url: str) -> tuple[int, int]:
    """How many messages wait, delayed ones included, and how many somebody has in hand."""
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(_COUNTS))["Attributes"]
    visible, in_flight, delayed = (int(attributes.get(name, 0)) for name in _COUNTS)
    return visible + delayed, in_flight


def _age(cloudwatch: CloudWatchClient, queue: str) -> float | None:
    """Age of the oldest message in seconds; None where CloudWatch has no recent one, as of a queue at rest.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
    """
    now = datetime.now(UTC)
    points = cloudwatch.get_metric_statistics(
        Namespace="AWS/SQS",
        MetricName="ApproximateAgeOfOldestMessage",
        Dimensions=[{"Name": "QueueName", "Value": queue}],
        StartTime=now - timedelta(minutes=10),
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )["Datapoints"]
    latest = max(points, key=lambda point: point["Timestamp"], default=None)
    return None if latest is None else latest["Maximum"]


def _name(url: str) -> str:
    return url.rpartition("/")[2]
