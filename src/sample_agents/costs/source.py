"""Where the costs come from: an export or a folder of them in S3, files of this machine, or the data shipped here."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib import resources
from pathlib import Path
from typing import Any

from sample_agents.costs.charges import Costs
from sample_agents.costs.delivery import StoredFile, UnfinishedError, newest_files
from sample_agents.costs.load import load_costs
from sample_agents.errors import CostDataError

# A small company's charges by day, all made up.
SHIPPED_DATA = Path(str(resources.files("sample_agents"))) / "data" / "sample_costs.csv.gz"
# AWS refreshes an export at least once a day, and others do it less often: an answer is at most this late, and few
# questions wait for a look.
_SECONDS_BETWEEN_LOOKS = 15 * 60
_SECONDS_TO_NEXT_TRY = 60
_CHUNK = 1024 * 1024
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_PASSING = {"SlowDown", "InternalError", "ServiceUnavailable", "RequestTimeout", "Throttling", "500", "503"}
_CHANGED = {"PreconditionFailed", "412"}
_EXPIRED = {
    "ExpiredToken",
    "InvalidAccessKeyId",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "TokenRefreshRequired",
}


class PassingError(CostDataError):
    """S3 did not give what it has: the next try may succeed, and what was read before is still there."""


class S3Place:
    """A file in S3, or with a slash at its end a folder: `s3://bucket/key`, `s3://bucket/folder/`."""

    def __init__(self, uri: str, client: Any = None) -> None:
        """Take the address apart; ValueError for what is none, so that a wrong setting fails when a function starts."""
        self.bucket, _, self.path = uri.removeprefix("s3://").partition("/")
        if not (uri.startswith("s3://") and self.bucket and self.path.strip("/")):
            raise ValueError(f"COSTS_S3_URI must read s3://bucket/key or s3://bucket/folder/, not {uri!r}.")
        self._uri, self._client = uri, client
        self._manifests: dict[StoredFile, bytes] = {}

    def newest(self) -> list[StoredFile]:
        """The files to answer from, as they are now; their keys are those of the bucket."""
        with self._failures():
            if not self.path.endswith("/"):
                found = self._s3().head_object(Bucket=self.bucket, Key=self.path)
                return [StoredFile(self.path, found["ContentLength"], found["ETag"], found["LastModified"])]
            files = list(self._listed())
            if not files:
                raise CostDataError(
                    f"There is nothing in {self._uri}: the address is wrong, or nothing is delivered yet."
                )
            newest = newest_files(files, self._read, self.path, datetime.now(UTC))
        return [replace(file, key=f"{self.path}{file.key}") for file in newest]

    def download(self, file: StoredFile, into: Path) -> None:
        """Write a file of the bucket's, whole or not at all."""
        unfinished = into.with_name(f"{into.name}.{os.getpid()}.unfinished")
        with self._failures():
            # Another version than the listed one is refused: it may belong to the next delivery.
            body = self._s3().get_object(Bucket=self.bucket, Key=file.key, IfMatch=file.version)["Body"]
            with unfinished.open("wb") as stream:
                shutil.copyfileobj(body, stream, _CHUNK)
        if unfinished.stat().st_size != file.size:
            raise PassingError(f"Only a part of {self._uri} could be read. Ask again in a minute.")
        unfinished.replace(into)

    def _listed(self) -> Iterator[StoredFile]:
        for page in self._s3().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.path):
            for found in page.get("Contents", ()):
                key = found["Key"].removeprefix(self.path)
                yield StoredFile(key, found["Size"], found["ETag"], found["LastModified"])

    def _read(self, manifest: StoredFile) -> bytes:
        if manifest not in self._manifests:
            key = f"{self.path}{manifest.key}"
            body = self._s3().get_object(Bucket=self.bucket, Key=key, IfMatch=manifest.version)["Body"]
            self._manifests[manifest] = body.read()
        return self._manifests[manifest]

    def _s3(self) -> Any:
        if self._client is None:
            # Imported here: the shipped data need neither, and a cold start is shorter without them.
            from botocore.config import Config  # noqa: PLC0415
            from botocore.session import get_session  # noqa: PLC0415

            # The function has 4 minutes, of which loading takes the most.
            patience = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 3})
            self._client = get_session().create_client("s3", config=patience)
        return self._client

    @contextmanager
    def _failures(self) -> Iterator[None]:
        """Turn what S3 refuses into a sentence."""
        from botocore.exceptions import (  # noqa: PLC0415
            BotoCoreError,
            ClientError,
            HTTPClientError,
            IncompleteReadError,
        )

        try:
            yield
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _CHANGED:
                raise UnfinishedError(f"{self._uri} is being written anew. Ask again in some minutes.") from error
            if code in _PASSING:
                raise PassingError(f"S3 is too busy to give {self._uri} ({code}). Ask again in a minute.") from error
            raise CostDataError(self._refusal(code, error.response["Error"].get("Message", ""))) from error
        except (HTTPClientError, IncompleteReadError) as error:
            raise PassingError(f"S3 cannot be reached for {self._uri}. Ask again in a minute.") from error
        except BotoCoreError as error:
            raise CostDataError(f"{self._uri} cannot be read: {error}") from error

    def _refusal(self, code: str, message: str) -> str:
        if code in ("NoSuchBucket", "InvalidBucketName"):
            return f"There is no bucket {self.bucket}."
        if code in ("NoSuchKey", "404"):
            return f"There is no {self._uri}."
        if code in _EXPIRED:
            return f"The AWS credentials to read {self._uri} with have expired or are wrong ({code})."
        if "kms:" in message.casefold() or code.startswith("KMS."):
            return f"The key that {self._uri} is encrypted with may not be used: it takes kms:Decrypt on it."
        if code in ("AccessDenied", "403"):
            listing = "s3:ListBucket and " if self.path.endswith("/") else ""
            return f"S3 refuses {self._uri}: it takes {listing}s3:GetObject, in the role and in the bucket's policy."
        return f"S3 refuses {self._uri}: {code}."


