"""The sweep's schedule: without it, a job that nobody works on stays unfinished."""

from __future__ import annotations

from botocore.exceptions import ClientError

from finops_operations.errors import code_of
from finops_operations.health_checks.aws_clients import RuleReader
from finops_operations.health_checks.check import Finding, ok, red
from finops_operations.health_checks.remedies import Remedies


def look_at_sweep(events: RuleReader, remedies: Remedies) -> Finding:
    """The rule that starts the sweep."""
    name = f"{remedies.stack.project}-sweep"
    try:
        rule = events.describe_rule(Name=name)
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return red(f"There is no rule {name}: stuck jobs stay stuck.", remedies.make_anew())
        raise
    if rule["State"] == "DISABLED":
        return red(f"{name} is DISABLED: stuck jobs stay stuck.", remedies.aws(f"events enable-rule --name {name}"))
    return ok(f"{rule['State']}, {rule['ScheduleExpression']}.")
