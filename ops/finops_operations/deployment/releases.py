"""Releases: what was deployed, kept in the deployment bucket so that it can be deployed again.

A release is a folder STACK/releases/ID/: the templates and parameters of both stacks, and release.json, which has one
name and value a line, all strings, as the guide reads it in a shell. What cannot be done is an OperationFailed.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.deployment.aws import Aws
from finops_operations.deployment.change_set import change_stack
from finops_operations.deployment.packages import (
    PACKAGES,
    deployed_hash,
    hash_in_key,
    package_key,
    publish_version,
    restore_function_code,
)
from finops_operations.deployment.verification import fault_of, quiet_alarms
from finops_operations.errors import OperationFailed, fails_with, failure_of, reason_of
from finops_operations.operator_messages import complain, heading, say, warn
from finops_operations.stack import Stack, monitoring_name

_RECORD = "release.json"
_TIME = "%Y%m%dT%H%M%SZ"
_STACKS_OWN = ("template.yaml", "parameters.json")
_MONITORING = ("monitoring.yaml", "monitoring-parameters.json")


@dataclass(frozen=True)
class Deployed:
    """What the two stacks are made of now."""

    stack: Stack
    files: Mapping[str, str]
    """Template and parameters of both, as a release keeps them."""

    @property
    def fingerprint(self) -> str:
        """A hash for each stack, by which a release is known again."""
        texts = ["".join(self.files.get(name, "") for name in names) for names in (_STACKS_OWN, _MONITORING)]
        return "-".join(hashlib.sha256(text.encode()).hexdigest() for text in texts if text)

    @property
    def keys(self) -> dict[str, str]:
        """Where the bucket keeps each package."""
        return {package: self.stack.parameters.get(f"{package}Key", "") for package in PACKAGES}


def read_deployed(aws: Aws, name: str, kept: Mapping[str, str] | None = None) -> Deployed:
    """Read what a stack and its monitoring are made of. `kept`: other values of parameters, under which it is kept."""
    files: dict[str, str] = {}
    stack, monitoring = aws.stack(name), aws.stack(monitoring_name(name))
    stack = replace(stack, parameters={**stack.parameters, **(kept or {})})
    for one, names in ((stack, _STACKS_OWN), (monitoring, _MONITORING)):
        if not one.is_absent:
            body = aws.cloudformation.get_template(StackName=one.name, TemplateStage="Original")["TemplateBody"]
            # botocore reads a template in JSON. With one line end after it: what is deployed again must read the same.
            text = body if isinstance(body, str) else json.dumps(body)
            files |= zip(names, (text.rstrip("\n") + "\n", _parameters(one)), strict=True)
    return Deployed(stack, files)


def _parameters(stack: Stack) -> str:
    """Return a stack's parameters as a change set takes them, always in one order: a fingerprint is made of them."""
    lines = [
        json.dumps({"ParameterKey": name, "ParameterValue": value}, separators=(",", ":"), ensure_ascii=False)
        for name, value in sorted(stack.parameters.items())
    ]
    return "[" + ",\n".join(lines) + "]\n"


