"""The event source mappings, over which Lambda hands the queues' messages to the background processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops_operations.health_checks.check import Finding, ok, red, skipped, warning
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_sqs import SQSClient


def look_at_mapping(sqs: SQSClient, lambda_client: LambdaClient, remedies: Remedies, output: str) -> Finding:
    """The mapping of the queue that an output names."""
    url = remedies.stack.output(output)
    queue = url.rpartition("/")[2]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    except sqs.exceptions.QueueDoesNotExist:
        return skipped(f"there is no queue {queue}.")
    # By the queue: a mapping outlives its function.
    mappings = lambda_client.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
    if not mappings:
        return red(f"No function reads {queue}.", remedies.make_anew())
    mapping = mappings[0]
    state = mapping["State"]
    if state == "Enabled":
        return ok(state)
    if state in ("Creating", "Enabling", "Updating"):
        return warning(state, "Run this again in a minute.")
    return red(
        f"{state}: nobody reads {queue}.",
        remedies.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"),
    )
