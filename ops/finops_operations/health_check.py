"""Looks at everything that a deployed stack consists of, and says of each part whether it works."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import DONE, FAILED, run, session_of, stack_parser
from finops_operations.deployed_stack import DeployedStack
from finops_operations.errors import OperationFailed, failure_of
from finops_operations.health_checks.aws_clients import AwsClients
from finops_operations.health_checks.check import Result, red
from finops_operations.health_checks.report import as_json, is_healthy, print_table
from finops_operations.health_checks.side_by_side import run_side_by_side
from finops_operations.health_checks.stack_checks import STACK, checks_of
from finops_operations.operator_messages import say

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


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line and returns its exit status."""
    parser = stack_parser("ops/health_check.sh", _DESCRIPTION)
    parser.epilog = _EXIT_STATUSES
    parser.add_argument("--json", action="store_true", help="print one JSON object, for a program")
    options = parser.parse_args(arguments)
    results = _results_for_programs(options) if options.json else _results(options)
    if options.json:
        print(as_json(results, options.stack_name, options.region))  # noqa: T201 - the command's result
    else:
        print_table(results)
    return DONE if is_healthy(results) else FAILED


def _results(options: argparse.Namespace) -> list[Result]:
    clients = AwsClients.of(session_of(options))
    stack = DeployedStack.read(clients.cloudformation, options.stack_name)
    say(f"Looking at stack {options.stack_name} in {options.region}")
    return run_side_by_side(checks_of(stack, clients, options.region))


def _results_for_programs(options: argparse.Namespace) -> list[Result]:
    """The same; a stack that cannot be read is a result too, since a program reads nothing else."""
    try:
        return _results(options)
    except OperationFailed as failure:
        found = failure
    except (ClientError, BotoCoreError) as error:
        found = failure_of(error)
    return [Result(STACK, red(str(found), "Mend that, then run this again."))]


if __name__ == "__main__":
    sys.exit(run(main))
