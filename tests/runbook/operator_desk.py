"""What an operator has who works through the runbook: a checkout, tools, and an account, which is the local cloud."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local_cloud.journey_stack import PASSWORD
from local_cloud.running_cloud import ROOT, LocalCloud, until

# What is made, or belongs to this machine; the checkout is as fresh as a clone.
NOT_IN_A_CHECKOUT = (
    ".venv", ".local", ".git", "build", "node_modules", "__pycache__", "*.egg-info", ".hypothesis", ".*_cache",
)  # fmt: skip
WARM_AWS = Path(__file__).with_name("warm_aws.py")


@dataclass(frozen=True)
class OperatorDesk:
    """Where the runbook's commands are typed. `preparation` is a script that the shell runs before the first."""

    checkout: Path
    scratch: Path
    environment: dict[str, str]
    preparation: str


@contextmanager
def operator_desk(cloud: LocalCloud, directory: Path) -> Iterator[OperatorDesk]:
    """Make the desk below a directory, with an AWS CLI that is loaded once and talks to the local cloud."""
    checkout, scratch, tools = directory / "finops-agent", directory / "scratch", directory / "tools"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*NOT_IN_A_CHECKOUT))
    make_repository(checkout)
    scratch.mkdir()
    tools.mkdir()
    with warm_aws(tools / "socket"):
        # Version 1 of the CLI does not read the endpoint's variable for SQS.
        client = f'"{sys.executable}" -I -S "{WARM_AWS}" "{tools}/socket"'
        aws = tools / "aws"
        aws.write_text(f'#!/bin/sh\nexec {client} --endpoint-url "$AWS_ENDPOINT_URL" "$@"\n', encoding="utf-8")
        aws.chmod(0o755)
        environment = {
            **cloud.environment,
            # The runbook's variables whose defaults are for AWS.
            "REPOSITORY_URL": str(checkout),
            "AGENT_OPTIONS": "--with-sample-agents",
            "PACKAGE_TARGET": "host",
            "EXECUTE_API_BASE_URL": f"{cloud.endpoint_url}/_aws/execute-api",
            # The one that no log may have.
            "TEST_PASSWORD": PASSWORD,
            # What npm installs for everybody on a machine is here, and goes with the desk.
            "NPM_CONFIG_PREFIX": str(tools / "npm"),
            "PATH": os.pathsep.join([str(tools), str(tools / "npm" / "bin"), cloud.environment["PATH"]]),
        }
        # A virtual environment that a block activates comes first on the PATH, with an aws of its own. With `return`
        # what has failed is the command that calls the function, and not the one in it.
        preparation = f'aws() {{ "{aws}" "$@" || return; }}\n'
        try:
            yield OperatorDesk(checkout, scratch, environment, preparation)
        finally:
            stop_what_runs(checkout, environment)


def make_repository(checkout: Path) -> None:
    """Make the checkout a repository with one commit: releases are named after it, and it can be cloned."""
    author = ("-c", "user.name=Runbook", "-c", "user.email=runbook@example.com")
    for command in (("init", "--quiet"), ("add", "--all"), (*author, "commit", "--quiet", "--message", "A checkout")):
        subprocess.run(
            ["git", "-C", checkout, *command], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
        )


@contextmanager
def warm_aws(address: Path) -> Iterator[None]:
    """Serve the AWS CLI at a socket."""
    server = subprocess.Popen([sys.executable, WARM_AWS, "--serve", address], stdin=subprocess.DEVNULL)
    try:
        until(lambda: address.exists() or server.poll() is not None)
        assert server.poll() is None, "The AWS CLI did not start."
        yield
    finally:
        server.kill()
        server.wait()


def stop_what_runs(checkout: Path, environment: dict[str, str]) -> None:
    """End the local cloud that a block may have left running: it has a process group of its own."""
    if (checkout / ".local" / "cloud" / "pid").exists():
        subprocess.run([checkout / "run_local.sh", "--stop"], env=environment, check=True, capture_output=True)
