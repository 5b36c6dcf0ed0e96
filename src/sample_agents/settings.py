"""The agents' environment, read once."""

import os
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class S3Object:
    """One object in S3."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Settings:
    """Where the costs come from; None stands for the data set shipped with the agents."""

    costs: S3Object | None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Settings":
        """Read `COSTS_S3_URI` (`s3://bucket/key`; unset or empty: the shipped data set).

        Raises ValueError for anything else, so that a wrong setting fails when the function starts.
        """
        uri = environment.get("COSTS_S3_URI", "").strip()
        if not uri:
            return cls(costs=None)
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not bucket or not key:
            raise ValueError(f"COSTS_S3_URI must read s3://bucket/key, not {uri!r}.")
        return cls(costs=S3Object(bucket, key))
