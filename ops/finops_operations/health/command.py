"""Checks everything that a deployed stack consists of, and says of each part whether it works."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from finops_operations.command_line import DONE, FAILED, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed, failure_of
from finops_operations.health.check import Check, Finding, State, failed, run_checks, skipped
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.functions import check_agent, check_function, check_round_trip
from finops_operations.health.resources import (
    check_alarms,
    check_dead_letter_queue,
    check_mapping,
    check_monitoring,
    check_processing_queue,
    check_results_bucket,
    check_stack,
    check_stage,
    check_sweep,
    check_table,
)
from finops_operations.operator_messages import say
from finops_operations.stack import Stack

_DESCRIPTION = """\
Looks at everything that a deployed stack consists of: one line for each part, green or not, and below what is not
green the command that mends it, or where to read. What needs a broken part is skipped, so that red is what is broken.

It connects like a page, and calls the three functions with events that change nothing: no question is asked, no agent
is called, nothing stays behind. The metrics count a connection and its end, and the end of one more.
"""
_EXIT_STATUSES = """\
Exit status: 0 nothing is red (warnings may be there); 1 something is red, or the stack cannot be read; 2 a mistake in
the command line; 130 interrupted.
"""

_STYLES = {State.OK: "green", State.WARNING: "yellow", State.FAILED: "bold red", State.SKIPPED: "dim"}
_LABELS = {State.OK: "ok", State.WARNING: "warning", State.FAILED: "RED", State.SKIPPED: "skipped"}
# Of a file or a pipe, which has no width of its own.
_WIDTH_OF_FILES = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = stack_parser("ops/health_check.sh", _DESCRIPTION)
    parser.epilog = _EXIT_STATUSES
    parser.add_argument("--json", action="store_true", help="print one JSON object, for a program")
    options = parser.parse_args(arguments)
    try:
        session = session_of(options)
        stack = Stack.read(session.client("cloudformation", config=QUICK), options.stack_name)
        say(f"Looking at stack {options.stack_name} in {options.region}")
        findings = run_checks(checks_of(CheckedStack(stack, session)))
    except (OperationFailed, ClientError, BotoCoreError) as error:
        if not options.json:
            raise
        # A program reads nothing else.
        failure = error if isinstance(error, OperationFailed) else failure_of(error)
        findings = {"stack": failed(str(failure), "Mend that, then run this again.")}
    if options.json:
        print(as_json(findings, options.stack_name, options.region))  # noqa: T201 - the command's result
    else:
        print_table(findings, Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_OF_FILES))
    return DONE if _is_healthy(findings) else FAILED


def checks_of(checked: CheckedStack) -> list[Check]:
    """Give all checks in the order in which they are shown: on a message's way, then what watches it.

    A stack that is not there yet, or not any more, has its status and nothing to check.
    """

    def of(name: str, check: Callable[..., Finding], *about: object, needs: tuple[str, ...] = ()) -> Check:
        return Check(name, partial(check, checked, *about), needs)

    manager, handler, processor = "connection-manager", "message-handler", "background-processor"
    stage, connections, jobs = "API stage", "connections table", "jobs table"
    parts = [
        of(stage, check_stage),
        of(connections, check_table, "ConnectionsTableName"),
        of(manager, check_function, manager, "ConnectionManagerKey", needs=(connections,)),
        of(handler, check_function, handler, "MessageHandlerKey", needs=(jobs,)),
        # What it goes through is named above if it is broken; here that would only be said again.
        of("WebSocket round trip", check_round_trip, needs=(stage, connections, jobs, manager, handler)),
        of(jobs, check_table, "JobsTableName"),
        of("processing queue", check_processing_queue),
        of("processing mapping", check_mapping, "ProcessingQueueUrl"),
        of(processor, check_function, processor, "BackgroundProcessorKey"),
        of("cost forecast agent", check_agent, "CostForecastFunctionName", "--cost-forecast-function"),
        of("trusted advisor agent", check_agent, "TrustedAdvisorFunctionName", "--trusted-advisor-function"),
        of("results bucket", check_results_bucket),
        of("dead-letter queue", check_dead_letter_queue),
        of("dead-letter mapping", check_mapping, "ProcessingDeadLetterQueueUrl"),
        of("sweep", check_sweep),
        of("monitoring stack", check_monitoring),
        of("alarms", check_alarms),
    ]
    if not checked.stack.outputs:
        nothing_there = f"Not tried: the stack has nothing in it ({checked.stack.status})."
        parts = [Check(part.name, partial(skipped, nothing_there)) for part in parts]
    return [of("stack", check_stack), *parts]


def print_table(findings: Mapping[str, Finding], console: Console) -> None:
    """Print a row for each check and, below what is not as it should be, what to do.

    That stands on lines of its own, which nothing but the terminal breaks: a command can be copied whole.
    """
    names = max(map(len, findings))
    for name, finding in findings.items():
        row = Table.grid(padding=(0, 2))
        row.add_column(width=names)
        row.add_column(width=max(map(len, _LABELS.values())))
        row.add_column(overflow="fold")
        row.add_row(Text(name), Text(_LABELS[finding.state], style=_STYLES[finding.state]), Text(finding.found))
        console.print(row)
        for line in finding.remedy.splitlines():
            console.print(Text(f"    {line}"), soft_wrap=True)
    counted = Counter(finding.state for finding in findings.values())
    counts = ", ".join(f"{counted[state]} {_LABELS[state]}" for state in State if counted[state])
    console.print(Text(f"{'Healthy' if _is_healthy(findings) else 'Not healthy'}: {counts}.", style="bold"))


def as_json(findings: Mapping[str, Finding], stack: str, region: str) -> str:
    """Give the same as one JSON object; `checkedAt` is in UTC."""
    report = {
        "stack": stack,
        "region": region,
        "healthy": _is_healthy(findings),
        "checkedAt": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "checks": [{"check": name, **asdict(finding)} for name, finding in findings.items()],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _is_healthy(findings: Mapping[str, Finding]) -> bool:
    # What is skipped needs something that has failed.
    return all(finding.state is not State.FAILED for finding in findings.values())


if __name__ == "__main__":
    sys.exit(run(main))
