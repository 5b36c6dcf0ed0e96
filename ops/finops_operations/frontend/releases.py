"""The frontend's releases in the bucket: each a zip, and a record beside it.

They lie below <STACK>/frontend/<APP>/<BRANCH>/<ID>/ as finops-ui.zip and release.json. A record holds texts only:

- id, such as 20261123T201500Z-f8c6228; time, commit, by (whose ARN), sha256: what was packed, when and by whom
- endpoint: the WebSocket endpoint that its config.js leads to
- status: uploaded, started, deployed or failed, as its last deployment went; job: Amplify's id of that one
- deployed: when a deployment of it last succeeded

Times are UTC, as 2026-11-23T20:15:00Z. What is not known is an empty text, or missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from finops_operations.errors import OperationFailed, code_of
from finops_operations.frontend.amplify import SUCCEEDED

if TYPE_CHECKING:
    from types_boto3_amplify.type_defs import JobSummaryTypeDef
    from types_boto3_s3 import S3Client

# How an id begins.
TIME = "%Y%m%dT%H%M%SZ"
RELEASE_ID = r"[0-9]{8}T[0-9]{6}Z-[0-9a-z]+"
_ZIP = "finops-ui.zip"
_RECORD = "release.json"

Record = dict[str, str]


@dataclass(frozen=True)
class FrontendReleases:
    """The releases of one branch of one app: `place` is <STACK>/frontend/<APP>/<BRANCH>."""

    s3: S3Client
    bucket: str
    place: str

    def source_url(self, release: str) -> str:
        """Say where Amplify finds a release's zip."""
        return f"s3://{self.bucket}/{self.place}/{release}/{_ZIP}"

    def upload(self, record: Record, package: Path) -> None:
        """Put a new release into the bucket, its zip under the plain name of the guide's Step 8 too."""
        for key in (f"{self.place}/{record['id']}/{_ZIP}", "finops-ui-websocket-deployed.zip"):
            with package.open("rb") as content:
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType="application/zip")
        self.save(record)

    def save(self, record: Record) -> None:
        """Write a release's record."""
        self.s3.put_object(
            Bucket=self.bucket,
            Key=f"{self.place}/{record['id']}/{_RECORD}",
            Body=f"{json.dumps(record, indent=2)}\n".encode(),
            ContentType="application/json",
        )

    def newest(self) -> list[Record]:
        """Give the records of the last releases, at most 50, the newest first."""
        # Each costs a request. Older ones stay in the bucket, and can be returned to by their id.
        return [self._record(release) for release in self._ids()[:50]]

    def next_time(self, now: datetime) -> datetime:
        """Give the time for a new release's id: `now`, or after the newest's, as ids are in the order of releases."""
        times = [datetime.strptime(release.partition("-")[0], TIME).replace(tzinfo=UTC) for release in self._ids()[:1]]
        return max([now.replace(microsecond=0), *(time + timedelta(seconds=1) for time in times)])

    def _ids(self) -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=f"{self.place}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        # What lies deeper belongs to another branch, whose name begins with this one's.
        ids = {self._id_in(f"s3://{self.bucket}/{key}", _RECORD) for key in keys} - {""}
        return sorted(ids, reverse=True)

    def get(self, release: str) -> Record:
        """Give the record of the release with this id, whose zip is there."""
        try:
            self.s3.head_object(Bucket=self.bucket, Key=f"{self.place}/{release}/{_ZIP}")
            return self._record(release)
        except ClientError as error:
            if code_of(error) in {"404", "NoSuchKey", "NotFound"}:
                raise OperationFailed(
                    f"There is no release {release} at s3://{self.bucket}/{self.place}/. To see which there are:"
                    " ops/deploy_frontend.sh --list"
                ) from error
            raise

    def live_and_previous(self, records: Sequence[Record], jobs: Sequence[JobSummaryTypeDef]) -> tuple[str, str]:
        """Tell what is served now, and to what one would return; an empty id is none of these. The newest come first.

        That is the newest release that was served, and is older than what was last deployed: asked for again after a
        return, it goes one release further back; after a deployment that failed, it is what is still served.

        Amplify knows better than the records: somebody may have stopped waiting for a deployment, or deployed without
        this command. Its jobs name their source (API reference, type JobSummary), but need not; then the records tell
        whose job it was.
        """
        by_job = {record.get("job", ""): record["id"] for record in reversed(records)}
        deployed = [self._id_in(job.get("sourceUrl", ""), _ZIP) or by_job.get(job["jobId"], "") for job in jobs]
        succeeded = [release for release, job in zip(deployed, jobs, strict=True) if job["status"] == SUCCEEDED]
        served = {record["id"] for record in records if record.get("deployed")}.union(succeeded)
        last = deployed[0] if deployed else ""
        older = (record["id"] for record in records if not last or record["id"] < last)
        return (succeeded or [""])[0], next((release for release in older if release in served), "")

    def _id_in(self, address: str, file: str) -> str:
        """Give the id of the release that has this file at this address, or an empty text if none has."""
        found = re.fullmatch(f"{re.escape(f's3://{self.bucket}/{self.place}/')}({RELEASE_ID})/{file}", address)
        return found[1] if found else ""

    def _record(self, release: str) -> Record:
        answer = self.s3.get_object(Bucket=self.bucket, Key=f"{self.place}/{release}/{_RECORD}")
        try:
            record: Record = json.loads(answer["Body"].read())
        except ValueError:
            record = {"status": "unreadable"}
        return {**record, "id": release}
