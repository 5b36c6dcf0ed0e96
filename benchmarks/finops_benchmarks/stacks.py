"""The stacks that are measured side by side, in one local cloud: the project's, from any checkout, and the floor's."""

import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3

from finops_operations.local_run.cloud import ROOT, LocalRunFailed, last_lines, launch, wait_for
from finops_operations.operator_messages import say

_FLOOR = ROOT / "benchmarks" / "floor"
_BUCKET = "benchmark-packages"
_AGENT = "benchmark-agent"
# What a benchmark asks is more than a person does. These are the most that the template takes.
_LIMITS = ("MaxQueriesPerMinute=120", "MaxActiveJobsPerUser=50", "MaxConnectionsPerUser=50")


class Stacks:
    """A local cloud, and the stacks in it, which are known by their WebSocket URLs."""

    def __init__(self, port: int, directory: Path) -> None:
        self._directory = directory
        self._endpoint = f"http://localhost:{port}"
        self._client("s3").create_bucket(Bucket=_BUCKET)
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            for source in sorted(_FLOOR.glob("*.py")):
                archive.write(source, source.name)
        self._client("s3").put_object(Bucket=_BUCKET, Key="floor.zip", Body=package.getvalue())
        role = self._client("iam").create_role(
            RoleName=_AGENT, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}'
        )
        self._client("lambda").create_function(
            FunctionName=_AGENT,
            Runtime="python3.13",
            Handler="agent.handler",
            Role=role["Role"]["Arn"],
            Timeout=60,
            Code={"S3Bucket": _BUCKET, "S3Key": "floor.zip"},
        )

    def floor(self, name: str) -> str:
        """Deploy the floor under a name, and give its URL."""
        say(f"deploying {name}")
        parameters = {
            "Name": f"bench-{name}",
            "Bucket": _BUCKET,
            "ExecuteApiBaseUrl": f"{self._endpoint}/_aws/execute-api",
            "Agent": _AGENT,
        }
        self._client("cloudformation").create_stack(
            StackName=f"bench-{name}",
            TemplateBody=(_FLOOR / "template.yaml").read_text(encoding="utf-8"),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        self._client("cloudformation").get_waiter("stack_create_complete").wait(
            StackName=f"bench-{name}", WaiterConfig={"Delay": 1}
        )
        return self._url(name)

    def project(self, name: str, checkout: Path) -> str:
        """Build and deploy a checkout of the project under a name, and give its URL."""
        say(f"building and deploying {name}")
        packages = self._directory / f"packages-{name}"
        self._run(name, checkout / "build_packages.sh", "--target", "host", "--output", str(packages))
        self._run(
            name,
            checkout / "deploy.sh",
            *("--stack-name", f"bench-{name}", "--project-name", f"bench-{name}", "--bucket", _BUCKET),
            *("--packages-dir", str(packages), "--auth-mode", "open", "--no-verify"),
            *("--cost-forecast-function", _AGENT, "--trusted-advisor-function", _AGENT),
            *(argument for limit in _LIMITS for argument in ("--parameter", limit)),
        )
        return self._url(name)

    def limit_agent(self, at_once: int) -> None:
        """Let so many invocations of the agent run at once; more are throttled."""
        self._client("lambda").put_function_concurrency(FunctionName=_AGENT, ReservedConcurrentExecutions=at_once)

    def _run(self, name: str, script: Path, *options: str) -> None:
        log = self._directory / f"{name}.log"
        # Each checkout's own scripts, with the packages of this one's .venv.
        environment = {**os.environ, "AWS_ENDPOINT_URL": self._endpoint, "PYTHON": sys.executable}
        with log.open("ab") as output:
            ran = subprocess.run(  # noqa: S603 (a list, no shell)
                [script, *options], env=environment, stdout=output, stderr=output, check=False
            )
        if ran.returncode:
            sys.stderr.write(last_lines(log, 20))
            raise LocalRunFailed(f"{script.name} has failed for {name}; see above.")

    def _url(self, name: str) -> str:
        described = self._client("cloudformation").describe_stacks(StackName=f"bench-{name}")["Stacks"][0]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]}
        return str(outputs["WebSocketApiEndpoint"])

    def _client(self, service: str) -> Any:
        return boto3.client(service, endpoint_url=self._endpoint)  # type: ignore[call-overload]


@contextmanager
def local_cloud() -> Iterator[tuple[Stacks, int]]:
    """Start a local cloud on a free port; give what deploys to it, and its process group. End it, whatever happens."""
    with tempfile.TemporaryDirectory(prefix="finops-benchmarks-", ignore_cleanup_errors=True) as path:
        directory, log, port = Path(path), Path(path) / "cloud.log", _free_port()
        say(f"starting a local cloud on port {port}")
        process = launch(port, directory / "cloud", log)
        try:
            wait_for(process, port, log)
            yield Stacks(port, directory), process.pid
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
