"""An operator's machine without a cloud: deploy.sh's and ops/rollback.sh's programs talk to a stand-in for AWS."""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from finops_operations import command_line
from finops_operations.deployment import deploy, rollback
from finops_operations.deployment.aws import Aws, sign_in
from finops_operations.waiting import Clock
from local_cloud.deploy_script import make_packages
from unit.deployment.stand_in_aws import CALLER, Change, StandInAws

STACK = "finops-websocket-api"
MONITORING = f"{STACK}-monitoring"
BUCKET = "finops-deployment-packages-062025"
RELEASES = f"{BUCKET}/{STACK}/releases"
PACKAGE_KEYS = {
    "ConnectionManagerKey": "websocket-connection-manager.zip",
    "MessageHandlerKey": "websocket-message-handler.zip",
    "BackgroundProcessorKey": "websocket-background-processor.zip",
}
HARMLESS: Change = ("Modify", "MessageHandler", "AWS::Lambda::Function", "False")
TEMPLATE_TEXT = "Resources: {}\n"
ENDPOINT = "wss://abc.execute-api.us-east-1.amazonaws.com/prod"
FIRST, SECOND, THIRD, FOURTH = (f"2026010{day}T030405Z-abcdef{day}" for day in range(1, 5))


@dataclass(frozen=True)
class Run:
    """What a command said."""

    stdout: str
    stderr: str


class Machine:
    """An operator's machine: an account, packages, and a stack that runs, takes two changes, and answers."""

    def __init__(self, directory: Path, environment: pytest.MonkeyPatch) -> None:
        self.directory = directory
        self.aws = StandInAws()
        self.environment = environment
        pauses: list[float] = []
        self._clock = Clock(lambda: sum(pauses), pauses.append)
        self.verifications: list[Sequence[str]] = []
        """The arguments of each exchange with the endpoint."""
        self.exchanges: list[Callable[[], int]] = [lambda: 0]
        """What each exchange does, and its exit status; the last for ever."""
        make_packages(directory / "packages")
        for name in os.environ:
            if name.startswith("AWS_"):
                environment.delenv(name)
        environment.setenv("PACKAGES_DIR", str(directory / "packages"))
        # Not there: it makes the pauses short, and nobody ever calls it.
        environment.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
        self.stack("UPDATE_COMPLETE")
        self.stack("UPDATE_COMPLETE", MONITORING)
        self.updates(HARMLESS, HARMLESS)

    def stack(self, status: str, name: str = STACK, **parameters: str) -> None:
        """There is a stack with this status and these parameters."""
        self.aws.stacks[name] = {
            "status": status,
            "parameters": {"ProjectName": "finops-websocket", "LambdaS3Bucket": BUCKET, **PACKAGE_KEYS, **parameters},
            "outputs": {"WebSocketApiEndpoint": ENDPOINT, "WebSocketApiId": "abc"},
            "template": TEMPLATE_TEXT,
        }

    def no_stack(self) -> None:
        self.aws.stacks.clear()

    def updates(self, *changes: Change, stack: str = STACK) -> None:
        """The stack is changed so often, each time by one change, which succeeds."""
        self.aws.changes[stack] = [[change] for change in changes]

    def release(self, name: str, status: str = "verified", *, runs: bool = False, **changes: str) -> None:
        """The bucket holds a release with its packages; `changes` are to its record."""
        parameters = self.aws.stacks[STACK]["parameters"]
        lines = ",\n".join(
            json.dumps({"ParameterKey": key, "ParameterValue": value}, separators=(",", ":"))
            for key, value in sorted(parameters.items())
        )
        texts = {"template.yaml": TEMPLATE_TEXT, "parameters.json": f"[{lines}]\n"}
        record = {"id": name, "by": CALLER, **PACKAGE_KEYS}
        record |= {f"{package.removesuffix('Key')}Version": "7" for package in PACKAGE_KEYS}
        record |= {"returned": "", "status": status, "fingerprint": name}
        if runs:
            record["fingerprint"] = hashlib.sha256("".join(texts.values()).encode()).hexdigest()
        texts["release.json"] = json.dumps(record | changes, indent=2) + "\n"
        self.aws.objects |= {f"{RELEASES}/{name}/{file}": text.encode() for file, text in texts.items()}
        self.aws.objects |= {f"{BUCKET}/{key}": b"" for key in PACKAGE_KEYS.values()}

    def record(self, name: str) -> dict[str, str]:
        """What the bucket says of a release."""
        recorded: dict[str, str] = json.loads(self.aws.objects[f"{RELEASES}/{name}/release.json"])
        return recorded

    def records(self) -> list[str]:
        """The ids of the releases in the bucket, oldest first."""
        return sorted(key.split("/")[-2] for key in self.aws.objects if key.endswith("/release.json"))

    def deploy(self, *options: str, status: int = 0) -> Run:
        """Run ./deploy.sh, which must end with this exit status."""
        return self._run(deploy.main, options, status)

    def rollback(self, *options: str, status: int = 0) -> Run:
        """Run ops/rollback.sh, which must end with this exit status."""
        return self._run(rollback.main, options, status)

    def refused(self, run: Run, *sentences: str) -> None:
        """A command said these sentences, and neither changed anything nor had a result."""
        assert run.stdout == ""
        assert all(sentence in run.stderr for sentence in sentences), run.stderr
        assert not self.changed_something()

    def changed_something(self) -> bool:
        changes = {"execute_change_set", "delete_stack", "update_function_code", "put_object", "publish_version"}
        return any(name in changes for name, _ in self.aws.calls)

    def _run(self, main: Callable[..., int], options: Sequence[str], expected: int) -> Run:
        def signed_in(asked: argparse.Namespace) -> Aws:
            return replace(sign_in(asked, self.aws.session(asked.region)), clock=self._clock, exchange=self._exchange)

        stdout, stderr = io.StringIO(), io.StringIO()
        with redirect_stdout(stdout), redirect_stderr(stderr):
            try:
                status: int | str | None = command_line.run(lambda arguments: main(arguments, signed_in), options)
            except SystemExit as end:
                status = end.code
        assert status == expected, stderr.getvalue()
        return Run(stdout.getvalue(), stderr.getvalue())

    def _exchange(self, arguments: Sequence[str]) -> int:
        self.verifications.append(arguments)
        return (self.exchanges.pop(0) if len(self.exchanges) > 1 else self.exchanges[0])()
