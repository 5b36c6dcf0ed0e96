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
from unit.finops_websocket.embedded_metrics import Measurement, measurements

REPOSITORY = Path(__file__).resolve().parents[3]
CONSTANTS = {name: value for name, value in vars(metrics).items() if name.isupper() and not name.startswith("_")}
MEASURED = {metrics.TIME_TO_FIRST_PROGRESS, metrics.TIME_TO_ANSWER, metrics.AGENT_TIME}
OF_AGENTS = {metrics.AGENT_TIME, metrics.AGENT_FAILURES}

# The alarms' and the dashboard's: a metric by another name is one that nobody looks at.
PUBLISHED = {
    "FramesUnserved",
    "ConnectionsOpened",
    "ConnectionsClosed",
    "ConnectionsRefused",
    "SignIns",
    "SignInsRefused",
    "TokenKeysUnavailable",
    "QueriesAccepted",
    "QueriesRefused",
    "JobsCompleted",
    "JobsFailed",
    "JobsCancelled",
    "PartialAnswers",
    "TimeToFirstProgress",
    "TimeToAnswer",
    "AgentTime",
    "AgentFailures",
    "DeliveriesRefused",
    "UnreadableDeadLetters",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # As in a function: the service is a function's own name.
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "background-processor")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "my-project-background-processor")


@pytest.mark.parametrize("name", sorted(set(CONSTANTS.values()) - MEASURED))
def test_a_count_is_one_line_of_the_log_as_cloudwatch_reads_it(capsys: pytest.CaptureFixture[str], name: str) -> None:
    before = time.time() * 1000
    metrics.count(metrics.Countable(name))
    (line,) = capsys.readouterr().out.splitlines()
    assert measurements(line) == [Measurement(name, "Count", 1.0)]
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


@pytest.mark.parametrize("name", sorted(MEASURED))
def test_a_time_is_measured_in_seconds(capsys: pytest.CaptureFixture[str], name: str) -> None:
    metrics.measure(metrics.Measurable(name), 2.5)
    assert measurements(capsys.readouterr().out) == [Measurement(name, "Seconds", 2.5)]


def test_no_time_is_negative_though_a_clock_was_set_back(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.measure(metrics.TIME_TO_ANSWER, -3)
    assert measurements(capsys.readouterr().out) == [Measurement("TimeToAnswer", "Seconds", 0.0)]


def test_what_is_an_agent_s_has_its_name_as_a_second_dimension(capsys: pytest.CaptureFixture[str]) -> None:
    metrics.count(metrics.AGENT_FAILURES, agent="cost-agent")
    metrics.measure(metrics.AGENT_TIME, 7, agent="cost-agent")
    out = capsys.readouterr().out
    for line in out.splitlines():
        assert json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service", "agent"]]
    assert measurements(out) == [
        Measurement("AgentFailures", "Count", 1.0, "cost-agent"),
        Measurement("AgentTime", "Seconds", 7.0, "cost-agent"),
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
    assert len(log.pieces) == 3
    for piece in log.pieces:
        assert piece.endswith("\n")
        assert json.loads(piece)[metrics.DELIVERIES_REFUSED] == [1.0]


def test_without_a_namespace_the_log_says_what_is_not_counted_and_the_work_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    metrics.count(metrics.JOBS_FAILED)
    metrics.measure(metrics.AGENT_TIME, 3, agent="cost-agent")
    assert [(record.levelname, record.__dict__["metric"]) for record in caplog.records] == [
        ("ERROR", "JobsFailed"),
        ("ERROR", "AgentTime"),
    ]
    assert '"_aws"' not in capsys.readouterr().out


class FullLog(io.StringIO):
    """Takes nothing."""

    def write(self, text: str, /) -> int:
        raise OSError("No space is left.")


def test_a_log_that_takes_nothing_stops_no_work(caplog: pytest.LogCaptureFixture) -> None:
    with contextlib.redirect_stdout(FullLog()):
        metrics.count(metrics.JOBS_COMPLETED)
    assert [record.__dict__["metric"] for record in caplog.records] == ["JobsCompleted"]


def test_a_closed_log_stops_no_work(caplog: pytest.LogCaptureFixture) -> None:
    log = io.StringIO()
    log.close()
    with contextlib.redirect_stdout(log):
        metrics.count(metrics.JOBS_COMPLETED)
    assert [record.__dict__["metric"] for record in caplog.records] == ["JobsCompleted"]


def test_the_metrics_are_those_that_are_looked_at() -> None:
    assert sorted(CONSTANTS.values()) == sorted(PUBLISHED)


@pytest.mark.parametrize("constant", sorted(CONSTANTS))
def test_each_metric_is_counted_by_the_functions_and_its_counting_tested(constant: str) -> None:
    of_functions = [path for path in REPOSITORY.glob("src/*/*.py") if path.name != "metrics.py"]
    tests = (path for function in of_functions for path in REPOSITORY.glob(f"tests/unit/{function.parent.name}/*.py"))
    of_tests = [path for path in set(tests) if path.name != Path(__file__).name]
    mentioned = re.compile(rf"\bmetrics\.{constant}\b")
    counting = [path.name for path in of_functions if mentioned.search(path.read_text(encoding="utf-8"))]
    # In one place: what two places count is counted twice, sooner or later.
    assert len(counting) == (2 if constant == "FRAMES_UNSERVED" else 1)
    tested = re.compile(rf"\bmetrics\.{constant}\b|\"{CONSTANTS[constant]}\"")
    assert [path.name for path in of_tests if tested.search(path.read_text(encoding="utf-8"))]


def test_an_agent_is_named_where_a_metric_is_one_of_agents_and_nowhere_else() -> None:
    calls = [
        call
        for path in REPOSITORY.glob("src/*/*.py")
        for call in re.findall(r"metrics\.(?:count|measure)\(metrics\.(\w+)(.*)\)", path.read_text(encoding="utf-8"))
    ]
    assert {CONSTANTS[constant] for constant, rest in calls if "agent=" in rest} == OF_AGENTS
    assert OF_AGENTS.isdisjoint(CONSTANTS[constant] for constant, rest in calls if "agent=" not in rest)
