"""Builds the frontend and deploys it with Amplify, or returns to an earlier release (the guide's Step 8).

What cannot be done is an OperationFailed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from finops_operations.command_line import DONE, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed, code_of, fails_with
from finops_operations.frontend.amplify import SUCCEEDED, AmplifyBranch, why_failed
from finops_operations.frontend.build import build, check_buildable, pack
from finops_operations.frontend.config import CONFIG, add_frontend_option, read_config
from finops_operations.frontend.releases import RELEASE_ID, TIME, FrontendReleases, Record
from finops_operations.operator_messages import heading, say, warn
from finops_operations.option_types import minutes, of_form
from finops_operations.stack import Stack
from finops_operations.working_tree import working_tree_commit

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

_COMMAND = "ops/deploy_frontend.sh"
_REMEDY = "Write it: ops/write_frontend_config.sh. To deploy it as it is: --force"

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
_app = of_form("d[a-z0-9]{1,19}", "an Amplify app's id looks like d1a2b3c4d5e6f")
_wanted = of_form(f"previous|{RELEASE_ID}", "a release's id looks like 20261123T201500Z-f8c6228")


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
        session = session_of(options)
        self._options = options
        self._stack = Stack.read(session.client("cloudformation", config=QUICK), options.stack_name)
        self._branch = AmplifyBranch.read(session.client("amplify", config=QUICK), options.app_id, options.branch)
        s3 = session.client("s3", config=QUICK)
        bucket = options.bucket or self._stack.parameters["LambdaS3Bucket"]
        place = f"{self._stack.name}/frontend/{options.app_id}/{options.branch}"
        self._releases = FrontendReleases(s3, bucket, place)
        self._who = session.client("sts", config=QUICK)

    def deploy(self) -> None:
        """Build, pack, upload and deploy a new release."""
        options, releases = self._options, self._releases
        heading("Checking")
        if not options.skip_build:
            check_buildable(options.frontend)
        check_bucket(releases.s3, releases.bucket, options.region)
        endpoint = self._stack.output("WebSocketApiEndpoint")
        try:
            _check_config(options.frontend / CONFIG, endpoint)
        except OperationFailed as failure:
            if not options.force:
                raise
            warn(str(failure))
        check_origin(self._stack, self._branch.url)
        self._branch.check_idle()
        by = self._who.get_caller_identity()["Arn"]

        if not options.skip_build:
            heading("Building")
            build(options.frontend)
        folder = options.frontend / options.build_dir
        with tempfile.TemporaryDirectory() as scratch:
            package = Path(scratch, "finops-ui.zip")
            files = pack(folder, package)
            if not options.force:
                _check_build(folder, endpoint)
            time, commit = releases.next_time(datetime.now(UTC)), working_tree_commit(options.frontend)[:7]
            record = {
                "id": f"{time:{TIME}}-{commit}",
                "time": _text(time),
                "commit": commit,
                "by": by,
                "sha256": hashlib.sha256(package.read_bytes()).hexdigest(),
                "endpoint": endpoint,
                "status": "uploaded",
                "job": "",
                "deployed": "",
            }
            heading(f"Release {record['id']}")
            say(f"Uploading {files} files, {package.stat().st_size / 1024:.0f} KB")
            releases.upload(record, package)
        self._start(record)

    def return_to(self, wanted: str) -> None:
        """Deploy an earlier release's zip again. `wanted` is its id, or previous."""
        self._branch.check_idle()
        if wanted == "previous":
            _, wanted = self._releases.live_and_previous(self._releases.newest(), self._branch.deployments())
            if not wanted:
                raise OperationFailed(
                    f"There is no earlier release that was ever served. To see which there are: {_COMMAND} --list"
                )
        record = self._releases.get(wanted)
        heading(f"Release {wanted}")
        there, here = record.get("endpoint"), self._stack.outputs.get("WebSocketApiEndpoint")
        if there and there != here:
            warn(f"It leads to {there}, the stack's endpoint is now {here}.")
        self._start(record)

    def show(self) -> None:
        """Print the releases, the newest first."""
        records = self._releases.newest()
        live, _ = self._releases.live_and_previous(records, self._branch.deployments())
        table = Table(box=None, pad_edge=False)
        for column in ("", "Release", "Status", "Deployed", "By"):
            table.add_column(column, no_wrap=column == "Release", overflow="fold")
        for record in records:
            told = [record.get("status"), record.get("deployed") or "-", record.get("by")]
            table.add_row("*" if record["id"] == live else "", record["id"], *told)
        Console(width=None if sys.stdout.isatty() else 100).print(table)
        if live:
            say(f"* is served now at {self._branch.url}")
        else:
            say("What is served now is none of these." if records else "There is no release yet.")

    def _start(self, record: Record) -> None:
        job = self._branch.start(self._releases.source_url(record["id"]))
        self._note(record, job=job, status="started")
        say(f"Amplify deploys it as its job {job}")
        ended = self._branch.finished(job, int(self._options.timeout_minutes) * 60)
        if ended["summary"]["status"] != SUCCEEDED:
            self._note(record, status="failed")
            options = self._options
            bucket = f"--bucket {options.bucket} " if options.bucket else ""
            raise OperationFailed(
                f"{why_failed(ended)} To return to the release before: {_COMMAND} {bucket}--app-id {options.app_id}"
                f" --branch {options.branch} --to previous --stack-name {options.stack_name} --region {options.region}"
            )
        self._note(record, status="deployed", deployed=_text(datetime.now(UTC)))
        print(self._branch.url)  # noqa: T201 - the command's result

    def _note(self, record: Record, **news: str) -> None:
        """Note how it goes. Amplify knows it too, so a deployment does not fail for want of a note."""
        record.update(news)
        try:
            self._releases.save(record)
        except (ClientError, BotoCoreError) as error:
            warn(f"The release's record could not be written ({record['status']}): {error}")


