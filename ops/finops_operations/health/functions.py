"""The functions: whether each is active, runs the code that the stack deployed, and answers, also over a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from finops_client import ClaimedIdentity, FinopsClientError
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.terminal_text import clean_line
from finops_client.verify import NotVerified, verify
from finops_operations.health.check import AGAIN, WAIT, Concluded, Finding, failed, if_missing, ok, warning
from finops_operations.health.checked_stack import RUNBOOK, CheckedStack

if TYPE_CHECKING:
    from types_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

# By a function's name after the project's: an event that changes nothing, and what at least belongs to the answer.
_PROBES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # A connection that never was has closed: there is nothing to forget and nobody to tell. In the form of API
    # Gateway's ids, and no real one's: it spells "healthcheck".
    "connection-manager": (
        {"requestContext": {"routeKey": "$disconnect", "eventType": "DISCONNECT", "connectionId": "aGVhbHRoY2hlY2s="}},
        {"statusCode": 200},
    ),
    # An operator's request, for a job that never was. Frames are asked about over a real connection, in the round trip.
    "message-handler": ({"operation": "replay", "jobId": "health-check"}, {"refused": "JOB_NOT_FOUND"}),
    "background-processor": ({"Records": []}, {"batchItemFailures": []}),
}

# deploy.sh's keys: STACK/<sha256>/websocket-FUNCTION.zip. The guide's plain ones name no hash.
_HASHED_KEY = re.compile(r"(?P<stack>[^/]+)/(?P<sha256>[0-9a-f]{64})/(?P<zip>[^/]+)", re.ASCII)
_LONGEST_QUOTE = 160


def check_function(checked: CheckedStack, part: str, key_parameter: str) -> Finding:
    """Check one of the stack's own functions: by its name's part after the project's, and its package's parameter."""
    name = checked.named(part)
    configuration = _active(checked, name, failed(f"There is no function {name}.", checked.way_back))
    # Lambda gives the hash in base64, deploy.sh writes it in hexadecimal.
    sha256 = base64.b64decode(configuration["CodeSha256"]).hex()
    package = _HASHED_KEY.fullmatch(checked.stack.parameters.get(key_parameter, ""))
    fault = _fault_of(checked, part)
    if package and package["sha256"] != sha256:
        return _other_code(checked, name, package, sha256, fault)
    if fault:
        return failed(fault, f"ops/rollback.sh --to previous {checked.options}\n{checked.logs(name)}")
    return ok(f"Active, answers, {'code as deployed' if package else 'code not compared: its key names no hash'}.")


def check_agent(checked: CheckedStack, parameter: str, option: str) -> Finding:
    """Check an agent, which is somebody else's function: it is not invoked, since that may cost."""
    name = checked.stack.parameters[parameter]
    deploy = f"Deploy the agent, or name another: ./deploy.sh {checked.options} {option} FUNCTION"
    _active(checked, name, failed(f"There is no function {name}: questions go without it.", deploy))
    if checked.lambda_.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions") == 0:
        return failed(
            f"{name} may not run: its reserved concurrency is 0. Questions go without it.",
            checked.aws(f"lambda delete-function-concurrency --function-name {name}"),
        )
    return ok(f"{name}: Active")


def check_round_trip(checked: CheckedStack) -> Finding:
    """Go through Step 6 of the deployment guide, as deploy.sh verifies it."""
    verification = verify(
        checked.stack.output("WebSocketApiEndpoint"),
        ClaimedIdentity("health-check", "health-check"),
        lambda _step: None,
        origin=checked.stack.origin,
        # Seconds, for more than one try: API Gateway answers some handshakes with an error while a deployment spreads.
        wait=4.0,
    )
    began = time.monotonic()
    try:
        run_with_daemon_threads(asyncio.wait_for(verification, 25))
        return ok(f"Answers as the guide says, in {time.monotonic() - began:.1f} s.")
    except TimeoutError:
        found = "The conversation was not over after 25 seconds."
    except (NotVerified, FinopsClientError) as failure:
        found = clean_line(str(failure), 300)
    return failed(found, f"{checked.logs(checked.named('connection-manager'))}\nSee connect-failures in {RUNBOOK}.")


def _active(checked: CheckedStack, name: str, missing: Finding) -> FunctionConfigurationResponseTypeDef:
    """Give a function's configuration, if Lambda itself says nothing against it.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    with if_missing(missing):
        configuration = checked.lambda_.get_function_configuration(FunctionName=name)
    describe = checked.aws(f"lambda get-function-configuration --function-name {name}")
    # Where Lambda names no state, there is only this one.
    state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    if state != "Active":
        found = f"{name} is {state}. {configuration.get('StateReason', '')}".strip()
        # A function that nobody called for weeks is made ready again by its next invocation.
        raise Concluded(warning(found, AGAIN) if state in ("Pending", "Inactive") else failed(found, describe))
    if update == "InProgress":
        raise Concluded(warning(f"{name} is being updated.", AGAIN))
    if update != "Successful":
        reason = configuration.get("LastUpdateStatusReason", "")
        raise Concluded(failed(f"The last update of {name} is {update}. {reason}".strip(), describe))
    return configuration


def _fault_of(checked: CheckedStack, part: str) -> str | None:
    """Say what is wrong with a function's answer, in a sentence."""
    event, expected = _PROBES[part]
    try:
        invoked = checked.lambda_.invoke(FunctionName=checked.named(part), Payload=json.dumps(event).encode())
    except checked.lambda_.exceptions.TooManyRequestsException:
        return "Lambda turns its invocations away: its concurrency, or the account's, is used up or set to 0."
    text = invoked["Payload"].read().decode(errors="replace")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = None
    # Of an error, its type and message: the event was ours, so it quotes nobody.
    if isinstance(answer, dict) and "errorType" in answer:
        text = f"{answer['errorType']}: {answer.get('errorMessage', '')}"
    line = clean_line(text, _LONGEST_QUOTE)
    said = line if line.endswith((".", "…")) else f"{line}."
    if "FunctionError" in invoked:
        return f"It fails: {said}"
    is_expected = isinstance(answer, dict) and expected.items() <= answer.items()
    return None if is_expected else f"It answers a harmless event with {said}"


def _other_code(checked: CheckedStack, name: str, package: re.Match[str], sha256: str, fault: str | None) -> Finding:
    """A deployment would not change such a function back: CloudFormation does not know that its code was changed."""
    if checked.stack.is_changing:
        # Meanwhile a function may be ahead of its stack, or behind it; a command would get in the way.
        found = f"{fault or ''} Its code is not the stack's, which is {checked.stack.status}.".strip()
        return failed(found, WAIT) if fault else warning(found, WAIT)
    bucket = checked.stack.parameters.get("LambdaS3Bucket", "")
    put_back = checked.aws(
        f"lambda update-function-code --function-name {name} --s3-bucket {bucket} --s3-key {package[0]}"
    )
    if fault:
        return failed(f"{fault} Its code is not what the stack deployed.", put_back)
    try:
        checked.s3.head_object(Bucket=bucket, Key=f"{package['stack']}/{sha256}/{package['zip']}")
    except ClientError:
        # No deployment has uploaded it, or nobody may say so.
        return failed(f"Its code is not what the stack deployed, nor any release's ({sha256[:12]}).", put_back)
    return warning(f"Its code is another release's than the one that the stack deployed ({sha256[:12]}).", put_back)
