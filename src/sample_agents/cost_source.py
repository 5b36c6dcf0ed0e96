"""Where the costs come from: the export in S3 that a setting names, or the data set shipped here."""

import functools
import io
import os
from collections.abc import Callable
from importlib import resources

from sample_agents.costs import Costs
from sample_agents.errors import CostDataError
from sample_agents.focus_export import read_costs

# A small company's charges by day, all made up.
SHIPPED_DATA = resources.files("sample_agents") / "data" / "sample_costs.csv.gz"


def cost_source(uri: str) -> Callable[[], Costs]:
    """The function that reads the costs on first use: `s3://bucket/key`, or if that is empty the shipped data set.

    It raises CostDataError if they cannot be read; the next call then tries again.

    Raises ValueError for any other address, so that a wrong setting fails when the function starts.
    """
    uri = uri.strip()
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if uri and not (uri.startswith("s3://") and bucket and key):
        raise ValueError(f"COSTS_S3_URI must read s3://bucket/key, not {uri!r}.")

    @functools.cache  # which keeps no error
    def costs() -> Costs:
        return read_costs(io.BytesIO(_read_s3(bucket, key) if uri else SHIPPED_DATA.read_bytes()))

    return costs


configured_costs = cost_source(os.environ.get("COSTS_S3_URI", ""))


def _read_s3(bucket: str, key: str) -> bytes:
    # Imported here: the shipped data set needs neither, and a cold start is shorter without them.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        return bytes(boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:  # whose own text names the object
        code = error.response.get("Error", {}).get("Code", "unknown error")
        raise CostDataError(f"S3 refuses the cost export that COSTS_S3_URI names: {code}.") from error
    except BotoCoreError as error:
        raise CostDataError("S3 cannot be reached for the cost export that COSTS_S3_URI names.") from error