def _check_config(path: Path, endpoint: str) -> None:
    """Make sure that config.js is there, and leads to the stack's endpoint."""
    text, values = read_config(path)
    if not text:
        raise OperationFailed(f"There is no {path}. {_REMEDY}")
    api = values.get("api")
    there = api.get("websocketEndpoint") if isinstance(api, dict) else None
    if there != endpoint:
        raise OperationFailed(f"{path} leads to {there or 'no endpoint'}, the stack's is {endpoint}. {_REMEDY}")


def _check_build(build: Path, endpoint: str) -> None:
    """Make sure that the build was made with such a config.js, and not before it was written."""
    if not any(endpoint.encode() in path.read_bytes() for path in build.rglob("*") if path.is_file()):
        raise OperationFailed(
            f"No file in {build} leads to the stack's endpoint {endpoint}: the build is older than config.js, or does"
            " not use it. Build it again, without --skip-build. To deploy it as it is: --force"
        )


def check_bucket(s3: S3Client, bucket: str, region: str) -> None:
    """Make sure that the bucket is there and yours; warn where Amplify, in `region`, may be unable to read it."""
    with fails_with(
        f"The bucket {bucket} cannot be used (name yours with --bucket, or make it: aws s3 mb s3://{bucket}"
        f" --region {region}):"
    ):
        bucket_region = s3.head_bucket(Bucket=bucket).get("BucketRegion", region)
    if bucket_region != region:
        warn(f"Amplify is in {region}, the bucket {bucket} in {bucket_region}. If the deployment fails, use another.")
    try:
        is_allowed = "amplify.amazonaws.com" in s3.get_bucket_policy(Bucket=bucket)["Policy"]
    except ClientError as error:
        # Of a policy that you may not read, nobody can tell.
        is_allowed = code_of(error) != "NoSuchBucketPolicy"
    if not is_allowed:
        warn(
            f"The policy of the bucket {bucket} does not name Amplify. If the deployment fails, add the statements of"
            " Step 8 in docs/WEBSOCKET_DEPLOYMENT_GUIDE.md."
        )


def check_origin(stack: Stack, url: str) -> None:
    """Warn where the stack would refuse the frontend's pages: it compares origins exactly."""
    origins = stack.parameters.get("AllowedOrigins", "*").split(",")
    if "*" not in origins and url not in origins:
        warn(
            f"The stack lets no page of {url} connect, only {', '.join(origins)}. If that is where it is used:"
            f" ./deploy.sh --parameter AllowedOrigins={','.join([*origins, url])}"
        )


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. End the program with status 2 at a mistake in it."""
    parser = stack_parser(_COMMAND, _DESCRIPTION)
    parser.epilog = _EXIT_STATUSES
    add = parser.add_argument
    app = os.environ.get("AMPLIFY_APP_ID") or None
    help_text = "the Amplify app; default: AMPLIFY_APP_ID"
    add("--app-id", type=_app, default=app, required=not app, metavar="ID", help=help_text)
    add("--branch", default="staging", metavar="NAME", help="its branch; default: staging")
    add("--bucket", metavar="NAME", help="where releases are kept; default: the stack's packages' bucket")
    add_frontend_option(parser)
    help_text = "where npm run build puts its output, in the frontend; default: build"
    add("--build-dir", type=Path, default=Path("build"), metavar="DIRECTORY", help=help_text)
    add("--skip-build", action="store_true", help="deploy the build that is there")
    add("--force", action="store_true", help="deploy whatever endpoint config.js and the build lead to")
    help_text = "how long to wait; default: 15"
    add("--timeout-minutes", type=minutes, default="15", metavar="NUMBER", help=help_text)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--list", action="store_true", help="list the releases, the newest first")
    instead.add_argument("--to", type=_wanted, metavar="ID", help="return to this release, or to previous")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(run(main))
