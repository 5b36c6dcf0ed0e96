import json
import time

import pytest
from aws_lambda_powertools.metrics.exceptions import SchemaValidationError

from finops_websocket import metrics


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a function: the service is a function's own name.
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "background-processor")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "my-project-background-processor")


@pytest.mark.parametrize("name", [metrics.DELIVERIES_REFUSED, metrics.UNREADABLE_DEAD_LETTERS])
def test_a_count_is_one_line_of_the_log_as_cloudwatch_reads_it(capsys: pytest.CaptureFixture[str], name: str) -> None:
    before = time.time() * 1000
    metrics.count(name)
    (line,) = capsys.readouterr().out.splitlines()
    counted = json.loads(line)
    timestamp = counted["_aws"].pop("Timestamp")
    # CloudWatch takes milliseconds; seconds would be in 1970 and refused.
    assert timestamp >= int(before)
    # The alarms of the template name the same namespace, metric and dimension.
    assert counted == {
        "_aws": {
            "CloudWatchMetrics": [
                {
                    "Namespace": "my-project",
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": name, "Unit": "Count"}],
                }
            ]
        },
        "service": "finops-websocket",
        name: [1.0],
    }


def test_each_count_is_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        metrics.count(metrics.DELIVERIES_REFUSED)
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)[metrics.DELIVERIES_REFUSED] for line in lines] == [[1.0]] * 3


def test_a_function_without_a_namespace_does_not_count_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    with pytest.raises(SchemaValidationError):
        metrics.count(metrics.DELIVERIES_REFUSED)
