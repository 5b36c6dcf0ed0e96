"""The frontend's releases in the bucket: each a zip, and a record beside it.

They lie below <STACK>/frontend/<APP>/<BRANCH>/<ID>/ as finops-ui.zip and release.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed, code_of
from finops_operations.frontend.amplify import SUCCEEDED

if TYPE_CHECKING:
    from types_boto3_amplify.type_defs import JobSummaryTypeDef
    from types_boto3_s3 import S3Client

# The key that the guide's Step 8 uploads to, and its start-deployment reads from.
GUIDES_KEY = "finops-ui-websocket-deployed.zip"

# Each costs a request to read. Older ones stay in the bucket, and can be returned to by their id.
LISTED = 50

_ZIP = "finops-ui.zip"
_RECORD = "release.json"
_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-z]+")
_MISSING = frozenset({"404", "NoSuchKey", "NotFound"})


@dataclass(frozen=True)
class FrontendRelease:
    """A record. Times are UTC, as 2026-11-23T20:15:00Z; what is not known is an empty string."""

    id: str
    time: str = ""
    commit: str = ""
    by: str = ""
    sha256: str = ""
    # The WebSocket endpoint that its config.js leads to.
    endpoint: str = ""
    # uploaded, started, deployed or failed: how its last deployment went.
    status: str = ""
    # Amplify's id of that deployment.
    job: str = ""
    # When a deployment of it last succeeded.
    deployed: str = ""


@dataclass(frozen=True)
class FrontendHistory:
    """The releases, the newest first, and what became of them. An empty id means: none of these."""

    releases: list[FrontendRelease]
    # What is served now.
    live: str
    # What was last deployed, successfully or not.
    last: str
    # What was served at any time.
    served: frozenset[str]

    @property
    def previous(self) -> str:
        """The newest release that was served, and is older than what was last deployed.

        Asked for again after a return, it goes one release further back. After a deployment that failed, it is what is
        still served.

        Raises:
            OperationFailed: there is none.
        """
        for release in self.releases:
            if release.id in self.served and (not self.last or release.id < self.last):
                return release.id
        raise OperationFailed(
            "There is no earlier release that was ever served. To see which there are: ops/deploy_frontend.sh --list"
        )


class FrontendReleases:
    """The releases of one branch of one app."""

    def __init__(self, s3: S3Client, bucket: str, stack: str, app: str, branch: str) -> None:
        """Ask nothing yet."""
        self._s3 = s3
        self._bucket = bucket
        self._prefix = f"{stack}/frontend/{app}/{branch}/"

    def source_url(self, release: str) -> str:
        """Say where Amplify finds a release's zip."""
        return f"s3://{self._bucket}/{self._prefix}{release}/{_ZIP}"

    def upload(self, release: FrontendRelease, package: Path) -> None:
        """Put a new release into the bucket, its zip under the guide's plain name too. The record comes last."""
        for key in (f"{self._prefix}{release.id}/{_ZIP}", GUIDES_KEY):
            with package.open("rb") as content:
                self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType="application/zip")
        self.save(release)

    def save(self, release: FrontendRelease) -> None:
        """Write a release's record."""
        record = json.dumps(asdict(release), indent=2) + "\n"
        self._s3.put_object(
            Bucket=self._bucket,
            Key=f"{self._prefix}{release.id}/{_RECORD}",
            Body=record.encode(),
            ContentType="application/json",
        )

    def newest(self) -> list[FrontendRelease]:
        """Give the last releases, at most 50, the newest first."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        ids = [key.removeprefix(self._prefix).removesuffix(f"/{_RECORD}") for key in keys if key.endswith(_RECORD)]
        # What lies deeper belongs to another branch, whose name begins with this one's.
        return [self._record(release) for release in sorted(filter(is_release_id, ids), reverse=True)[:LISTED]]

    def get(self, release: str) -> FrontendRelease:
        """Give the release with this id, whose zip is there.

        Raises:
            OperationFailed: there is none.
        """
        try:
            self._s3.head_object(Bucket=self._bucket, Key=f"{self._prefix}{release}/{_ZIP}")
            return self._record(release)
        except ClientError as error:
            if code_of(error) in _MISSING:
                raise OperationFailed(
                    f"There is no release {release} at s3://{self._bucket}/{self._prefix}. To see which there are:"
                    " ops/deploy_frontend.sh --list"
                ) from error
            raise

    def history(self, deployments: Iterable[JobSummaryTypeDef]) -> FrontendHistory:
        """Put together what the bucket and Amplify know. `deployments` begin with the newest.

        Amplify knows better: somebody may have stopped waiting for a deployment, or deployed without this command. Its
        jobs name their source (API reference, type JobSummary), but need not; then the records tell whose job it was.
        """
        newest = self.newest()
        by_job = {release.job: release.id for release in reversed(newest)}
        ids = [
            (self._id_of(job.get("sourceUrl", "")) or by_job.get(job["jobId"], ""), job["status"])
            for job in deployments
        ]
        succeeded = [release for release, status in ids if status == SUCCEEDED]
        return FrontendHistory(
            newest,
            live=succeeded[0] if succeeded else "",
            last=ids[0][0] if ids else "",
            served=frozenset(release.id for release in newest if release.deployed).union(succeeded),
        )

    def _id_of(self, source_url: str) -> str:
        """Give the id of the release whose zip is at this address, or an empty string if it is none of these."""
        release = source_url.removeprefix(f"s3://{self._bucket}/{self._prefix}").removesuffix(f"/{_ZIP}")
        return release if is_release_id(release) else ""

    def _record(self, release: str) -> FrontendRelease:
        answer = self._s3.get_object(Bucket=self._bucket, Key=f"{self._prefix}{release}/{_RECORD}")
        return parse_record(answer["Body"].read(), release)


def release_id(now: datetime, commit: str) -> str:
    """Give the id of a release made at this time (UTC) from this commit: 20261123T201500Z-f8c6228."""
    return f"{now:%Y%m%dT%H%M%SZ}-{commit}"


def is_release_id(text: str) -> bool:
    """Tell whether a text has the form of a release's id."""
    return _ID.fullmatch(text) is not None


def parse_record(text: bytes, release: str) -> FrontendRelease:
    """Read the record of the release with this id, as far as it can be understood."""
    try:
        record = json.loads(text)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        return FrontendRelease(release, status="unreadable")
    known = {field.name for field in fields(FrontendRelease)} - {"id"}
    return FrontendRelease(release, **{name: str(value) for name, value in record.items() if name in known})
