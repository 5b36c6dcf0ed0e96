"""What every operation's command line shares: which stack, and how it ends."""

import argparse
import os
import re
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed, failure_of
from finops_operations.operator_messages import complain
from finops_operations.option_types import of_form

DEFAULT_STACK = "finops-websocket-api"
DEFAULT_REGION = "us-east-1"

DONE = 0
FAILED = 1
INTERRUPTED = 130

# Seconds. Somebody waits at a terminal, who would rather be told than left waiting.
QUICK = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})

# What CloudFormation takes, and AWS has, without the quotes and wildcards that would widen a policy.
_stack_name = of_form("[A-Za-z][A-Za-z0-9-]{0,127}", "a stack's name has letters, digits and hyphens")
_region = of_form("[a-z]{2,4}(-[a-z]+)+-[0-9]", "a region's name looks like eu-west-1")
_ENDPOINT = re.compile(r"https?://(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:[0-9]+)?(/\S*)?")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """End the program, whose command line cannot be understood, with status 2, the shell's own for that."""
        complain(f"{message.removesuffix('.')}. Try --help.")
        sys.exit(2)


def stack_parser(command: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that name a stack, as deploy.sh has them: --stack-name and --region."""
    parser = _Parser(
        prog=command,
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--stack-name",
        type=_stack_name,
        default=os.environ.get("STACK_NAME") or DEFAULT_STACK,
        metavar="NAME",
        help=f"the stack; default: STACK_NAME, then {DEFAULT_STACK}",
    )
    parser.add_argument(
        "--region",
        type=_region,
        default=os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION,
        metavar="NAME",
        help=f"its region; default: AWS_REGION, then AWS_DEFAULT_REGION, then {DEFAULT_REGION}",
    )
    return parser


def session_of(options: argparse.Namespace) -> boto3.Session:
    """Return a session in the command line's region. AWS_ENDPOINT_URL leads its clients to the local cloud.

    Raises:
        OperationFailed: that variable, or one service's such as AWS_ENDPOINT_URL_S3, is no URL.
        botocore.exceptions.BotoCoreError: there is no such profile.
    """
    for name, value in os.environ.items():
        # Each client would raise a ValueError.
        if name.startswith("AWS_ENDPOINT_URL") and value and not _ENDPOINT.fullmatch(value):
            raise OperationFailed(
                f"{name} is {value!r}, which is no URL such as http://localhost:4566. Correct it, or unset {name}."
            )
    if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in ("localhost", "127.0.0.1"):
        # No proxy leads to a local cloud on this machine; botocore does not know that by itself.
        others = os.environ.get("no_proxy")
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, ["localhost,127.0.0.1", others]))
    return boto3.Session(region_name=options.region)


def run(operation: Callable[[Sequence[str] | None], int], arguments: Sequence[str] | None = None) -> int:
    """Run an operation and return its exit status: what goes wrong is one sentence on stderr and status 1.

    It is interrupted by a SIGTERM as by a SIGINT; what a KeyboardInterrupt says is said.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return operation(arguments)
    except OperationFailed as failure:
        complain(str(failure))
    except (ClientError, BotoCoreError) as error:
        complain(str(failure_of(error)))
    except KeyboardInterrupt as interrupt:
        print("Interrupted.", *interrupt.args, file=sys.stderr)  # noqa: T201 - a command's own output
        return INTERRUPTED
    return FAILED
