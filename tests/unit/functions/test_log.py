"""The log: of errors what and where and no word of theirs; what is counted is there for CloudWatch to read."""

import contextlib
import io
import json
import time
import uuid

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from finops_websocket import metrics
from finops_websocket.observability import ContentFreeFormatter
from unit.doubles.embedded_metrics import Measurement, measurements

REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "secret"}}, "PutItem")


def fail(cause):
    try:
        raise KeyError("secret")
    except KeyError as error:
        error.add_note("secret")
        if cause is None:
            raise ValueError("secret")  # noqa: B904 - The error that it came from is its context.
        raise ValueError("secret") from (cause if cause is REFUSED else None)


def test_of_an_error_and_what_it_came_from_there_are_the_types_and_places_and_aws_s_code_and_call():
    stream = io.StringIO()
    logger = Logger(service=str(uuid.uuid4()), stream=stream, logger_formatter=ContentFreeFormatter())
    # Whatever raises "from None" says that what it came from does not matter.
    for cause in (None, "nothing", REFUSED):
        try:
            fail(cause)
        except ValueError:
            logger.exception("It failed.")
    assert "secret" not in stream.getvalue()
    lines = [json.loads(line)["errors"] for line in stream.getvalue().split("\n") if line]
    kinds = [[error["errorType"] for error in errors] for errors in lines]
    assert kinds == [["ValueError", "KeyError"], ["ValueError"], ["ValueError", "ClientError"]]
    assert [place.split(":")[0] for place in lines[0][0]["raisedAt"]] == ["test_log.py"] * 2
    assert lines[0][0]["raisedAt"][-1].endswith(" fail")
    call = {"errorCode": "AccessDenied", "operation": "PutItem"}
    assert lines[2][1] == {"errorType": "ClientError", **call, "raisedAt": []}


# What is counted: each thing in one place, as a line of the log that CloudWatch can read.


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    # As in a function: the service is a function's own name.
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "my-project")
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "background-processor")


class PieceByPiece(io.StringIO):
    """Keeps what is written, each piece by itself."""

    def __init__(self):
        super().__init__()
        self.pieces = []

    def write(self, text, /):
        self.pieces.append(text)
        return len(text)


def test_a_count_is_one_line_of_the_log_written_in_one_piece_as_cloudwatch_reads_it():
    """Between two pieces another thread's line of the log could come, and CloudWatch would read neither."""
    before = time.time() * 1000
    with contextlib.redirect_stdout(PieceByPiece()) as log:
        metrics.count(metrics.JOBS_FAILED)
        # No time is negative, though a clock was set back.
        metrics.measure(metrics.AGENT_TIME, -3, agent="日本")
    line, other = log.pieces
    assert (line[-1], other[-1], other.isascii()) == ("\n", "\n", True)
    counted = json.loads(line)
    # CloudWatch takes milliseconds; seconds would be in 1970 and refused.
    assert counted["_aws"]["Timestamp"] >= int(before)
    # The alarms of the template name the same namespace, metric and dimension.
    assert counted["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "my-project"
    assert measurements(line + other) == [
        Measurement("JobsFailed", "Count", 1.0),
        Measurement("AgentTime", "Seconds", 0.0, "日本"),
    ]


@pytest.mark.parametrize("trouble", ["no namespace", "closed"])
def test_what_cannot_be_counted_is_said_and_the_work_goes_on(monkeypatch, caplog, trouble):
    log = io.StringIO()
    if trouble == "no namespace":
        monkeypatch.delenv("POWERTOOLS_METRICS_NAMESPACE")
    else:
        log.close()
    with contextlib.redirect_stdout(log):
        metrics.count(metrics.JOBS_FAILED)
        metrics.measure(metrics.AGENT_TIME, 3, agent="cost-agent")
    assert [record.__dict__["metric"] for record in caplog.records] == ["JobsFailed", "AgentTime"]
    assert trouble == "closed" or '"_aws"' not in log.getvalue()
