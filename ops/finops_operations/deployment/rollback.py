"""Lists what was deployed, and goes back to it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence

import boto3

from finops_client import verify
from finops_operations.command_line import (
    DONE,
    INTERRUPTED,
    misused,
    parse,
    run,
    session_of,
    stack_parser,
    whole_number,
)
from finops_operations.deployment.alarms import quiet_alarms
from finops_operations.deployment.aws import Aws, Patience, sign_in
from finops_operations.deployment.change_set import Leave, LeftDeploying
from finops_operations.deployment.checks import check_stack_status
from finops_operations.deployment.packages import PACKAGES
from finops_operations.deployment.releases import Deployed, Releases, read_deployed, return_to_release
from finops_operations.deployment.verification import Exchange, fault_of
from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import heading, say, warn
from finops_operations.stack import Stack

_USAGE = """ops/rollback.sh [--list]
       ops/rollback.sh --to previous|RELEASE [options]"""
_DESCRIPTION = """\
Lists the releases that ./deploy.sh has recorded, or makes the stack again what it was in one of them: packages,
template and parameters together, as an update of the stack. Jobs, answers and users stay. At three in the morning:

  ops/rollback.sh --to previous
"""
_EPILOG = """\
The list, or the id of the release that runs, goes to stdout, everything else to stderr. AWS_ENDPOINT_URL and PYTHON are
read as by ./deploy.sh. Exit status: 0 done and verified, 1 not done or not verified, 2 a mistake in the command line,
130 interrupted.
"""


def main(
    arguments: Sequence[str] | None = None,
    session_of: Callable[[argparse.Namespace], boto3.Session] = session_of,
    exchange: Exchange = verify.main,
    patience: Callable[[int], Patience] = Patience,
) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    try:
        heading("Checking")
        aws = sign_in(session_of(options), patience(options.timeout_minutes))
        return _go_back_or_list(options, aws, exchange)
    except LeftDeploying as left:
        warn(f"Interrupted. {left}")
    except KeyboardInterrupt:
        target = options.to or "previous"
        say(f"Interrupted. Nothing is being changed now. To end what was begun: ops/rollback.sh --to {target}")
    return INTERRUPTED


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Ends the program with status 2 if it cannot be understood."""
    parser = stack_parser("ops/rollback.sh", _DESCRIPTION)
    parser.usage, parser.epilog = _USAGE, _EPILOG
    parser.add_argument(
        "--to",
        metavar="RELEASE",
        help="any release of the list, or previous: the one before that which runs, without those that failed their"
        " verification or were gone back from (withdrawn)",
    )
    parser.add_argument("--list", action="store_true", help="list the releases, the newest first (the default)")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument(
        "--allow-data-loss",
        action="store_true",
        help="go back even if a table, a queue, a user pool or the API is removed or made anew",
    )
    parser.add_argument("--no-verify", action="store_true", help="do not ask the endpoint afterwards")
    parser.add_argument(
        "--timeout-minutes",
        default=os.environ.get("TIMEOUT_MINUTES") or "30",
        metavar="N",
        help="how long to wait for CloudFormation; default: TIMEOUT_MINUTES, then 30",
    )
    options = parse(parser, arguments)
    for option in ("to", "stack_name", "region", "timeout_minutes"):
        if getattr(options, option) == "":
            misused(f"--{option.replace('_', '-')} needs a value.")
    options.timeout_minutes = whole_number("--timeout-minutes", options.timeout_minutes)
    return options


def _go_back_or_list(options: argparse.Namespace, aws: Aws, exchange: Exchange) -> int:
    stack = Stack.read(aws.cloudformation, options.stack_name)
    if options.to:
        check_stack_status(stack, aws.region, dry_run=options.dry_run)
    if "LambdaS3Bucket" not in stack.parameters:
        raise OperationFailed(
            f"Stack {stack.name} has no parameter LambdaS3Bucket: it is not one that ./deploy.sh has deployed."
        )
    releases = Releases(aws, stack.parameters["LambdaS3Bucket"], stack.name)
    deployed = read_deployed(aws, stack.name)
    current = releases.known_as(deployed.fingerprint)
    if options.to:
        return _go_back(options, aws, releases, deployed, current, exchange)
    _list(releases, current, stack)
    return DONE


def _list(releases: Releases, current: str, stack: Stack) -> None:
    if not releases.records:
        raise OperationFailed(
            f"Bucket {stack.parameters['LambdaS3Bucket']} holds no release of stack {stack.name} yet;"
            " ./deploy.sh records them."
        )
    _print(f"{'Release':26}  {'Status':10}  {'Version':8}  Deployed by")
    for release, record in reversed(releases.records.items()):
        # The published versions of the three functions, in the order of a message's way: 3/2/5
        versions = "/".join(record.get(f"{package}Version", "") for package in PACKAGES)
        mark = "  <- runs now" if release == current else ""
        _print(f"{release:26}  {record.get('status', ''):10}  {versions:8}  {record.get('by', '')}{mark}")
    if not current:
        warn("What runs now is none of these: it was deployed by other means.")


def _go_back(
    options: argparse.Namespace, aws: Aws, releases: Releases, deployed: Deployed, current: str, exchange: Exchange
) -> int:
    target = options.to if options.to != "previous" else releases.before(current)
    if not target:
        which = f" ({current})" if current else ""
        raise OperationFailed(f"There is no release before the one that runs{which}. See ops/rollback.sh --list")
    if target not in releases.records:
        raise OperationFailed(f"There is no release {target}. See ops/rollback.sh --list")
    options.to = target
    record = releases.records[target]
    say(f"From release {current or '(not recorded)'} to {target} ({record.get('status', '')})")
    files = releases.fetch(target)
    quiet = quiet_alarms(aws, deployed.stack.project)
    leave = Leave("Going back", options.dry_run, options.allow_data_loss)
    withdrawn = "" if options.dry_run else _withdrawn(releases, deployed, current, target)
    alarms_returned = return_to_release(aws, options.stack_name, releases, target, files, leave, withdrawn)
    if options.dry_run:
        return DONE
    if not options.no_verify:
        fault = fault_of(aws, aws.stack(options.stack_name), quiet, exchange)
        if fault:
            raise OperationFailed(f"Release {target} runs, but: {fault} Others to go back to: ops/rollback.sh --list")
    if record.get("status") == "withdrawn":
        releases.change(target, "status", "deployed" if options.no_verify else "verified")
    if not alarms_returned:
        raise OperationFailed(
            f"Release {target} runs{' (not verified)' if options.no_verify else ''}, but its alarms and dashboard could"
            f" not be returned (see above). Mend what is said there, then: ops/rollback.sh --to {target}"
        )
    heading(f"Release {target} runs")
    _print(target)
    return DONE


def _withdrawn(releases: Releases, deployed: Deployed, current: str, target: str) -> str:
    """Return the release that is left, if somebody who goes back once more does not want to come to it again."""
    if current:
        failed = releases.records[current].get("status") == "failed"
        return current if target < current and not failed else ""
    # One may want to come back to what others have deployed. If that cannot be had, so be it: what is on its way is
    # the remedy for something.
    try:
        return releases.keep_what_others_deployed(deployed)
    except OperationFailed:
        warn("One cannot return to what runs now: it could not be recorded.")
        return ""


def _print(line: str) -> None:
    print(line)  # noqa: T201 - the command's result


if __name__ == "__main__":
    sys.exit(run(main))
