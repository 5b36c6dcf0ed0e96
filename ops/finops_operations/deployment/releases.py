"""Releases: what was deployed, kept in the deployment bucket so that it can be deployed again.

A release is a folder STACK/releases/ID/: the templates and parameters of both stacks, and release.json, which has one
name and value a line, all strings, so that a shell can read it too. What cannot be done is an OperationFailed.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.deployment.aws import Aws
from finops_operations.deployment.change_set import Leave, change_stack
from finops_operations.deployment.packages import (
    PACKAGES,
    deployed_hash,
    hash_in_key,
    package_key,
    publish_version,
    restore_function_code,
)
from finops_operations.errors import OperationFailed, fails_with, reason_of
from finops_operations.operator_messages import complain, heading, say, warn
from finops_operations.stack import Stack, monitoring_name

_RECORD = "release.json"
_TIME = "%Y%m%dT%H%M%SZ"
# Of a commit's name.
_SHORT = 7


@dataclass(frozen=True)
class Deployed:
    """What the two stacks are made of now."""

    stack: Stack
    files: Mapping[str, str]
    """Template and parameters of both, as a release keeps them."""
    keys: Mapping[str, str]
    """Where the bucket keeps each package."""

    @property
    def fingerprint(self) -> str:
        """A hash for each stack, by which a release is known again."""
        own = _hash(self.files["template.yaml"] + self.files["parameters.json"])
        if "monitoring.yaml" not in self.files:
            return own
        return f"{own}-{_hash(self.files['monitoring.yaml'] + self.files['monitoring-parameters.json'])}"


def read_deployed(aws: Aws, name: str, kept: Mapping[str, str] | None = None) -> Deployed:
    """Read what a stack and its monitoring are made of. `kept`: packages that the bucket has under another key."""
    stack, monitoring = aws.stack(name), aws.stack(monitoring_name(name))
    keys = {package: stack.parameters.get(f"{package}Key", "") for package in PACKAGES} | dict(kept or {})
    files = {"template.yaml": _template(aws, stack), "parameters.json": _parameters(stack, keys)}
    if not monitoring.is_absent:
        files |= {
            "monitoring.yaml": _template(aws, monitoring),
            "monitoring-parameters.json": _parameters(monitoring, {}),
        }
    return Deployed(stack, files, keys)


class Releases:
    """The releases of a stack in a bucket."""

    def __init__(self, aws: Aws, bucket: str, stack: str) -> None:
        self.records: dict[str, dict[str, str]] = {}
        """By its id each one's, the oldest first: an id begins with its time."""
        self._aws = aws
        self._bucket = bucket
        self._stack = stack
        with fails_with(f"Cannot read the releases in bucket {bucket}:"):
            pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=self._key())
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            found = sorted(key.split("/")[-2] for key in keys if key.endswith(f"/{_RECORD}"))
            with ThreadPoolExecutor() as requests:
                self.records = dict(zip(found, requests.map(self._read_record, found), strict=True))

    def known_as(self, fingerprint: str) -> str:
        """Return the newest release with a fingerprint; empty if there is none, as after a deployment by other means.

        One that was recorded before there was a second stack is the same release with it; so is one whose alarms were
        changed by hand, or were not reached by a return that was interrupted between the stacks.
        """
        same = [name for name, record in self.records.items() if record.get("fingerprint") == fingerprint]
        own = fingerprint.partition("-")[0]
        alike = [
            name for name, record in self.records.items() if record.get("fingerprint", "").partition("-")[0] == own
        ]
        return (same or alike or [""])[-1]

    def before(self, release: str) -> str:
        """Return the newest release before another that neither failed nor was withdrawn; of all if that is none."""
        names = list(self.records)
        older = names[: names.index(release)] if release in names else names
        passed = [name for name in older if self.records[name].get("status") not in ("failed", "withdrawn")]
        return passed[-1] if passed else ""

    def fetch(self, release: str) -> dict[str, str]:
        """Return the files of a release that can be deployed again."""
        names = ("template.yaml", "parameters.json", "monitoring.yaml", "monitoring-parameters.json")
        with fails_with(f"Release {release} cannot be read from bucket {self._bucket}:"):
            listed = self._aws.s3.list_objects_v2(Bucket=self._bucket, Prefix=self._key(release, ""))
            there = {item["Key"] for item in listed.get("Contents", [])}
            files = {name: self._text(release, name) for name in names if self._key(release, name) in there}
        if not {"template.yaml", "parameters.json"} <= files.keys():
            raise OperationFailed(
                f"Release {release} is incomplete in bucket {self._bucket}. Choose another: ops/rollback.sh --list"
            )
        for package in PACKAGES:
            key = self.records[release].get(f"{package}Key", "")
            try:
                self._aws.s3.head_object(Bucket=self._bucket, Key=key)
            except (ClientError, BotoCoreError) as error:
                raise OperationFailed(
                    f"Release {release} needs s3://{self._bucket}/{key}, which is not there."
                    " Choose another: ops/rollback.sh --list"
                ) from error
        return files

    def record(self, deployed: Deployed, commit: str, status: str) -> str:
        """Keep what is deployed as a new release, and return its id."""
        time = self._next_time()
        release = f"{time}-{commit if commit in ('unknown', 'nogit') else commit[:_SHORT]}"
        record = {"id": release, "time": time, "commit": commit, "by": self._aws.caller, "stack": self._stack}
        for package, key in deployed.keys.items():
            version = publish_version(self._aws, deployed.stack, package, release)
            record |= {f"{package}Key": key, f"{package}Sha256": hash_in_key(key), f"{package}Version": version}
        self.records[release] = record | {"returned": "", "status": status, "fingerprint": deployed.fingerprint}
        with fails_with(
            f"Stack {self._stack} is deployed, and its release cannot be recorded in bucket {self._bucket}:"
        ):
            for name, text in deployed.files.items():
                self._put(release, name, text)
            # The record last: a release that has one is whole.
            self._save(release)
        return release

    def keep_what_others_deployed(self, deployed: Deployed) -> str:
        """Make what was deployed by other means a release, and return its id; empty if that cannot be."""
        kept = self._keep_packages(deployed.stack)
        if kept is None:
            warn(
                "One cannot return to what runs now: the bucket no longer holds the packages that it was deployed from."
            )
            return ""
        release = self.record(read_deployed(self._aws, self._stack, kept), "unknown", "found")
        say(f"What runs now was deployed by other means; it is kept as release {release}")
        return release

    def change(self, release: str, name: str, value: str) -> None:
        """Change one value of a release's record; a bucket that does not take it is a warning."""
        self.records[release][name] = value
        try:
            self._save(release)
        except (ClientError, BotoCoreError) as error:
            warn(f"The record of release {release} cannot be changed ({name}: {value}): {reason_of(error)}")

    def _next_time(self) -> str:
        """Return the time for a new release's id: after the newest's, for the order of ids is that of releases."""
        now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        taken = [name[:16] for name in self.records if re.match(r"\d{8}T\d{6}Z-", name)]
        newest = datetime.strptime(max(taken), _TIME) if taken else datetime.min
        return f"{max(now, newest + timedelta(seconds=1)):{_TIME}}"

    def _keep_packages(self, stack: Stack) -> dict[str, str] | None:
        """Keep what each function runs, and return the keys that differ from the stack's; None if it is not there.

        A package under a plain name, as the guide uploads it, is kept under its content's key: another will take the
        plain name.
        """
        kept = {}
        try:
            for package in PACKAGES:
                key = stack.parameters.get(f"{package}Key", "")
                content = self._aws.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                if hashlib.sha256(content).hexdigest() != deployed_hash(self._aws, stack, package):
                    return None
                by_content = package_key(self._stack, key.rpartition("/")[2], content)
                if hash_in_key(key) != hash_in_key(by_content):
                    self._aws.s3.put_object(Bucket=self._bucket, Key=by_content, Body=content)
                    kept[package] = by_content
        except (ClientError, BotoCoreError):
            return None
        return kept

    def _key(self, *parts: str) -> str:
        return "/".join([self._stack, "releases", *(parts or [""])])

    def _read_record(self, release: str) -> dict[str, str]:
        """Return a release's record, as far as it can be understood."""
        try:
            parsed = json.loads(self._text(release, _RECORD))
        except ValueError:
            parsed = None
        return parsed if isinstance(parsed, dict) else {"status": "unreadable"}

    def _text(self, release: str, name: str) -> str:
        answer = self._aws.s3.get_object(Bucket=self._bucket, Key=self._key(release, name))
        return answer["Body"].read().decode()

    def _put(self, release: str, name: str, text: str) -> None:
        self._aws.s3.put_object(Bucket=self._bucket, Key=self._key(release, name), Body=text.encode())

    def _save(self, release: str) -> None:
        self._put(release, _RECORD, json.dumps(self.records[release], indent=2, ensure_ascii=False) + "\n")


