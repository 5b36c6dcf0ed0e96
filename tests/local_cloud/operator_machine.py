"""An operator's machine without a cloud: deploy.sh on it talks to a stand-in for the aws program."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from local_cloud.deploy_script import deploy, make_packages
from local_cloud.stand_in_aws import StandInAws

STACK_ID = "arn:aws:cloudformation:us-east-1:111122223333:stack/finops-websocket-api/1"
CHANGES_SOMETHING = (
    "cloudformation create-change-set",
    "cloudformation execute-change-set",
    "cloudformation delete-stack",
    "s3 ",
)


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
        self.stack("UPDATE_COMPLETE")

    def stack(self, status: str, **parameters: str) -> None:
        """There is a stack of the default name with this status and these parameters."""
        lines = [f"Stack\tId\t{STACK_ID}", f"Stack\tStatus\t{status}"]
        lines += [f"Parameter\t{name}\t{value}" for name, value in parameters.items()]
        lines += ["Output\tWebSocketApiEndpoint\twss://abc.execute-api.us-east-1.amazonaws.com/prod"]
        self.aws.answers("cloudformation describe-stacks", "\n".join(lines) + "\n")

    def no_changes(self) -> None:
        reason = json.dumps(["The submitted information didn't contain changes."])
        self.aws.answers("cloudformation describe-change-set", f"FAILED\t{reason}\n")

    def one_change(self, change: str) -> None:
        self.aws.answers(
            "cloudformation describe-change-set", "CREATE_COMPLETE\t[null]\n", change.replace(" ", "\t") + "\n"
        )

    def python_whose_verification(self, status: int) -> None:
        """There is a Python that can import the client and whose verification ends with `status`."""
        python = self.directory / "python"
        python.write_text(f'#!/bin/sh\necho "$@" >>"{python}.calls"\n[ "$1" = -c ] || exit {status}\n')
        python.chmod(0o755)
        self.environment["PYTHON"] = str(python)

    def deploy(self, *options: str) -> subprocess.CompletedProcess[str]:
        return deploy(self.environment, "--no-verify", *options)

    def changed_something(self) -> bool:
        return any(self.aws.calls(command) for command in CHANGES_SOMETHING)
