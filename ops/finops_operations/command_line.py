"""What every operation's command line shares: which stack, and how it ends."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from finops_operations.errors import OperationFailed, failure_of
from finops_operations.operator_messages import complain

DEFAULT_STACK = "finops-websocket-api"
DEFAULT_REGION = "us-east-1"

DONE = 0
FAILED = 1
MISUSED = 2
INTERRUPTED = 130

# Seconds. Somebody waits at a terminal, who would rather be told than left waiting.
QUICK = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})


def stack_parser(command: str, description: str) -> argparse.ArgumentParser:
    """Return a parser with the options that name a stack, as deploy.sh has them: --stack-name and --region."""
    parser = argparse.ArgumentParser(
        prog=command, description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--stack-name",
        default=os.environ.get("STACK_NAME") or DEFAULT_STACK,
        metavar="NAME",
        help=f"the stack; default: STACK_NAME, then {DEFAULT_STACK}",
    )
    parser.add_argument(
        "--region",
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
        if name.startswith("AWS_ENDPOINT_URL") and value and not _is_endpoint(value):
            raise OperationFailed(
                f"{name} is {value!r}, which is no URL such as http://localhost:4566. Correct it, or unset {name}."
            )
    _pass_no_proxy_to_this_machine()
    return boto3.Session(region_name=options.region)


def _is_endpoint(value: str) -> bool:
    try:
        parts = urlsplit(value)
        # Reading a port that is no number raises a ValueError.
        is_web = parts.scheme in ("http", "https") and parts.port != 0
        return is_web and bool(is_valid_endpoint_url(value) or is_valid_ipv6_endpoint_url(value))
    except ValueError:
        return False


def parse(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read a command line of options as deploy.sh's, or end the program with status 2."""
    parser.allow_abbrev = parser.exit_on_error = False
    try:
        options, unknown = parser.parse_known_args(arguments)
    except argparse.ArgumentError as error:
        misused(f"{error.argument_name} needs a value.")
    if unknown:
        misused(f"There is no option {unknown[0]}.")
    return options


def misused(sentence: str) -> NoReturn:
    """End the program, whose command line cannot be understood, with status 2, the shell's own for that."""
    complain(f"{sentence} Try --help.")
    sys.exit(MISUSED)


def whole_number(option: str, text: str, least: int = 1, most: int | None = None) -> int:
    """Return an option's value as a number, or end the program with status 2."""
    if text.isascii() and text.isdecimal() and least <= int(text) and (most is None or int(text) <= most):
        return int(text)
    misused(f"{option} needs a whole number{'' if most is None else f' from {least} to {most}'}, not {text}.")


def run(operation: Callable[[Sequence[str] | None], int], arguments: Sequence[str] | None = None) -> int:
    """Run an operation and return its exit status: what goes wrong is one sentence on stderr and status 1.

    It is interrupted by a SIGTERM as by a SIGINT.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return operation(arguments)
    except OperationFailed as failure:
        return _failed(failure)
    except (ClientError, BotoCoreError) as error:
        return _failed(failure_of(error))
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)  # noqa: T201 - a command's own output
        return INTERRUPTED


def _failed(failure: OperationFailed) -> int:
    complain(str(failure))
    return FAILED


def _pass_no_proxy_to_this_machine() -> None:
    """Reach a local cloud on this machine, where no proxy leads; botocore does not know that by itself."""
    if urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in ("localhost", "127.0.0.1"):
        others = os.environ.get("no_proxy")
        os.environ["no_proxy"] = os.environ["NO_PROXY"] = ",".join(filter(None, ["localhost,127.0.0.1", others]))
