"""An operator's machine without a cloud: deploy.sh and ops/rollback.sh on it talk to a stand-in for the aws program."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path

from local_cloud.deploy_script import ROOT, deploy, make_packages, run_script
from local_cloud.stand_in_aws import StandInAws

STACK = "finops-websocket-api"
MONITORING = f"{STACK}-monitoring"
STACK_ID = f"arn:aws:cloudformation:us-east-1:111122223333:stack/{STACK}/1"
BUCKET = "finops-deployment-packages-062025"
PACKAGE_KEYS = {
    "ConnectionManagerKey": "websocket-connection-manager.zip",
    "MessageHandlerKey": "websocket-message-handler.zip",
    "BackgroundProcessorKey": "websocket-background-processor.zip",
}
NO_CHANGES = "FAILED\t" + json.dumps(["The submitted information didn't contain changes."]) + "\n"
CHANGES_SOMETHING = (
    "cloudformation create-change-set",
    "cloudformation execute-change-set",
    "cloudformation delete-stack",
    "lambda update-function-code",
    "s3 cp /",
)
HARMLESS = "Modify MessageHandler AWS::Lambda::Function False"
TEMPLATE_TEXT = "Resources: {}\n"
FIRST, SECOND, THIRD, FOURTH = (f"2026010{day}T030405Z-abcdef{day}" for day in range(1, 5))


def event(number: int, logical_id: str, status: str, reason: str | None = None) -> str:
    """An event of the stack as deploy.sh asks for it."""
    fields = [f"event-{number}", str(logical_id == STACK), "2026-01-02T03:04:05.678Z", status, logical_id]
    return "\t".join([*fields, json.dumps([reason])]) + "\n"


class Machine:
    """An operator's machine: an aws program, a Python, packages, and a stack that runs."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.aws = StandInAws(directory / "aws")
        make_packages(directory / "packages")
        self.environment = {
            "PATH": os.environ["PATH"],
            "AWS_CLI": str(self.aws.program),
            "PACKAGES_DIR": str(directory / "packages"),
            # Not there: it makes the polls quick, and the stand-in never calls anybody.
            "AWS_ENDPOINT_URL": "http://localhost:1",
        }
        self.aws.answers("sts get-caller-identity", "111122223333\tarn:aws:iam::111122223333:user/ops\n")
        self.aws.answers("s3api get-bucket-location", "None\n")
        self.aws.answers("cloudformation create-change-set", "arn:change-set\n")
        # A script that asks for a change that no test has spoken of ends at once.
        self.no_changes()
        self.aws.answers("cloudformation get-template", TEMPLATE_TEXT)
        # The stack beside it stays as it is, whatever a test says of the first.
        self.aws.answers("cloudformation create-change-set", "arn:monitoring\n", about=MONITORING)
        self.aws.answers("cloudformation describe-change-set", NO_CHANGES, about="arn:monitoring")
        self.stack("UPDATE_COMPLETE")

    def stack(self, status: str, **parameters: str) -> None:
        """There is a stack of the default name with this status and these parameters."""
        lines = [f"Stack\tId\t{STACK_ID}", f"Stack\tStatus\t{status}"]
        parameters = {"ProjectName": "finops-websocket", "LambdaS3Bucket": BUCKET, **PACKAGE_KEYS, **parameters}
        lines += [f"Parameter\t{name}\t{value}" for name, value in parameters.items()]
        lines += ["Output\tWebSocketApiEndpoint\twss://abc.execute-api.us-east-1.amazonaws.com/prod"]
        lines += ["Output\tWebSocketApiId\tabc"]
        self._parameters = parameters
        self.aws.answers("cloudformation describe-stacks", "\n".join(lines) + "\n")

    def no_monitoring(self) -> None:
        """There is no stack of alarms yet."""
        self.aws.refuses("cloudformation describe-stacks", "ValidationError", "It does not exist", about=MONITORING)

    def no_changes(self) -> None:
        self.aws.answers("cloudformation describe-change-set", NO_CHANGES)

    def one_change(self, change: str) -> None:
        self.aws.answers(
            "cloudformation describe-change-set", "CREATE_COMPLETE\t[null]\n", change.replace(" ", "\t") + "\n"
        )

    def updates(self, *changes: str) -> None:
        """The stack is changed so often, each time by one change, which succeeds."""
        self.aws.answers("cloudformation create-change-set", *(f"arn:change-{n}\n" for n in range(len(changes))))
        events: list[str] = []
        for n, change in enumerate(changes):
            shown = change.replace(" ", "\t") + "\n"
            self.aws.answers(
                "cloudformation describe-change-set", "CREATE_COMPLETE\t[null]\n", shown, about=f"arn:change-{n}"
            )
            before, done = f"event-{n}\n", event(n + 1, STACK, "UPDATE_COMPLETE")
            events += [before, done + before]
        self.aws.answers("cloudformation describe-stack-events", *events)

    def release(self, name: str, status: str = "verified", *, runs: bool = False, **changes: str) -> None:
        """The bucket holds a release with its packages; `changes` are to its record."""
        folder = self.aws.buckets / BUCKET / STACK / "releases" / name
        folder.mkdir(parents=True)
        parameters = ",\n".join(
            json.dumps({"ParameterKey": key, "ParameterValue": value}, separators=(",", ":"))
            for key, value in sorted(self._parameters.items())
        )
        texts = {"template.yaml": TEMPLATE_TEXT, "parameters.json": f"[{parameters}]\n"}
        record = {"id": name, "by": "arn:aws:iam::111122223333:user/ops", **PACKAGE_KEYS}
        record |= {f"{package.removesuffix('Key')}Version": "7" for package in PACKAGE_KEYS}
        record |= {"returned": "", "status": status, "fingerprint": name, **changes}
        if runs:
            record["fingerprint"] = hashlib.sha256("".join(texts.values()).encode()).hexdigest()
        texts["release.json"] = json.dumps(record, indent=2) + "\n"
        for file, text in texts.items():
            (folder / file).write_text(text)
        for key in PACKAGE_KEYS.values():
            (self.aws.buckets / BUCKET / key).touch()

    def record(self, name: str) -> dict[str, str]:
        """What the bucket says of a release."""
        path = self.aws.buckets / BUCKET / STACK / "releases" / name / "release.json"
        recorded: dict[str, str] = json.loads(path.read_text())
        return recorded

    def records(self) -> list[str]:
        """The ids of the releases in the bucket, oldest first."""
        return sorted(path.parent.name for path in self.aws.buckets.rglob("release.json"))

    def python_whose_verification(self, *statuses: int) -> None:
        """There is a Python that can import the client and whose verifications end so, the last for ever."""
        python, ends = self.directory / "python", self.directory / "ends"
        ends.write_text("".join(f"{status}\n" for status in statuses))
        python.write_text(
            f'#!/bin/sh\necho "$@" >>"{python}.calls"\n[ "$1" != -c ] || exit 0\n'
            f'status=$(head -n 1 "{ends}")\n[ "$(wc -l <"{ends}")" = 1 ] || sed -i 1d "{ends}"\nexit "$status"\n'
        )
        python.chmod(0o755)
        self.environment["PYTHON"] = str(python)

    def verifications(self) -> list[str]:
        """The command line of each verification so far."""
        calls = self.directory / "python.calls"
        return [line for line in calls.read_text().splitlines() if not line.startswith("-c ")] if calls.exists() else []

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        return deploy(self.environment, "--no-verify", *options)

    def rollback(self, *options: str) -> subprocess.CompletedProcess[str]:
        return run_script(ROOT / "ops" / "rollback.sh", self.environment, *options)

    def changed_something(self) -> bool:
        return any(self.aws.calls(command) for command in CHANGES_SOMETHING)


def machine_of_four_releases(directory: Path) -> Machine:
    """A machine whose stack runs the third of four releases, of which the second failed, and has no alarms yet."""
    machine = Machine(directory)
    machine.no_monitoring()
    machine.python_whose_verification(0)
    machine.release(FIRST)
    machine.release(SECOND, "failed")
    machine.release(THIRD, "deployed", runs=True, MessageHandlerVersion="8")
    machine.release(FOURTH)
    return machine
