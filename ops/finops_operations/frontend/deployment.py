"""Builds the frontend and deploys it with Amplify, or returns to an earlier release (the guide's Step 8)."""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from finops_operations.command_line import DONE, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed
from finops_operations.frontend.amplify import AmplifyBranch, DeploymentFailed, wait_for
from finops_operations.frontend.build import build, check_buildable, pack
from finops_operations.frontend.checks import (
    check_amplify_reads,
    check_bucket,
    check_build,
    check_config,
    check_origin,
)
from finops_operations.frontend.config import CONFIG, add_frontend_option
from finops_operations.frontend.releases import FrontendRelease, FrontendReleases, is_release_id, release_id
from finops_operations.operator_messages import heading, say, warn
from finops_operations.stack import Stack

_COMMAND = "ops/deploy_frontend.sh"

_DESCRIPTION = """\
Builds the frontend, puts the build into the deployment bucket as a release, deploys it to a branch of an Amplify app,
waits for the end, and prints the site's address. Or lists the releases, or returns to one of them, without a build.

The app must be one without a repository, and the bucket's policy must let Amplify read the zips (Step 8 of
docs/WEBSOCKET_DEPLOYMENT_GUIDE.md). A build is published as a whole; one with a symbolic link in it, or with a hidden
file or folder other than .well-known, is refused.
"""
_EXIT_STATUSES = """\
The address, or the list, goes to stdout, everything else to stderr. Ctrl-C ends the waiting, not a deployment that has
begun. Exit status: 0 deployed, 1 not deployed, 2 a mistake in the command line, 130 interrupted.
"""

