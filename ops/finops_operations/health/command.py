"""Checks everything that a deployed stack consists of, and says of each part whether it works."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import DONE, FAILED, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed, failure_of
from finops_operations.health.api import check_round_trip, check_stage, fault_of_message_handler
from finops_operations.health.check import Check, Finding, failed, run_checks, skipped
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.functions import (
    check_agent,
    check_function,
    fault_of_background_processor,
    fault_of_connection_manager,
)
from finops_operations.health.report import as_json, is_healthy, print_table
from finops_operations.health.resources import (
    check_dead_letter_queue,
    check_mapping,
    check_processing_queue,
    check_results_bucket,
    check_sweep,
    check_table,
)
from finops_operations.health.stacks import check_alarms, check_monitoring, check_stack
from finops_operations.operator_messages import say
from finops_operations.stack import Stack

_DESCRIPTION = """\
Looks at everything that a deployed stack consists of: one line for each part, green or not, and below what is not
green the command that mends it, or where to read. What needs a broken part is skipped, so that red is what is broken.

It connects like a page, and calls the connection manager and the background processor with events that change
nothing: no question is asked, no agent is called, nothing stays behind. The metrics count two connections and their
ends, and the end of one more.
"""
_EXIT_STATUSES = """\
Exit status: 0 nothing is red (warnings may be there); 1 something is red, or the stack cannot be read; 2 a mistake in
the command line; 130 interrupted.
"""

STACK = "stack"
STAGE = "API stage"
CONNECTIONS = "connections table"
MANAGER = "connection-manager"
ROUND_TRIP = "WebSocket round trip"
HANDLER = "message-handler"
PROCESSOR = "background-processor"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = stack_parser("ops/health_check.sh", _DESCRIPTION)
    parser.epilog = _EXIT_STATUSES
    parser.add_argument("--json", action="store_true", help="print one JSON object, for a program")
    options = parser.parse_args(arguments)
    try:
        findings = _findings(options)
    except (OperationFailed, ClientError, BotoCoreError) as error:
        if not options.json:
            raise
        # A program reads nothing else.
        failure = error if isinstance(error, OperationFailed) else failure_of(error)
        findings = {STACK: failed(str(failure), "Mend that, then run this again.")}
    if options.json:
        print(as_json(findings, options.stack_name, options.region))  # noqa: T201 - the command's result
    else:
        print_table(findings)
    return DONE if is_healthy(findings) else FAILED


def _findings(options: argparse.Namespace) -> dict[str, Finding]:
    session = session_of(options)
    stack = Stack.read(session.client("cloudformation", config=QUICK), options.stack_name)
    say(f"Looking at stack {options.stack_name} in {options.region}")
    return run_checks(checks_of(CheckedStack(stack, session)))


def checks_of(checked: CheckedStack) -> list[Check]:
    """Give all checks in the order in which they are shown: on a message's way, then what watches it.

    A stack that is not there yet, or not any more, has its status and nothing to check.
    """

    def of(name: str, check: Callable[..., Finding], *about: object, needs: tuple[str, ...] = ()) -> Check:
        return Check(name, partial(check, checked, *about), needs)

    parts = [
        of(STAGE, check_stage),
        of(CONNECTIONS, check_table, "ConnectionsTableName"),
        of(MANAGER, check_function, MANAGER, "ConnectionManagerKey", fault_of_connection_manager,
           needs=(CONNECTIONS,)),
        of(HANDLER, check_function, HANDLER, "MessageHandlerKey", fault_of_message_handler,
           needs=(STAGE, CONNECTIONS, MANAGER)),
        # What it goes through is named above if it is broken; here that would only be said again.
        of(ROUND_TRIP, check_round_trip, needs=(STAGE, CONNECTIONS, MANAGER, HANDLER)),
        of("jobs table", check_table, "JobsTableName"),
        of("processing queue", check_processing_queue),
        of("processing mapping", check_mapping, "ProcessingQueueUrl"),
        of(PROCESSOR, check_function, PROCESSOR, "BackgroundProcessorKey", fault_of_background_processor),
        of("cost forecast agent", check_agent, "CostForecastFunctionName", "--cost-forecast-function"),
        of("trusted advisor agent", check_agent, "TrustedAdvisorFunctionName", "--trusted-advisor-function"),
        of("results bucket", check_results_bucket),
        of("dead-letter queue", check_dead_letter_queue),
        of("dead-letter mapping", check_mapping, "ProcessingDeadLetterQueueUrl"),
        of("sweep", check_sweep),
        of("monitoring stack", check_monitoring),
        of("alarms", check_alarms),
    ]  # fmt: skip
    if not checked.stack.outputs:
        nothing_there = partial(skipped, f"the stack has nothing in it ({checked.stack.status}).")
        parts = [Check(part.name, nothing_there) for part in parts]
    return [of(STACK, check_stack), *parts]


if __name__ == "__main__":
    sys.exit(run(main))
