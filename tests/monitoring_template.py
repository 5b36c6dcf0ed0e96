"""The monitoring template with its parameters' defaults, as CloudFormation would evaluate it."""

import json
from collections.abc import Iterator
from typing import Any

from finops_benchmarks import cloudformation_template
from finops_benchmarks.cloudformation_template import load, properties

MONITORING = "monitoring.yaml"
PROJECT = "finops-websocket"
API_ID = "abc123defg"
REGION = "eu-central-1"

_VALUES = {
    **{name: str(parameter.get("Default", "")) for name, parameter in load(MONITORING)["Parameters"].items()},
    "WebSocketApi": API_ID,
    "WebSocketApiId": API_ID,
    "AWS::Region": REGION,
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
}

Metric = tuple[str, str, dict[str, str]]
"""Namespace, name, dimensions."""


def default(parameter: str) -> Any:
    return load(MONITORING)["Parameters"][parameter]["Default"]


def alarms() -> dict[str, dict[str, Any]]:
    """Their properties by their names without the project's."""
    found = properties("AWS::CloudWatch::Alarm", MONITORING).values()
    return {evaluated(alarm["AlarmName"]).removeprefix(f"{PROJECT}-"): alarm for alarm in found}


def read_by(alarm: dict[str, Any]) -> Metric:
    dimensions = {entry["Name"]: evaluated(entry["Value"]) for entry in alarm["Dimensions"]}
    return evaluated(alarm["Namespace"]), alarm["MetricName"], dimensions


def widgets(kind: str) -> list[dict[str, Any]]:
    return [widget["properties"] for widget in dashboard()["widgets"] if widget["type"] == kind]


def dashboard() -> dict[str, Any]:
    (found,) = properties("AWS::CloudWatch::Dashboard", MONITORING).values()
    body: dict[str, Any] = json.loads(evaluated(found["DashboardBody"]))
    return body


def drawn_by(widget: dict[str, Any]) -> Iterator[Metric]:
    """What it draws, with each "." replaced by what the metric above has there.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """
    above: list[str] = []
    for metric in widget["metrics"]:
        texts = [entry for entry in metric if isinstance(entry, str)]
        above = [above[place] if text == "." else text for place, text in enumerate(texts)]
        namespace, name, *dimensions = above
        yield namespace, name, dict(zip(dimensions[::2], dimensions[1::2], strict=True))


def evaluated(value: Any) -> str:
    """Give a text of this template, or the like of the API's stack."""
    return cloudformation_template.evaluated(value, _named)


def _named(name: str) -> str:
    logical_id, _, attribute = name.partition(".")
    if attribute == "Arn":
        alarm = properties("AWS::CloudWatch::Alarm", MONITORING)[logical_id]
        return f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:{evaluated(alarm['AlarmName'])}"
    return _VALUES[name]
