"""The metrics in a function's log, read by the rules by which CloudWatch reads them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.session import get_session

UNITS = set(get_session().get_service_model("cloudwatch").shape_for("StandardUnit").enum)


@dataclass(frozen=True)
class Measurement:
    """A metric's value, and the agent that it is of, if it is of one."""

    name: str
    unit: str
    value: float
    agent: str | None = None


def measurements(log: str) -> list[Measurement]:
    """Give the metrics in a log, in order; fail if CloudWatch could not read one, or it says more than a metric."""
    return [read for line in log.splitlines() if is_metric(line) for read in _read(json.loads(line))]


def names(measured: Iterable[Measurement]) -> Counter[str]:
    """Count the measurements of each name."""
    return Counter(measurement.name for measurement in measured)


def is_metric(line: str) -> bool:
    """Tell a metric's line of the log from the others."""
    return '"_aws"' in line


def _read(document: dict[str, Any]) -> list[Measurement]:
    metadata = document.pop("_aws")
    assert isinstance(metadata["Timestamp"], int)
    (directive,) = metadata["CloudWatchMetrics"]
    assert directive["Namespace"]
    (dimension_names,) = directive["Dimensions"]
    dimensions = {name: document.pop(name) for name in dimension_names}
    assert all(isinstance(value, str) and 0 < len(value) <= 1024 for value in dimensions.values())
    agent = dimensions.pop("agent", None)
    assert dimensions == {"service": "finops-websocket"}
    found = []
    for definition in directive["Metrics"]:
        assert definition["Unit"] in UNITS
        (value,) = document.pop(definition["Name"])
        assert isinstance(value, float)
        found.append(Measurement(definition["Name"], definition["Unit"], value, agent))
    # Neither who asked nor what: the log is no place for it, and a metric has nothing beside its value.
    assert document == {}
    return found
