"""Where things are kept: the tables, and the bucket of answers that are too large for a message."""

from __future__ import annotations

from finops_operations.health.check import Finding, failed, if_missing, ok, warning
from finops_operations.health.checked_stack import CheckedStack


def check_table(checked: CheckedStack, output: str) -> Finding:
    """Check the table that an output names: there, expiring what is old, and restorable."""
    name, aws = checked.stack.output(output), checked.remedies.aws
    with if_missing(failed(f"There is no table {name}.", checked.remedies.make_anew())):
        status = checked.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"]
    # While it is being updated, a table serves.
    if status not in ("ACTIVE", "UPDATING"):
        return failed(f"{name} is {status}.", aws(f"dynamodb describe-table --table-name {name}"))
    # The local cloud has both and shows neither.
    if not checked.remedies.is_local:
        if not _expires(checked, name):
            return warning(
                f"{name} is {status}, but nothing in it expires.",
                aws(
                    f"dynamodb update-time-to-live --table-name {name}"
                    " --time-to-live-specification Enabled=true,AttributeName=ttl"
                ),
            )
        if not _is_restorable(checked, name):
            return warning(
                f"{name} is {status}, but cannot be restored to a point in time.",
                aws(
                    f"dynamodb update-continuous-backups --table-name {name}"
                    " --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
                ),
            )
    return ok(f"{name} is {status}.")


def check_results_bucket(checked: CheckedStack) -> Finding:
    """Check that the bucket is there, and this caller's."""
    name = checked.stack.output("ResultsBucketName")
    with if_missing(failed(f"There is no bucket {name}: large answers are lost.", checked.remedies.make_anew())):
        checked.s3.head_bucket(Bucket=name)
    return ok(name)


def _expires(checked: CheckedStack, table: str) -> bool:
    description = checked.dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return description.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")


def _is_restorable(checked: CheckedStack, table: str) -> bool:
    description = checked.dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = description.get("PointInTimeRecoveryDescription", {})
    return recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
