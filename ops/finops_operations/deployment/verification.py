"""Whether a deployed stack works: a real exchange of messages, a processor that answers, and no alarm since."""

import os
from collections.abc import Collection

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.command_line import INTERRUPTED
from finops_operations.deployment.alarms import alarms_since
from finops_operations.deployment.aws import Aws
from finops_operations.deployment.packages import function_name
from finops_operations.operator_messages import heading, say
from finops_operations.stack import Stack


def fault_of(aws: Aws, name: str, quiet: Collection[str]) -> str:
    """Return what is wrong with a stack, in a sentence; empty if nothing is. `quiet`: the alarms that were, before."""
    heading("Verifying")
    stack = aws.stack(name)
    endpoint, processor = stack.output("WebSocketApiEndpoint"), function_name(stack, "BackgroundProcessor")
    # Seconds. A new API of AWS needs a moment.
    wait = "10" if os.environ.get("AWS_ENDPOINT_URL") else "60"
    origin = _origin(stack)
    as_page = ["--origin", origin] if origin else []
    user = ["--user-id", "test-user", "--username", "testuser"]
    status = aws.exchange(["--url", endpoint, "--wait", wait, *as_page, *user])
    if status == INTERRUPTED:
        raise KeyboardInterrupt
    if status:
        log = f"/aws/lambda/{function_name(stack, 'ConnectionManager')}"
        return f"{endpoint} does not answer as it should; the log group {log} says why."
    try:
        # A batch without messages, which changes nothing.
        answers = "FunctionError" not in aws.lambda_.invoke(FunctionName=processor, Payload=b'{"Records": []}')
    except (ClientError, BotoCoreError):
        answers = False
    if not answers:
        return f"{processor} does not answer; its log group /aws/lambda/{processor} says why."
    say("The background processor answers")
    if ringing := alarms_since(aws, stack.project, quiet):
        return f"Since the deployment, alarms ring: {', '.join(ringing)}."
    return ""


def _origin(stack: Stack) -> str:
    """Return the page that may connect, if not every page may."""
    origin = stack.parameters.get("AllowedOrigins", "").partition(",")[0].replace("*", "")
    # Any page may connect then, but nobody who names none.
    if not origin and stack.parameters.get("MissingOrigin") == "refuse":
        return "https://verification.invalid"
    return origin
