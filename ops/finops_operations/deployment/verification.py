"""Whether a deployed stack works: a real exchange of messages, a processor that answers, and no alarm since."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import INTERRUPTED
from finops_operations.deployment.alarms import alarms_since
from finops_operations.deployment.aws import Aws
from finops_operations.deployment.packages import function_name
from finops_operations.operator_messages import heading, say
from finops_operations.stack import Stack

# What `python -m finops_client.verify` does with its arguments; it gives its exit status.
Exchange = Callable[[Sequence[str]], int]


def fault_of(aws: Aws, stack: Stack, quiet: Collection[str], exchange: Exchange) -> str:
    """Return what is wrong with a stack, in a sentence; empty if nothing is. `quiet`: the alarms that were, before."""
    heading("Verifying")
    endpoint = stack.output("WebSocketApiEndpoint")
    if not _answers(exchange, endpoint, _origin(stack)):
        log = f"/aws/lambda/{function_name(stack, 'ConnectionManager')}"
        return f"{endpoint} does not answer as it should; the log group {log} says why."
    processor = function_name(stack, "BackgroundProcessor")
    if not _takes_nothing(aws, processor):
        return f"{processor} does not answer; its log group /aws/lambda/{processor} says why."
    say("The background processor answers")
    if ringing := alarms_since(aws, stack.project, quiet):
        return f"Since the deployment, alarms ring: {', '.join(ringing)}."
    return ""


def _answers(exchange: Exchange, endpoint: str, origin: str) -> bool:
    # Seconds. A new API of AWS needs a moment.
    wait = "10" if os.environ.get("AWS_ENDPOINT_URL") else "60"
    as_page = ["--origin", origin] if origin else []
    status = exchange(["--url", endpoint, "--wait", wait, *as_page, "--user-id", "test-user", "--username", "testuser"])
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    return status == 0


def _origin(stack: Stack) -> str:
    """Return the page that may connect, if not every page may."""
    origin = stack.parameters.get("AllowedOrigins", "").partition(",")[0].replace("*", "")
    # Any page may connect then, but nobody who names none.
    if not origin and stack.parameters.get("MissingOrigin") == "refuse":
        return "https://verification.invalid"
    return origin


def _takes_nothing(aws: Aws, processor: str) -> bool:
    """Tell whether the background processor takes a batch without messages, which changes nothing."""
    try:
        answer = aws.lambda_.invoke(FunctionName=processor, Payload=b'{"Records": []}')
    except (ClientError, BotoCoreError):
        return False
    return "FunctionError" not in answer
