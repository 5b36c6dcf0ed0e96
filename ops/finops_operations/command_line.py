"""What every operation's command line shares: which stack, and how it ends."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.utils import is_valid_endpoint_url, is_valid_ipv6_endpoint_url

from finops_operations.errors import OperationFailed, failure_of

DEFAULT_STACK = "finops-websocket-api"
DEFAULT_REGION = "us-east-1"

DONE = 0
FAILED = 1
INTERRUPTED = 130

# Seconds. Somebody waits at a terminal, who would rather be told than left waiting.
QUICK = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})


def stack_parser(command: str, description: str) -> argparse.ArgumentParser:
    """A parser with the options that name a stack, as deploy.sh has them: --stack-name and --region."""
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
    """A session in the region that the command line names. AWS_ENDPOINT_URL leads its clients to the local cloud.

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
    return boto3.Session(region_name=options.region)


def _is_endpoint(value: str) -> bool:
    try:
        parts = urlsplit(value)
        # Reading a port that is no number raises a ValueError.
        is_web = parts.scheme in ("http", "https") and parts.port != 0
        return is_web and bool(is_valid_endpoint_url(value) or is_valid_ipv6_endpoint_url(value))
    except ValueError:
        return False


def run(operation: Callable[[Sequence[str] | None], int], arguments: Sequence[str] | None = None) -> int:
    """Runs an operation and returns its exit status: what goes wrong is one sentence on stderr and status 1."""
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
    print(f"Error: {failure}", file=sys.stderr)  # noqa: T201 - a command's own output
    return FAILED