def working_tree_commit(root: Path) -> str:
    """Return the working tree's commit, with "-dirty" after it if files differ from it; nogit if there is none."""
    head = _git(root, "rev-parse", "HEAD")
    if not head:
        return "nogit"
    return f"{head}-dirty" if _git(root, "status", "--porcelain") else head


def _git(root: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(["git", "-C", root, *arguments], capture_output=True, text=True, check=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError):
        return ""
    return ran.stdout.strip()


def _template(aws: Aws, stack: Stack) -> str:
    with fails_with(f"Cannot read the template of stack {stack.name}:"):
        body = aws.cloudformation.get_template(StackName=stack.name, TemplateStage="Original")["TemplateBody"]
    # botocore reads a template in JSON. With one line end after it: what is deployed again must read the same.
    text = body if isinstance(body, str) else json.dumps(body)
    return text.rstrip("\n") + "\n"


def _parameters(stack: Stack, keys: Mapping[str, str]) -> str:
    """Return a stack's parameters as a change set takes them, always in one order: a fingerprint is made of them."""
    values = {**stack.parameters, **{f"{package}Key": key for package, key in keys.items() if key}}
    lines = [
        json.dumps({"ParameterKey": name, "ParameterValue": values[name]}, separators=(",", ":"), ensure_ascii=False)
        for name in sorted(values, key=lambda name: f"{name}=")
    ]
    return "[" + ",\n".join(lines) + "]\n"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def return_to_release(
    aws: Aws,
    stack: str,
    releases: Releases,
    release: str,
    files: Mapping[str, str],
    leave: Leave,
    withdrawn: str = "",
) -> bool:
    """Make the stacks again what they were in a release: templates, parameters and packages together.

    `withdrawn`: the release that is gone back from, if any. Returns whether the alarms returned too.
    """

    def return_stack(name: str, template: str, parameters: str) -> None:
        heading(f"Stack {name}")
        # No alarm takes back what is to silence one.
        change_stack(aws, aws.stack(name), files[template], json.loads(files[parameters]), leave)

    return_stack(stack, "template.yaml", "parameters.json")
    if withdrawn and not leave.dry_run:
        releases.change(withdrawn, "status", "withdrawn")
    alarms_returned = True
    if "monitoring.yaml" in files:
        try:
            return_stack(monitoring_name(stack), "monitoring.yaml", "monitoring-parameters.json")
        except OperationFailed as failure:
            # Whatever becomes of the alarms: what serves people has returned, and is looked at.
            complain(str(failure))
            alarms_returned = False
    if not leave.dry_run:
        returned = aws.stack(stack)
        restore_function_code(aws, returned)
        for package in PACKAGES:
            publish_version(aws, returned, package, release)
        releases.change(release, "returned", f"{datetime.now(UTC):{_TIME}} by {aws.caller}")
    return alarms_returned
