"""Checks everything that a deployed stack consists of, and says of each part whether it works."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
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
from finops_operations.health.queues import (
    check_dead_letter_queue,
    check_mapping,
    check_processing_queue,
    check_sweep,
)
from finops_operations.health.report import as_json, is_healthy, print_table
from finops_operations.health.stacks import check_alarms, check_monitoring, check_stack
from finops_operations.health.storage import check_results_bucket, check_table
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
    status = Check(STACK, partial(check_stack, checked))
    parts = _parts_of(checked)
    if checked.stack.outputs:
        return [status, *parts]
    nothing_there = partial(skipped, f"the stack has nothing in it ({checked.stack.status}).")
    return [status, *(Check(part.name, nothing_there) for part in parts)]


def _parts_of(checked: CheckedStack) -> list[Check]:
    function = partial(check_function, checked)
    return [
        Check(STAGE, partial(check_stage, checked)),
        Check(CONNECTIONS, partial(check_table, checked, "ConnectionsTableName")),
        Check(
            MANAGER,
            partial(function, MANAGER, "ConnectionManagerKey", fault_of_connection_manager),
            needs=(CONNECTIONS,),
        ),
        Check(
            HANDLER,
            partial(function, HANDLER, "MessageHandlerKey", fault_of_message_handler),
            needs=(STAGE, CONNECTIONS, MANAGER),
        ),
        # What it goes through is named above if it is broken; here that would only be said again.
        Check(ROUND_TRIP, partial(check_round_trip, checked), needs=(STAGE, CONNECTIONS, MANAGER, HANDLER)),
        Check("jobs table", partial(check_table, checked, "JobsTableName")),
        Check("processing queue", partial(check_processing_queue, checked)),
        Check("processing mapping", partial(check_mapping, checked, "ProcessingQueueUrl")),
        Check(PROCESSOR, partial(function, PROCESSOR, "BackgroundProcessorKey", fault_of_background_processor)),
        Check(
            "cost forecast agent", partial(check_agent, checked, "CostForecastFunctionName", "--cost-forecast-function")
        ),
        Check(
            "trusted advisor agent",
            partial(check_agent, checked, "TrustedAdvisorFunctionName", "--trusted-advisor-function"),
        ),
        Check("results bucket", partial(check_results_bucket, checked)),
        Check("dead-letter queue", partial(check_dead_letter_queue, checked)),
        Check("dead-letter mapping", partial(check_mapping, checked, "ProcessingDeadLetterQueueUrl")),
        Check("sweep", partial(check_sweep, checked)),
        Check("monitoring stack", partial(check_monitoring, checked)),
        Check("alarms", partial(check_alarms, checked)),
    ]


if __name__ == "__main__":
    sys.exit(run(main))