class Releases:
    """The releases of a stack in a bucket."""

    def __init__(self, aws: Aws, bucket: str, stack: str) -> None:
        self._aws = aws
        self._bucket = bucket
        self._stack = stack
        with fails_with(f"Cannot read the releases in bucket {bucket}:"):
            pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{stack}/releases/")
            keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
            found = sorted(key.split("/")[-2] for key in keys if key.endswith(f"/{_RECORD}"))
            with ThreadPoolExecutor() as requests:
                # By its id each one's, the oldest first: an id begins with its time.
                self.records = dict(zip(found, requests.map(self._read_record, found), strict=True))

    def known_as(self, deployed: Deployed) -> str:
        """Return the newest release that is what is deployed; empty if none is, as after a deployment by other means.

        One that was recorded before there was a second stack is the same release with it; so is one whose alarms were
        changed by hand, or were not reached by a return that was interrupted between the stacks.
        """
        prints = {name: record.get("fingerprint", "") for name, record in self.records.items()}
        same = [name for name, known in prints.items() if known == deployed.fingerprint]
        own, *_ = deployed.fingerprint.split("-")
        return (same or [name for name, known in prints.items() if known.split("-")[0] == own] or [""])[-1]

    def before(self, release: str) -> str:
        """Return the newest release before another that neither failed nor was withdrawn; of all if that is none."""
        names = list(self.records)
        older = names[: names.index(release)] if release in names else names
        passed = [name for name in older if self.records[name].get("status") not in ("failed", "withdrawn")]
        return passed[-1] if passed else ""

    def fetch(self, release: str) -> dict[str, str]:
        """Return the files of a release that can be deployed again."""
        with fails_with(f"Release {release} cannot be read from bucket {self._bucket}:"):
            listed = self._aws.s3.list_objects_v2(Bucket=self._bucket, Prefix=self._key(release, ""))
            there = {item["Key"].rpartition("/")[2] for item in listed.get("Contents", [])}
            files = {name: self._text(release, name) for name in (*_STACKS_OWN, *_MONITORING) if name in there}
        if not files.keys() >= set(_STACKS_OWN):
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
        # After the newest's, for the order of ids is that of releases.
        taken = [name[:16] for name in self.records if re.match(r"\d{8}T\d{6}Z-", name)]
        newest = datetime.strptime(max(taken), _TIME) if taken else datetime.min
        now = datetime.now(UTC).replace(microsecond=0, tzinfo=None)
        time = f"{max(now, newest + timedelta(seconds=1)):{_TIME}}"
        release = f"{time}-{commit[:7]}"
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
        kept = self._keep_packages(deployed)
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

    def _keep_packages(self, deployed: Deployed) -> dict[str, str] | None:
        """Keep what each function runs, and return the parameters that differ then; None if it is not there.

        A package under a plain name, as the guide uploads it, is kept under its content's key: another will take the
        plain name.
        """
        kept = {}
        try:
            for package, key in deployed.keys.items():
                content = self._aws.s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
                by_content = package_key(self._stack, key.rpartition("/")[2], content)
                if hash_in_key(by_content) != deployed_hash(self._aws, deployed.stack, package):
                    return None
                if hash_in_key(key) != hash_in_key(by_content):
                    self._aws.s3.put_object(Bucket=self._bucket, Key=by_content, Body=content)
                    kept[f"{package}Key"] = by_content
        except (ClientError, BotoCoreError):
            return None
        return kept

    def _key(self, release: str, name: str) -> str:
        return f"{self._stack}/releases/{release}/{name}"

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


def return_to_release(
    aws: Aws,
    stack: Stack,
    releases: Releases,
    release: str,
    *,
    withdrawn: str = "",
    dry_run: bool = False,
    data_loss: bool = False,
    verify: bool = True,
) -> tuple[bool, str]:
    """Make a stack and its monitoring again what they were in a release: templates, parameters and packages together.

    `withdrawn`: the release that is gone back from, if any. Returns whether the alarms returned too, and what is wrong
    with the stack then, if anything.
    """
    files = releases.fetch(release)
    # What rings now will for some minutes more, whatever runs.
    quiet = quiet_alarms(aws, stack.project)

    def return_stack(name: str, template: str, parameters: str) -> None:
        heading(f"Stack {name}")
        # No alarm takes back what is to silence one.
        values = json.loads(files[parameters])
        change_stack(aws, aws.stack(name), files[template], values, dry_run=dry_run, data_loss=data_loss)

    return_stack(stack.name, *_STACKS_OWN)
    if withdrawn and not dry_run:
        releases.change(withdrawn, "status", "withdrawn")
    alarms_returned = True
    if files.keys() >= set(_MONITORING):
        try:
            return_stack(monitoring_name(stack.name), *_MONITORING)
        except (OperationFailed, ClientError, BotoCoreError) as error:
            # Whatever becomes of the alarms: what serves people has returned, and is looked at.
            complain(str(error if isinstance(error, OperationFailed) else failure_of(error)))
            alarms_returned = False
    if dry_run:
        return alarms_returned, ""
    returned = aws.stack(stack.name)
    restore_function_code(aws, returned)
    for package in PACKAGES:
        publish_version(aws, returned, package, release)
    releases.change(release, "returned", f"{datetime.now(UTC):{_TIME}} by {aws.caller}")
    return alarms_returned, fault_of(aws, stack.name, quiet) if verify else ""
