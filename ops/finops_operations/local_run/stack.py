"""The stack on the local cloud: built and deployed as to AWS, with a user who may ask, and described for its users."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed
from finops_operations.local_run import costs as own_costs
from finops_operations.local_run.cloud import CLOUD, LOCAL, ROOT, STACK_ENV, LocalRunFailed, last_lines, running_pid
from finops_operations.operator_messages import heading
from finops_operations.stack import Stack

if TYPE_CHECKING:
    from types_boto3_cognito_idp import CognitoIdentityProviderClient

_LOG = LOCAL / "deploy.log"
_PACKAGES = LOCAL / "packages"
_SOURCES = ("build_packages.sh", "cloudformation", "contract", "ops", "src")
# The guide's names.
_BUCKET = "finops-deployment-packages-062025"
_STACK = "finops-websocket-api"
_TEST_USER = "testuser"
_TEST_PASSWORD = "SecurePassword123!"  # noqa: S105 (the guide's, for a pool on this machine)


def deploy(auth_mode: str, costs: Sequence[Path], fiscal_year_start: str) -> None:
    """Deploy the stack and the sample agents to the cloud that AWS_ENDPOINT_URL names, and describe it in stack.env."""
    agents_options = ["--fiscal-year-start", fiscal_year_start] if fiscal_year_start else []
    _LOG.write_bytes(b"")
    _build_packages()
    try:
        _client("s3").create_bucket(Bucket=_BUCKET)
        if costs:
            agents_options += ["--costs-s3-uri", own_costs.uploaded(_client("s3"), _BUCKET, costs)]
    except (ClientError, BotoCoreError) as error:
        raise LocalRunFailed(f"The local cloud takes no files: {error}") from error
    heading("Deploying the stack and two sample agents (every event: .local/deploy.log)")
    # The question that follows shows more than the exchange that would verify it.
    options = ["--auth-mode", auth_mode, "--with-sample-agents", *agents_options, "--no-verify"]
    _run_logged("The stack could not be deployed.", "deploy.sh", "--packages-dir", str(_PACKAGES), *options)
    try:
        outputs = Stack.read(_client("cloudformation"), _STACK).outputs
        _make_test_user(_client("cognito-idp"), outputs["UserPoolId"])
    except (ClientError, BotoCoreError, OperationFailed, KeyError) as error:
        raise LocalRunFailed(f"The stack is deployed, and cannot be used: {error}") from error
    environment = ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    values = {
        **{name: os.environ[name] for name in environment},
        "STACK_NAME": _STACK,
        "WEBSOCKET_URL": outputs["WebSocketApiEndpoint"],
        "WEBSOCKET_API_ID": outputs["WebSocketApiId"],
        "USER_POOL_ID": outputs["UserPoolId"],
        "USER_POOL_CLIENT_ID": outputs["UserPoolClientId"],
        "TEST_USERNAME": _TEST_USER,
        "TEST_PASSWORD": _TEST_PASSWORD,
        "LOCAL_CLOUD_PID": str(running_pid()),
    }
    (CLOUD / "auth_mode").write_text(auth_mode, encoding="utf-8")
    unfinished = STACK_ENV.with_suffix(".new")
    unfinished.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")
    unfinished.replace(STACK_ENV)


def _client(service: str) -> Any:
    return boto3.client(service)  # type: ignore[call-overload]


def _make_test_user(cognito: CognitoIdentityProviderClient, pool: str) -> None:
    with suppress(cognito.exceptions.UsernameExistsException):
        cognito.admin_create_user(UserPoolId=pool, Username=_TEST_USER, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=_TEST_USER, Password=_TEST_PASSWORD, Permanent=True)


def _build_packages() -> None:
    """Build the packages for this machine, unless they are there and of these very sources."""
    built, sources = _PACKAGES / "sources", _checksums()
    if built.exists() and built.read_text(encoding="utf-8") == sources:
        return
    heading("Building the packages for this machine")
    options = ["--target", "host", "--with-sample-agents", "--output", str(_PACKAGES)]
    _run_logged("The packages could not be built.", "build_packages.sh", *options)
    built.write_text(sources, encoding="utf-8")


def _checksums() -> str:
    """Give a line for each source file with its checksum, and the Python that builds."""
    names = (path for name in _SOURCES for path in (ROOT / name, *sorted((ROOT / name).rglob("*"))))
    files = (path for path in names if path.is_file() and path.suffix != ".pyc")
    return "".join(f"{zlib.crc32(path.read_bytes()):08x} {path.relative_to(ROOT)}\n" for path in files) + sys.version


def _run_logged(failure: str, script: str, *options: str) -> None:
    """Run one of the project's scripts; what it says goes to the log, whose end is shown if it fails."""
    with _LOG.open("ab") as log:
        ran = subprocess.run([ROOT / script, *options], stdout=log, stderr=log, check=False)  # noqa: S603 (a list)
    if ran.returncode:
        sys.stderr.write(last_lines(_LOG, 20))
        raise LocalRunFailed(f"{failure} The lines above are the end of .local/deploy.log.")
