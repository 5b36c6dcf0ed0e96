"""The tables: there, expiring what is old, and restorable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops_operations.health_checks.check import Finding, ok, red, warning
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient


def look_at_table(dynamodb: DynamoDBClient, remedies: Remedies, output: str) -> Finding:
    """The table that an output names."""
    name = remedies.stack.output(output)
    try:
        status = dynamodb.describe_table(TableName=name)["Table"]["TableStatus"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return red(f"There is no table {name}.", remedies.make_anew())
    # While it is being updated, a table serves.
    if status not in ("ACTIVE", "UPDATING"):
        return red(f"{name} is {status}.", remedies.aws(f"dynamodb describe-table --table-name {name}"))
    # The local cloud has both and shows neither.
    if not remedies.is_local:
        if not _expires(dynamodb, name):
            return warning(
                f"{name} is {status}, but nothing in it expires.",
                remedies.aws(
                    f"dynamodb update-time-to-live --table-name {name}"
                    " --time-to-live-specification Enabled=true,AttributeName=ttl"
                ),
            )
        if not _is_restorable(dynamodb, name):
            return warning(
                f"{name} is {status}, but cannot be restored to a point in time.",
                remedies.aws(
                    f"dynamodb update-continuous-backups --table-name {name}"
                    " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
                ),
            )
    return ok(f"{name} is {status}.")


def _expires(dynamodb: DynamoDBClient, name: str) -> bool:
    description = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return description.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")


def _is_restorable(dynamodb: DynamoDBClient, name: str) -> bool:
    description = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = description.get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
