"""Lists what was deployed, and goes back to it."""

import argparse
import sys
from collections.abc import Callable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import DONE, run, stack_parser
from finops_operations.deployment.aws import Aws, sign_in
from finops_operations.deployment.checks import check_stack_status
from finops_operations.deployment.options import add_timeout
from finops_operations.deployment.packages import PACKAGES
from finops_operations.deployment.releases import Deployed, Releases, read_deployed, return_to_release
from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import heading, say, warn
from finops_operations.option_types import of_form
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


def main(arguments: Sequence[str] | None = None, sign_in: Callable[[argparse.Namespace], Aws] = sign_in) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    try:
        aws = sign_in(options)
        stack = Stack.read(aws.cloudformation, options.stack_name)
        if options.to:
            check_stack_status(stack, aws.region, dry_run=options.dry_run)
        if "LambdaS3Bucket" not in stack.parameters:
            raise OperationFailed(
                f"Stack {stack.name} has no parameter LambdaS3Bucket: it is not one that ./deploy.sh has deployed."
            )
        releases = Releases(aws, stack.parameters["LambdaS3Bucket"], stack.name)
        deployed = read_deployed(aws, stack.name)
        if options.to:
            go_back(options, aws, releases, deployed)
        else:
            show(releases, deployed)
    except KeyboardInterrupt as interrupt:
        again = f"ops/rollback.sh --to {options.to or 'previous'}"
        said = interrupt.args or [f"Nothing is being changed now. To end what was begun: {again}"]
        raise KeyboardInterrupt(*said) from interrupt
    return DONE


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. Ends the program with status 2 if it cannot be understood."""
    parser = stack_parser("ops/rollback.sh", _DESCRIPTION)
    parser.usage, parser.epilog = _USAGE, _EPILOG
    parser.add_argument(
        "--to",
        type=of_form(".+", "this needs a release's id, or previous"),
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
    add_timeout(parser)
    return parser.parse_args(arguments)


def show(releases: Releases, deployed: Deployed) -> None:
    """Print the releases, the newest first, and mark what runs now."""
    if not releases.records:
        raise OperationFailed(
            f"Bucket {deployed.stack.parameters['LambdaS3Bucket']} holds no release of stack {deployed.stack.name} yet;"
            " ./deploy.sh records them."
        )
    current = releases.known_as(deployed)
    lines = [f"{'Release':26}  {'Status':10}  {'Version':8}  Deployed by"]
    for release, record in reversed(releases.records.items()):
        # The published versions of the three functions, in the order of a message's way: 3/2/5
        versions = "/".join(record.get(f"{package}Version", "") for package in PACKAGES)
        mark = "  <- runs now" if release == current else ""
        lines.append(f"{release:26}  {record.get('status', ''):10}  {versions:8}  {record.get('by', '')}{mark}")
    print("\n".join(lines))  # noqa: T201 - the command's result
    if not current:
        warn("What runs now is none of these: it was deployed by other means.")


def go_back(options: argparse.Namespace, aws: Aws, releases: Releases, deployed: Deployed) -> None:
    """Make the stack what it was in the release that `options.to` says, verify it, and print its id."""
    current = releases.known_as(deployed)
    target = options.to if options.to != "previous" else releases.before(current)
    if not target:
        which = f" ({current})" if current else ""
        raise OperationFailed(f"There is no release before the one that runs{which}. See ops/rollback.sh --list")
    if target not in releases.records:
        raise OperationFailed(f"There is no release {target}. See ops/rollback.sh --list")
    options.to = target
    record = releases.records[target]
    say(f"From release {current or '(not recorded)'} to {target} ({record.get('status', '')})")
    alarms_returned, fault = return_to_release(
        aws,
        deployed.stack,
        releases,
        target,
        withdrawn="" if options.dry_run else _withdrawn(releases, deployed, current, target),
        dry_run=options.dry_run,
        data_loss=options.allow_data_loss,
        verify=not options.no_verify,
    )
    if options.dry_run:
        return
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
    print(target)  # noqa: T201 - the command's result


def _withdrawn(releases: Releases, deployed: Deployed, current: str, target: str) -> str:
    """Return the release that is left, if somebody who goes back once more does not want to come to it again."""
    if current:
        failed = releases.records[current].get("status") == "failed"
        return current if target < current and not failed else ""
    # One may want to come back to what others have deployed. If that cannot be had, so be it: what is on its way is
    # the remedy for something.
    try:
        return releases.keep_what_others_deployed(deployed)
    except (OperationFailed, ClientError, BotoCoreError):
        warn("One cannot return to what runs now: it could not be recorded.")
        return ""


if __name__ == "__main__":
    sys.exit(run(main))