class CostSource:
    """Gives the costs of a place in S3, and reads those that have changed since the last look."""

    def __init__(
        self,
        place: S3Place,
        folder: Path | None = None,
        load: Callable[[Sequence[Path]], Costs] = load_costs,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep files in `folder`, each under its ETag; Lambda empties /tmp when a function starts anew."""
        self._place, self._load, self._clock = place, load, clock
        # On the local cloud both agents have one /tmp.
        name = f"cost-exports-{os.environ.get('AWS_LAMBDA_FUNCTION_NAME', '')}"
        self._folder = folder or Path(tempfile.gettempdir()) / name
        self._files: list[StoredFile] = []
        self._costs: Costs | None = None
        self._next_look = 0.0

    def __call__(self) -> Costs:
        """The costs. Raises CostDataError if there are none to be had; the next call then tries again."""
        if self._costs is not None and self._clock() < self._next_look:
            return self._costs
        wait = _SECONDS_BETWEEN_LOOKS
        try:
            costs = self._read()
        except (PassingError, UnfinishedError) as error:
            if self._costs is None:
                raise
            # Its coverage says how far it reaches.
            sys.stdout.write(json.dumps({"message": "The costs read before are kept.", "reason": str(error)}) + "\n")
            costs, wait = self._costs, _SECONDS_TO_NEXT_TRY
        self._costs, self._next_look = costs, self._clock() + wait
        return costs

    def _read(self) -> Costs:
        files = self._place.newest()
        if self._costs is not None and files == self._files:
            return self._costs
        costs = self._load(fetched(self._place, files, self._folder))
        self._files = files
        if self._costs is not None:
            # Its memory is needed before Python happens to notice that nobody has it.
            self._costs.connection.close()
        return costs


def fetched(place: S3Place, files: Sequence[StoredFile], folder: Path) -> list[Path]:
    """The files in a folder of this machine: what is not there yet is downloaded, what is not one of them removed."""
    paths = [folder / file.version.strip('"') / Path(file.key).name for file in files]
    folder.mkdir(parents=True, exist_ok=True)
    for old in set(folder.iterdir()) - {path.parent for path in paths}:
        shutil.rmtree(old, ignore_errors=True)
    missing = {path: file for path, file in zip(paths, files, strict=True) if not path.exists()}
    needed, free = sum(file.size for file in missing.values()), shutil.disk_usage(folder).free
    if needed > free:
        raise CostDataError(
            f"The export has {needed / 1e6:,.0f} MB, and there is room for {free / 1e6:,.0f} MB: make an export by day"
            " in place of one by hour, or give the function more ephemeral storage."
        )
    for path, file in missing.items():
        path.parent.mkdir(exist_ok=True)
        place.download(file, path)
    return paths


def local_files(paths: Sequence[Path]) -> list[Path]:
    """The files of this machine to answer from: those named, and of a folder as of one in S3.

    Raises CostDataError, or OSError for a path that is not there.
    """
    found = []
    for path in paths:
        if path.is_dir():
            found += _files_in(path)
        else:
            path.stat()
            found.append(path)
    return found


def _files_in(folder: Path) -> list[Path]:
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    stored = [StoredFile(key, path.stat().st_size) for key, path in files.items()]
    try:
        newest = newest_files(stored, lambda file: files[file.key].read_bytes(), str(folder.resolve()))
    except CostDataError as error:
        raise CostDataError(f"{folder}: {error}") from error
    return [files[file.key] for file in newest]


def cost_source(uri: str) -> Callable[[], Costs]:
    """The function that gives the costs of a place in S3, or if that is empty those of the shipped data set.

    It raises CostDataError if they cannot be read. Raises ValueError for an address that is none.
    """
    if uri.strip():
        return CostSource(S3Place(uri.strip()))
    shipped: list[Costs] = []

    def costs() -> Costs:
        if not shipped:
            shipped.append(load_costs([SHIPPED_DATA]))
        return shipped[0]

    return costs


configured_costs = cost_source(os.environ.get("COSTS_S3_URI", ""))