# Amplify API reference, type AppId.
_APP = re.compile(r"d[a-z0-9]{1,19}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    deployment = FrontendDeployment(options)
    if options.list:
        deployment.show()
    elif options.to:
        deployment.return_to(options.to)
    else:
        deployment.deploy()
    return DONE


class FrontendDeployment:
    """What the command does, for one branch of one app."""

    def __init__(self, options: argparse.Namespace) -> None:
        """Find the stack, the branch and the bucket.

        Raises:
            OperationFailed: one of them is not there.
        """
        session = session_of(options)
        self._options = options
        self._stack = Stack.read(session.client("cloudformation", config=QUICK), options.stack_name)
        self._branch = AmplifyBranch.read(session.client("amplify", config=QUICK), options.app_id, options.branch)
        self._s3 = session.client("s3", config=QUICK)
        self._bucket: str = options.bucket or self._stack.parameters["LambdaS3Bucket"]
        self._bucket_region = check_bucket(self._s3, self._bucket, options.region)
        self._releases = FrontendReleases(self._s3, self._bucket, self._stack.name, options.app_id, options.branch)
        self._who = session.client("sts", config=QUICK)

    def deploy(self) -> None:
        """Build, pack, upload and deploy a new release.

        Raises:
            OperationFailed: something is not as it must be, or the deployment failed.
        """
        heading("Checking")
        frontend: Path = self._options.frontend
        if not self._options.skip_build:
            check_buildable(frontend)
        endpoint = self._stack.output("WebSocketApiEndpoint")
        self._unless_forced(frontend / CONFIG, endpoint)
        check_origin(self._stack, self._branch.url)
        check_amplify_reads(self._s3, self._bucket, self._bucket_region, self._options.region)
        self._branch.check_idle()
        by = self._who.get_caller_identity()["Arn"]

        if not self._options.skip_build:
            heading("Building")
            build(frontend)
        folder = frontend / self._options.build_dir
        with tempfile.TemporaryDirectory() as scratch:
            package = Path(scratch, "finops-ui.zip")
            files = pack(folder, package)
            if not self._options.force:
                check_build(folder, endpoint)
            now = datetime.now(UTC)
            commit = _commit(frontend)
            release = FrontendRelease(
                release_id(now, commit),
                time=_text(now),
                commit=commit,
                by=by,
                sha256=hashlib.sha256(package.read_bytes()).hexdigest(),
                endpoint=endpoint,
                status="uploaded",
            )
            heading(f"Release {release.id}")
            say(f"Uploading {files} files, {package.stat().st_size / 1024:.0f} KB")
            self._releases.upload(release, package)
        self._start(release)

    def return_to(self, wanted: str) -> None:
        """Deploy an earlier release's zip again. `wanted` is its id, or previous.

        Raises:
            OperationFailed: there is none, or the deployment failed.
        """
        self._branch.check_idle()
        if wanted == "previous":
            wanted = self._releases.history(self._branch.deployments()).previous
        release = self._releases.get(wanted)
        heading(f"Release {release.id}")
        here = self._stack.outputs.get("WebSocketApiEndpoint")
        if release.endpoint and release.endpoint != here:
            warn(f"It leads to {release.endpoint}, the stack's endpoint is now {here}.")
        self._start(release)

    def show(self) -> None:
        """Print the releases, the newest first."""
        history = self._releases.history(self._branch.deployments())
        table = Table(box=None, pad_edge=False)
        for column in ("", "Release", "Status", "Deployed", "By"):
            table.add_column(column, no_wrap=column == "Release", overflow="fold")
        for release in history.releases:
            mark = "*" if release.id == history.live else ""
            table.add_row(mark, release.id, release.status, release.deployed or "-", release.by)
        Console(width=None if sys.stdout.isatty() else 100).print(table)
        if not history.live:
            say("What is served now is none of these." if history.releases else "There is no release yet.")
        else:
            say(f"* is served now at {self._branch.url}")

    def _unless_forced(self, config: Path, endpoint: str) -> None:
        try:
            check_config(config, endpoint)
        except OperationFailed as failure:
            if not self._options.force:
                raise
            warn(str(failure))

    def _start(self, release: FrontendRelease) -> None:
        job = self._branch.start(self._releases.source_url(release.id))
        release = replace(release, job=job, status="started")
        self._record(release)
        say(f"Amplify deploys it as its job {job}")
        try:
            wait_for(self._branch, job, self._options.timeout_minutes * 60)
        except DeploymentFailed as failure:
            self._record(replace(release, status="failed"))
            raise OperationFailed(f"{failure} To return to the release before: {self._way_back()}") from failure
        self._record(replace(release, status="deployed", deployed=_text(datetime.now(UTC))))
        print(self._branch.url)  # noqa: T201 - the command's result

    def _record(self, release: FrontendRelease) -> None:
        """Note how it goes. Amplify knows it too, so a deployment does not fail for want of a note."""
        try:
            self._releases.save(release)
        except (ClientError, BotoCoreError) as error:
            warn(f"The release's record could not be written ({release.status}): {error}")

    def _way_back(self) -> str:
        options = self._options
        words = [_COMMAND, "--app-id", options.app_id, "--branch", options.branch, "--to previous"]
        if options.bucket:
            words[1:1] = ["--bucket", options.bucket]
        return " ".join([*words, "--stack-name", options.stack_name, "--region", options.region])


def _commit(folder: Path) -> str:
    """Give the short name of the commit that a folder is at, or nogit."""
    command = ["git", "-C", str(folder), "rev-parse", "--short", "HEAD"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return "nogit"
    return asked.stdout.strip() if asked.returncode == 0 else "nogit"


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. End the program with status 2 at a mistake in it."""
    parser = stack_parser(_COMMAND, _DESCRIPTION)
    parser.epilog = _EXIT_STATUSES
    app = os.environ.get("AMPLIFY_APP_ID")
    parser.add_argument(
        "--app-id", type=_app, default=app or None, required=not app, metavar="ID",
        help="the Amplify app; default: AMPLIFY_APP_ID",
    )  # fmt: skip
    parser.add_argument("--branch", default="staging", metavar="NAME", help="its branch; default: staging")
    parser.add_argument(
        "--bucket", metavar="NAME", help="where releases are kept; default: the stack's packages' bucket"
    )
    add_frontend_option(parser)
    parser.add_argument(
        "--build-dir", type=Path, default=Path("build"), metavar="DIRECTORY",
        help="where npm run build puts its output, in the frontend; default: build",
    )  # fmt: skip
    parser.add_argument("--skip-build", action="store_true", help="deploy the build that is there")
    parser.add_argument("--force", action="store_true", help="deploy whatever endpoint config.js and the build lead to")
    parser.add_argument(
        "--timeout-minutes", type=_minutes, default=15, metavar="NUMBER", help="how long to wait; default: 15"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="list the releases, the newest first")
    instead.add_argument("--to", type=_wanted, metavar="ID", help="return to this release, or to previous")
    return parser.parse_args(arguments)


def _app(text: str) -> str:
    if not _APP.fullmatch(text):
        raise argparse.ArgumentTypeError(f"an Amplify app's id looks like d1a2b3c4d5e6f, not {text}")
    return text


def _minutes(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,3}", text):
        raise argparse.ArgumentTypeError(f"this needs a whole number of minutes, not {text}")
    return int(text)


def _wanted(text: str) -> str:
    if text != "previous" and not is_release_id(text):
        raise argparse.ArgumentTypeError(f"a release's id looks like 20261123T201500Z-f8c6228, not {text}")
    return text


if __name__ == "__main__":
    sys.exit(run(main))
