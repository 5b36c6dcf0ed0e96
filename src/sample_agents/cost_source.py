"""Where the costs come from: the export in S3 that the settings name, or the data set shipped here."""

import io
from collections.abc import Callable
from importlib import resources

from sample_agents.costs import Costs, add_up
from sample_agents.errors import CostDataError
from sample_agents.focus_export import read_charges
from sample_agents.settings import S3Object, Settings

SHIPPED_DATA = resources.files("sample_agents") / "data" / "sample_costs.csv.gz"


def read_s3(source: S3Object) -> bytes:
    """The object's bytes. Raises CostDataError, without the object's name, if S3 does not give them."""
    # Imported here: the shipped data set needs neither, and a cold start is shorter without them.
    import boto3  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        answer = boto3.client("s3").get_object(Bucket=source.bucket, Key=source.key)
        return bytes(answer["Body"].read())
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown error")
        raise CostDataError(f"S3 refuses the cost export that COSTS_S3_URI names: {code}.") from error
    except BotoCoreError as error:
        raise CostDataError("S3 cannot be reached for the cost export that COSTS_S3_URI names.") from error


class CostSource:
    """Reads the costs on first use and keeps them for the life of the execution environment."""

    def __init__(self, settings: Settings, read_object: Callable[[S3Object], bytes] = read_s3) -> None:
        """Take the settings, and how an object in S3 is read."""
        self._settings = settings
        self._read_object = read_object
        self._costs: Costs | None = None

    def costs(self) -> Costs:
        """The costs. Raises CostDataError if they cannot be read; the next call then tries again."""
        if self._costs is None:
            source = self._settings.costs
            export = self._read_object(source) if source else SHIPPED_DATA.read_bytes()
            self._costs = add_up(read_charges(io.BytesIO(export)))
        return self._costs
