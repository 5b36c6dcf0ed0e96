"""The stack on the local cloud: deployed as to AWS, with a user who may ask, and described for those who use it."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed
from finops_operations.local_run.cloud import running_pid
from finops_operations.local_run.packages import run_logged
from finops_operations.local_run.places import CLOUD, PACKAGES, STACK_ENV, LocalRunFailed
from finops_operations.operator_messages import heading
from finops_operations.stack import Stack

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

# The guide's names.
_BUCKET = "finops-deployment-packages-062025"
_STACK = "finops-websocket-api"
_PROJECT = "finops-websocket"
_TEST_USER = "testuser"
_TEST_PASSWORD = "SecurePassword123!"  # noqa: S105 (the guide's, for a pool on this machine)
# What stack.env repeats of the environment in which the stack was deployed.
_FROM_ENVIRONMENT = ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def deploy(auth_mode: str, costs: Path | None) -> None:
    """Deploy the stack and the sample agents to the cloud that AWS_ENDPOINT_URL names, and describe it in stack.env.

    Raises:
        LocalRunFailed: something of it cannot be done.
    """
    try:
        _client("s3").create_bucket(Bucket=_BUCKET)
        costs_options = ["--costs-s3-uri", _upload(costs)] if costs else []
    except (ClientError, BotoCoreError) as error:
        raise LocalRunFailed(f"The local cloud takes no files: {error}") from error
    heading("Deploying the stack and two sample agents (every event: .local/deploy.log)")
    names = ["--bucket", _BUCKET, "--stack-name", _STACK, "--project-name", _PROJECT]
    region = ["--region", os.environ["AWS_DEFAULT_REGION"]]
    agents = ["--with-sample-agents", *costs_options]
    # The question that follows shows more than the exchange that would verify it.
    kind = ["--auth-mode", auth_mode, "--packages-dir", str(PACKAGES), "--no-verify"]
    run_logged("The stack could not be deployed.", "deploy.sh", *names, *region, *kind, *agents)
    try:
        outputs = Stack.read(_client("cloudformation"), _STACK).outputs
        _make_test_user(_client("cognito-idp"), outputs["UserPoolId"])
    except (ClientError, BotoCoreError, OperationFailed, KeyError) as error:
        raise LocalRunFailed(f"The stack is deployed, and cannot be used: {error}") from error
    values = {
        **{name: os.environ[name] for name in _FROM_ENVIRONMENT},
        "STACK_NAME": _STACK,
        "WEBSOCKET_URL": outputs["WebSocketApiEndpoint"],
        "WEBSOCKET_API_ID": outputs["WebSocketApiId"],
        "USER_POOL_ID": outputs["UserPoolId"],
        "USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
        "TEST_USERNAME": _TEST_USER,
        "TEST_PASSWORD": _TEST_PASSWORD,
        "LOCAL_CLOUD_PID": str(running_pid()),
    }
    (CLOUD / "auth_mode").write_text(f"{auth_mode}\n", encoding="utf-8")
    unfinished = STACK_ENV.with_suffix(".new")
    unfinished.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    unfinished.replace(STACK_ENV)


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def _upload(costs: Path) -> str:
    content = costs.read_bytes()
    # Other content has another key, so the agents do not answer from what they have read before.
    key = f"costs/{hashlib.sha256(content).hexdigest()}/{costs.name}"
    _client("s3").put_object(Bucket=_BUCKET, Key=key, Body=content)
    return f"s3://{_BUCKET}/{key}"


def _make_test_user(cognito: CognitoIdentityProviderClient, pool: str) -> None:
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(UserPoolId=pool, Username=_TEST_USER, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=_TEST_USER, Password=_TEST_PASSWORD, Permanent=True)
