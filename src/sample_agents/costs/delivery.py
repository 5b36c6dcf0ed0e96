"""Which files of a folder are the cost export: those of the newest delivery of AWS Data Exports, or all. Pure.

https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html has the layout:

    EXPORT/data/BILLING_PERIOD=2026-05/EXPORT-00001.snappy.parquet (or .csv.gz)
    EXPORT/metadata/BILLING_PERIOD=2026-05/EXPORT-Manifest.json

An export that overwrites has these; one that creates new files has a folder TIMESTAMP-EXECUTION more for each of its
executions, and the newest one's manifest above them too. A manifest is written once its data files are, and names
them. FOCUS exports spell the partition in small letters as well.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sample_agents.errors import CostDataError

_MANIFEST = re.compile(
    r"(?P<export>(?:.*/)?)metadata/(?P<partition>[^/]+)/(?:(?P<execution>[^/]+)/)?[^/]*Manifest\.json"
)
_DATA = re.compile(r"(?P<export>(?:.*/)?)data/(?P<partition>billing_period=[^/]+)/(?P<file>.+)", re.IGNORECASE)
# What a folder inside a delivery has in its path, or its files in theirs; they may be of several executions.
_PART = re.compile(r"(^|/)(billing_period=[^/]+|\d{8}T\d{6}Z?-[\w-]+)/", re.IGNORECASE)
_EXPORT_FILE = re.compile(r".+\.(csv|csv\.gz|parquet)", re.IGNORECASE)
# Data that are newer than their manifest are overwritten at this moment, unless they have been for longer than any
# delivery takes: then somebody has copied them, in whatever order.
_LONGEST_DELIVERY = timedelta(hours=1)


class UnfinishedError(CostDataError):
    """A delivery is under way: what was read before stays right, and the next look finds the new one."""


@dataclass(frozen=True)
class StoredFile:
    """A file of the folder; `key` is its path in it, with slashes."""

    key: str
    size: int
    version: str = ""  # another one for other content: an ETag
    modified: datetime | None = None


@dataclass
class _Partition:
    """A billing period of an export."""

    data: dict[str, StoredFile]  # by path below the partition's folder
    manifests: dict[str, StoredFile]  # by execution; that of the newest one is named ""


def newest_files(
    files: Iterable[StoredFile], read: Callable[[StoredFile], bytes], folder: str = "", now: datetime | None = None
) -> list[StoredFile]:
    """The files of a folder to answer from: of a delivery its newest execution, otherwise all exports.

    `folder` is its path, and `now` is the clock of the files' times: without it, none is being written.

    Raises CostDataError if there are none, UnfinishedError if they are not all there yet.
    """
    files = sorted(files, key=lambda file: file.key)
    exports = _exports(files)
    if not exports:
        return _plain_exports(files, folder)
    if len(exports) > 1:
        names = ", ".join(name.strip("/") or "one without a name" for name in sorted(exports))
        raise CostDataError(
            f"There are {len(exports)} exports in this folder ({names}): name the folder of one of them."
        )
    (partitions,) = exports.values()
    delivered = {name: partition for name, partition in partitions.items() if partition.manifests}
    if not delivered:
        raise CostDataError(
            "The export has no manifest yet (metadata/BILLING_PERIOD=.../...Manifest.json): AWS delivers the first"
            " one within 24 hours after the export is made."
        )
    found = [file for name in sorted(delivered) for file in _newest_of(name, delivered[name], read, now)]
    if not found:
        raise CostDataError("The export's manifests name no file with data: there is no charge in it yet.")
    return found


def _exports(files: Sequence[StoredFile]) -> Mapping[str, Mapping[str, _Partition]]:
    """The partitions of each export that is delivered to the folder, by their names in small letters."""
    exports: dict[str, dict[str, _Partition]] = defaultdict(lambda: defaultdict(lambda: _Partition({}, {})))
    for file in files:
        if found := _MANIFEST.fullmatch(file.key):
            exports[found["export"]][found["partition"].casefold()].manifests[found["execution"] or ""] = file
        elif found := _DATA.fullmatch(file.key):
            exports[found["export"]][found["partition"].casefold()].data[found["file"]] = file
    return exports


def _plain_exports(files: Sequence[StoredFile], folder: str) -> list[StoredFile]:
    found = [file for file in files if _EXPORT_FILE.fullmatch(file.key) and "/." not in f"/{file.key}"]
    if not found:
        raise CostDataError("There is no cost export in this folder: no .csv, .csv.gz or .parquet, and no manifest.")
    if any(_PART.search(f"{folder}/{file.key}") for file in found):
        raise CostDataError(
            "This is a part of an export that AWS Data Exports delivers: name the folder above its data and metadata,"
            " whose manifests say which files count, or name single files."
        )
    return found


def _newest_of(
    name: str, partition: _Partition, read: Callable[[StoredFile], bytes], now: datetime | None
) -> list[StoredFile]:
    """The data files of the partition's newest execution that is all there."""
    for execution in sorted(partition.manifests, key=lambda execution: (not execution, execution), reverse=True):
        manifest = partition.manifests[execution]
        files = [partition.data.get(file) for file in _named(read(manifest), name, partition, execution)]
        there = [file for file in files if file]
        if len(there) == len(files) and not any(_is_being_written(file, manifest, now) for file in there):
            # What is left over of a larger execution is overwritten with nothing.
            return [file for file in there if file.size]
    raise UnfinishedError(f"AWS is delivering {name.partition('=')[2]} of the export anew. Ask again in some minutes.")


def _is_being_written(file: StoredFile, manifest: StoredFile, now: datetime | None) -> bool:
    if not (now and file.modified and manifest.modified):
        return False
    return file.modified > manifest.modified and now - file.modified < _LONGEST_DELIVERY


def _named(content: bytes, name: str, partition: _Partition, execution: str) -> Iterator[str]:
    """The paths, below the partition's folder, of the files that a manifest names."""
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise CostDataError(f"The manifest of {name.partition('=')[2]} is no JSON.") from error
    files = manifest.get("dataFiles") if isinstance(manifest, dict) else None
    if not isinstance(files, list):
        # A manifest without the list: those beside each other, of the newest execution that has one.
        folders = {file.rpartition("/")[0] for file in partition.data}
        folder = execution or max(partition.manifests) or max(folders, default="")
        files = [f"data/{name}/{file}" for file in partition.data if file.rpartition("/")[0] == folder]
    for file in files:
        # An address of the bucket to which AWS has delivered: the folder may have been copied since.
        found = _DATA.fullmatch(file if isinstance(file, str) else "")
        yield found["file"] if found and found["partition"].casefold() == name else ""
