"""The log: what happened and where, no word of what was asked or answered, and what is counted."""

import contextlib
import io
import json
import time
import uuid

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket import metrics
from finops_websocket.observability import ContentFreeFormatter
from unit.doubles.embedded_metrics import Measurement, measurements

REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "secret"}}, "PutItem")


@pytest.fixture
def log():
    """A logger of its own, and what reads its lines."""
    stream = io.StringIO()
    logger = Logger(service=str(uuid.uuid4()), stream=stream, logger_formatter=ContentFreeFormatter())
    return logger, lambda: [json.loads(line) for line in stream.getvalue().split("\n") if line]


def raise_from(error, cause):
    raise error from cause


@pytest.mark.parametrize("error", [KeyError("secret"), ParamValidationError(report="secret")])
def test_of_an_error_there_is_its_type_and_where_it_was_raised(log, error):
    logger, lines = log
    error.add_note("secret")
    try:
        raise_from(error, None)
    except type(error):
        logger.exception("It failed.")
    (line,) = lines()
    (described,) = line["errors"]
    assert described["errorType"] == type(error).__name__
    assert [place.split(":")[0] for place in described["raisedAt"]] == ["test_log.py"] * 2
    assert described["raisedAt"][-1].endswith(" raise_from")
    assert "secret" not in json.dumps(line)


def test_of_aws_s_errors_there_are_the_code_and_the_call(log):
    logger, lines = log
    logger.error("It failed.", exc_info=REFUSED)
    ((described,),) = (line["errors"] for line in lines())
    call = {"errorCode": "AccessDenied", "operation": "PutItem"}
    assert described == {"errorType": "ClientError", **call, "raisedAt": []}


def test_what_an_error_came_from_is_there_unless_it_does_not_matter(log):
    logger, lines = log

    def fail(cause):
        try:
            raise KeyError("secret")
        except KeyError:
            if cause is None:
                raise ValueError("secret")  # noqa: B904 - The error that it came from is its context.
            raise_from(ValueError("secret"), None if cause is REFUSED else cause)

    for cause in (None, OSError("secret"), REFUSED):
        try:
            fail(cause)
        except ValueError:
            logger.exception("It failed.")
    described = [[error["errorType"] for error in line["errors"]] for line in lines()]
    assert described == [["ValueError", "KeyError"], ["ValueError", "OSError"], ["ValueError"]]
    assert "secret" not in json.dumps(lines())


# What is counted: each thing in one place, as a line of the log that CloudWatch can read.


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    # As in a function: the service is a function's own name.
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "background-processor")


def test_a_count_is_one_line_of_the_log_as_cloudwatch_reads_it(capsys):
    before = time.time() * 1000
    metrics.count(metrics.JOBS_FAILED)
    (line,) = capsys.readouterr().out.splitlines()
    counted = json.loads(line)
    # CloudWatch takes milliseconds; seconds would be in 1970 and refused.
    assert counted["_aws"].pop("Timestamp") >= int(before)
    # The alarms of the template name the same namespace, metric and dimension.
    directive = {"Namespace": "my-project", "Dimensions": [["service"]]}
    directive["Metrics"] = [{"Name": "JobsFailed", "Unit": "Count"}]
    assert counted == {"_aws": {"CloudWatchMetrics": [directive]}, "service": "finops-websocket", "JobsFailed": [1.0]}


def test_no_time_is_negative_though_a_clock_was_set_back(capsys):
    metrics.measure(metrics.TIME_TO_ANSWER, -3)
    assert measurements(capsys.readouterr().out) == [Measurement("TimeToAnswer", "Seconds", 0.0)]


@given(st.floats(0, 1e9), st.text(min_size=1, max_size=64))
def test_whatever_the_value_cloudwatch_can_read_it(seconds, agent):
    with contextlib.redirect_stdout(io.StringIO()) as log, pytest.MonkeyPatch.context() as environment:
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
        metrics.measure(metrics.AGENT_TIME, seconds, agent=agent)
    assert log.getvalue().isascii()
    assert measurements(log.getvalue()) == [Measurement("AgentTime", "Seconds", seconds, agent)]


class PieceByPiece(io.StringIO):
    """Keeps what is written, each piece by itself."""

    def __init__(self):
        super().__init__()
        self.pieces = []

    def write(self, text, /):
        self.pieces.append(text)
        return len(text)


def test_each_count_is_a_line_that_is_written_in_one_piece():
    """Between two pieces another thread's line of the log could come, and CloudWatch would read neither."""
    with contextlib.redirect_stdout(PieceByPiece()) as log:
        for _ in range(3):
            metrics.count(metrics.DELIVERIES_REFUSED)
    assert [piece[-1] for piece in log.pieces] == ["\n"] * 3
    assert [json.loads(piece)[metrics.DELIVERIES_REFUSED] for piece in log.pieces] == [[1.0]] * 3


@pytest.mark.parametrize("trouble", ["no namespace", "closed"])
def test_what_cannot_be_counted_is_said_and_the_work_goes_on(monkeypatch, caplog, trouble):
    log = io.StringIO()
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
