"""The stack's functions: whether each is active, runs the code that the stack deployed, and can be called."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from finops_operations.health_checks.check import Finding, State, ok, red, skipped, warning
from finops_operations.health_checks.function_code import Code, code_of_function, hex_of
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef
    from types_boto3_s3 import S3Client

# Where Lambda names no state, there is only this one.
_ACTIVE = "Active"

Probe = Callable[[], str | None]
"""Calls a function harmlessly; what is wrong with its answer, as a sentence, or None. May raise NotReached."""


class NotReached(Exception):
    """A function could not be called, and that is not its own fault. Its text says why."""


def look_at_function(
    lambda_client: LambdaClient, s3: S3Client, remedies: Remedies, part: str, key_parameter: str, probe: Probe
) -> Finding:
    """One of the stack's own functions: by its name's part after the project's, and the parameter with its package."""
    name = f"{remedies.stack.project}-{part}"
    try:
        configuration = lambda_client.get_function_configuration(FunctionName=name)
    except lambda_client.exceptions.ResourceNotFoundException:
        return red(f"There is no function {name}.", remedies.make_anew())
    if trouble := _trouble(configuration, remedies):
        return trouble

    sha256 = hex_of(configuration["CodeSha256"])
    code = code_of_function(s3, remedies.stack.parameters, key_parameter, sha256)
    is_deployed = code in (Code.DEPLOYED, Code.NOT_COMPARABLE)
    try:
        fault = probe()
    except NotReached as obstacle:
        if is_deployed:
            return skipped(str(obstacle))
        fault = None
    if not is_deployed:
        put_back = _put_back(name, key_parameter, remedies)
        is_changing = remedies.stack.is_changing
        return (
            _changing_code(remedies.stack.status, fault) if is_changing else _other_code(code, sha256, fault, put_back)
        )
    if fault:
        return red(fault, f"{remedies.roll_back()}\n{remedies.logs(name)}")
    compared = "code as deployed" if code is Code.DEPLOYED else "code not compared: its key names no hash"
    return ok(f"Active, answers, {compared}.")


def _changing_code(status: str, fault: str | None) -> Finding:
    """Meanwhile a function may be ahead of its stack, or behind it; a command would get in the way."""
    found = f"{fault or ''} Its code is not the stack's, which is {status}.".strip()
    return Finding(State.RED if fault else State.WARNING, found, "Wait until that is done, then run this again.")


def _other_code(code: Code, sha256: str, fault: str | None, put_back: str) -> Finding:
    """A deployment would not change such a function back: CloudFormation does not know that its code was changed."""
    if fault:
        return red(f"{fault} Its code is not what the stack deployed.", put_back)
    if code is Code.ANOTHER_RELEASE:
        return warning(f"Its code is another release's than the one that the stack deployed ({sha256[:12]}).", put_back)
    return red(f"Its code is not what the stack deployed, nor any release's ({sha256[:12]}).", put_back)


def _put_back(name: str, key_parameter: str, remedies: Remedies) -> str:
    parameters = remedies.stack.parameters
    package = f"--s3-bucket {parameters.get('LambdaS3Bucket', '')} --s3-key {parameters.get(key_parameter, '')}"
    return remedies.aws(f"lambda update-function-code --function-name {name} {package}")


def look_at_agent(lambda_client: LambdaClient, remedies: Remedies, parameter: str, option: str) -> Finding:
    """An agent, which is somebody else's function: it is not invoked, since that may cost."""
    name = remedies.stack.parameters[parameter]
    try:
        configuration = lambda_client.get_function_configuration(FunctionName=name)
    except lambda_client.exceptions.ResourceNotFoundException:
        return red(
            f"There is no function {name}: questions go without it.",
            f"Deploy the agent, or name another: {remedies.deploy(f' {option} FUNCTION')}",
        )
    if trouble := _trouble(configuration, remedies):
        return trouble
    if lambda_client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions") == 0:
        return red(
            f"{name} may not run: its reserved concurrency is 0. Questions go without it.",
            remedies.aws(f"lambda delete-function-concurrency --function-name {name}"),
        )
    return ok(f"{name}: {configuration.get('State', _ACTIVE)}")


def _trouble(configuration: FunctionConfigurationResponseTypeDef, remedies: Remedies) -> Finding | None:
    """What Lambda itself says against a function.

    https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
    """
    name = configuration["FunctionName"]
    again = "Run this again in a minute."
    state = configuration.get("State", _ACTIVE)
    reason = configuration.get("StateReason", "")
    # A function that nobody called for weeks is made ready again by its next invocation.
    if state in ("Pending", "Inactive"):
        return warning(f"{name} is {state}. {reason}".strip(), again)
    if state != _ACTIVE:
        return red(f"{name} is {state}. {reason}".strip(), _describe(name, remedies))
    update = configuration.get("LastUpdateStatus", "Successful")
    if update == "InProgress":
        return warning(f"{name} is being updated.", again)
    if update != "Successful":
        reason = configuration.get("LastUpdateStatusReason", "")
        return red(f"The last update of {name} is {update}. {reason}".strip(), _describe(name, remedies))
    return None


def _describe(name: str, remedies: Remedies) -> str:
    return remedies.aws(f"lambda get-function-configuration --function-name {name}")
