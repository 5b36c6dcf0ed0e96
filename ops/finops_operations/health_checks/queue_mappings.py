"""The event source mappings, over which Lambda hands the queues' messages to the background processor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops_client.terminal_text import clean_line
from finops_operations.health_checks.check import Finding, ok, red, skipped, warning
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef
    from types_boto3_sqs import SQSClient

# A mapping in these states takes nothing.
_AT_REST = ("Disabled", "Deleting")
_LONGEST_QUOTE = 160


def look_at_mapping(sqs: SQSClient, lambda_client: LambdaClient, remedies: Remedies, output: str) -> Finding:
    """The mapping over which the background processor reads the queue that an output names, and nobody else."""
    url = remedies.stack.output(output)
    queue = url.rpartition("/")[2]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    except sqs.exceptions.QueueDoesNotExist:
        return skipped(f"there is no queue {queue}.")
    # By the queue: a mapping outlives its function.
    pages = lambda_client.get_paginator("list_event_source_mappings").paginate(EventSourceArn=arn)
    mappings = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    processor = f"{remedies.stack.project}-background-processor"
    ours = [mapping for mapping in mappings if _function(mapping) == processor]
    others = [mapping for mapping in mappings if mapping not in ours and mapping["State"] not in _AT_REST]
    if others:
        return _taken_by(others, queue, remedies)
    if not ours:
        return red(f"{processor} does not read {queue}.", remedies.make_anew())
    return _finding(ours[0], queue, remedies)


def _taken_by(others: list[EventSourceMappingConfigurationTypeDef], queue: str, remedies: Remedies) -> Finding:
    """SQS gives each message to one reader: what another one takes, the processor never sees."""
    takers = ", ".join(_function(mapping) for mapping in others)
    stop = "\n".join(
        remedies.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} --no-enabled") for mapping in others
    )
    return red(f"{takers} takes messages of {queue}.", stop)


def _finding(mapping: EventSourceMappingConfigurationTypeDef, queue: str, remedies: Remedies) -> Finding:
    state = mapping["State"]
    if state in ("Creating", "Enabling", "Updating"):
        return warning(state, "Run this again in a minute.")
    if state != "Enabled":
        return red(
            f"{state}: nobody reads {queue}.",
            remedies.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"),
        )
    # https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
    result = mapping.get("LastProcessingResult", "")
    if result.startswith("PROBLEM"):
        return warning(f"{state}, but {clean_line(result, _LONGEST_QUOTE)}", remedies.logs(_function(mapping)))
    return ok(state)


def _function(mapping: EventSourceMappingConfigurationTypeDef) -> str:
    """The name in arn:aws:lambda:REGION:ACCOUNT:function:NAME, which a version or an alias may follow."""
    return mapping["FunctionArn"].split(":")[6]
