"""The user's own costs in a local run: found, checked before anything is started, and given to the local cloud."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from finops_operations.local_run.cloud import LOCAL, ROOT, LocalRunFailed
from finops_operations.operator_messages import heading

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client


def checked(costs: Sequence[Path], focus_export: str, folder: Path = LOCAL / "focus-export") -> list[Path]:
    """Give the files of the costs, or of the newest delivery of an export in S3, which is fetched into a folder.

    The checker says what is in them. Costs that the agents could not answer from are a LocalRunFailed.
    """
    # DuckDB is loaded for costs of the user's own alone.
    from sample_agents.costs.source import S3Place, fetched, local_files  # noqa: PLC0415
    from sample_agents.errors import CostDataError  # noqa: PLC0415

    try:
        if focus_export:
            heading(f"Fetching the newest delivery of {focus_export}")
            place = S3Place(f"{focus_export.rstrip('/')}/")
            files = fetched(place, place.newest(), folder)
        else:
            files = local_files(costs)
    except OSError as error:
        raise LocalRunFailed(f"{error.filename}: {error.strerror}.") from error
    except (CostDataError, ValueError) as error:
        raise LocalRunFailed(str(error)) from error
    command = [sys.executable, "-m", "sample_agents.costs.check", *map(str, costs or [folder])]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    if subprocess.run(command, env=environment, stdout=sys.stderr, check=False).returncode:  # noqa: S603 (a list)
        said = "--focus-export" if focus_export else "--costs"
        raise LocalRunFailed(
            f"The agents cannot answer from this. Correct it, or leave {said} out to use the sample data."
        )
    return files


def uploaded(s3: S3Client, bucket: str, files: Sequence[Path]) -> str:
    """Put the files into a folder of a bucket, and give its address.

    Other content has another address, so the agents do not answer from what they have read before.
    """
    content = hashlib.sha256()
    for file in files:
        with file.open("rb") as stream:
            content.update(hashlib.file_digest(stream, "sha256").digest())
    folder = f"costs/{content.hexdigest()}/"
    for number, file in enumerate(files):
        # The agents take by its name what is an export in a folder.
        suffix = "" if re.search(r"\.(csv|csv\.gz|parquet)$", file.name, re.IGNORECASE) else ".csv"
        with file.open("rb") as stream:
            s3.put_object(Bucket=bucket, Key=f"{folder}{number:05}/{file.name}{suffix}", Body=stream)
    return f"s3://{bucket}/{folder}"
