"""What is counted: each thing in one place, as a line of the log that CloudWatch can read."""

import contextlib
import io
import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket import metrics
from unit.doubles.embedded_metrics import Measurement, measurements

SOURCES = Path(__file__).resolve().parents[3] / "src"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a function: the service is a function's own name.
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "background-processor")


def test_each_metric_that_is_looked_at_is_counted_in_one_place() -> None:
    """What two places count is counted twice, sooner or later."""
    constants = {name: value for name, value in vars(metrics).items() if name.isupper() and not name.startswith("_")}
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES.rglob("*.py"))
    places = {name: len(re.findall(rf"\bmetrics\.{name}\b", source)) for name in constants}
    # A frame that is answered all the same is counted by its dispatch, one that is not by the entry point.
    assert places == {name: 2 if name == "FRAMES_UNSERVED" else 1 for name in constants}


def test_a_count_is_one_line_of_the_log_as_cloudwatch_reads_it(capsys: pytest.CaptureFixture[str]) -> None:
    before = time.time() * 1000
    metrics.count(metrics.JOBS_FAILED)
    (line,) = capsys.readouterr().out.splitlines()
    counted = json.loads(line)
    # CloudWatch takes milliseconds; seconds would be in 1970 and refused.
    assert counted["_aws"].pop("Timestamp") >= int(before)
    # The alarms of the template name the same namespace, metric and dimension.
    directive = {
        "Namespace": "my-project",
        "Dimensions": [["service"]],
        "Metrics": [{"Name": "JobsFailed", "Unit": "Count"}],
    }
    assert counted == {"_aws": {"CloudWatchMetrics": [directive]}, "service": "finops-websocket", "JobsFailed": [1.0]}


def test_what_is_an_agent_s_has_its_name_as_a_second_dimension_and_no_time_is_negative(
    capsys: pytest.CaptureFixture[str],
) -> None:
    metrics.count(metrics.AGENT_FAILURES, agent="cost-agent")
    # A clock was set back meanwhile.
    metrics.measure(metrics.TIME_TO_ANSWER, -3)
    assert measurements(capsys.readouterr().out) == [
        Measurement("AgentFailures", "Count", 1.0, "cost-agent"),
        Measurement("TimeToAnswer", "Seconds", 0.0),
    ]


@given(st.floats(0, 1e9), st.text(min_size=1, max_size=64))
def test_whatever_the_value_cloudwatch_can_read_it(seconds: float, agent: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()) as log, pytest.MonkeyPatch.context() as environment:
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
        metrics.measure(metrics.AGENT_TIME, seconds, agent=agent)
    assert log.getvalue().isascii()
    assert measurements(log.getvalue()) == [Measurement("AgentTime", "Seconds", seconds, agent)]


class PieceByPiece(io.StringIO):
    """Keeps what is written, each piece by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str, /) -> int:
        self.pieces.append(text)
        return len(text)


def test_each_count_is_a_line_that_is_written_in_one_piece() -> None:
    """Between two pieces another thread's line of the log could come, and CloudWatch would read neither."""
    with contextlib.redirect_stdout(PieceByPiece()) as log:
        for _ in range(3):
            metrics.count(metrics.DELIVERIES_REFUSED)
    assert [piece[-1] for piece in log.pieces] == ["\n"] * 3
    assert [json.loads(piece)[metrics.DELIVERIES_REFUSED] for piece in log.pieces] == [[1.0]] * 3


class FullLog(io.StringIO):
    """Takes nothing."""

    def write(self, text: str, /) -> int:
        raise OSError("No space is left.")


@pytest.mark.parametrize("trouble", ["no namespace", "full", "closed"])
def test_what_cannot_be_counted_is_said_and_the_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    log = FullLog() if trouble == "full" else io.StringIO()
    if trouble == "no namespace":
        monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    if trouble == "closed":
        log.close()
    with contextlib.redirect_stdout(log):
        metrics.count(metrics.JOBS_FAILED)
        metrics.measure(metrics.AGENT_TIME, 3, agent="cost-agent")
    assert [(record.levelname, record.__dict__["metric"]) for record in caplog.records] == [
        ("ERROR", "JobsFailed"),
        ("ERROR", "AgentTime"),
    ]
    assert trouble == "closed" or '"_aws"' not in log.getvalue()
