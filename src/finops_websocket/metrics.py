"""What is counted and measured, for the alarms and the dashboard.

CloudWatch reads it out of the log, so that it is no call that could fail or be waited for. It reads each line at least
once, and on occasion twice:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
import sys
from typing import NewType

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, SchemaValidationError
from aws_lambda_powertools.metrics.base import SingleMetric

logger = Logger(child=True)

Countable = NewType("Countable", str)
Measurable = NewType("Measurable", str)

FRAMES_UNSERVED = Countable("FramesUnserved")
"""A frame, a $connect or a $disconnect could not be served: something happened that nobody expected."""

CONNECTIONS_OPENED = Countable("ConnectionsOpened")
"""A connection was accepted, and is noted."""

CONNECTIONS_CLOSED = Countable("ConnectionsClosed")
"""API Gateway has said that a connection is closed; it does not promise to say so of each, nor only once."""

CONNECTIONS_REFUSED = Countable("ConnectionsRefused")
"""A connection was answered 403, because of the page that it came from."""

SIGN_INS = Countable("SignIns")
"""A connection has shown with a token who is asking, and was told so; each renewal of a token counts."""

SIGN_INS_REFUSED = Countable("SignInsRefused")
"""A token was refused: it is not valid or has expired, the connection is another's, or its user has too many."""

TOKEN_KEYS_UNAVAILABLE = Countable("TokenKeysUnavailable")
"""The keys that tokens are checked with could not be fetched; not the tokens that are turned away until they can be."""

QUERIES_ACCEPTED = Countable("QueriesAccepted")
"""A question became a new job, which is queued, and was acknowledged; one that was sent before is not counted."""

QUERIES_REFUSED = Countable("QueriesRefused")
"""A question ended in `job_failed` without a job, as its asker was told; it is not among the accepted."""

JOBS_COMPLETED = Countable("JobsCompleted")
"""A job's end was stored: it has an answer."""

JOBS_FAILED = Countable("JobsFailed")
"""A job's end was stored: it has failed, whoever found that out."""

JOBS_CANCELLED = Countable("JobsCancelled")
"""A job's end was stored: its asker did not want it any more."""

PARTIAL_ANSWERS = Countable("PartialAnswers")
"""A job was completed without the answer of one of its agents; it is counted among the completed too."""

TIME_TO_FIRST_PROGRESS = Measurable("TimeToFirstProgress")
"""From a question's acceptance to the first step of a worker that has claimed its job, in whole seconds."""

TIME_TO_ANSWER = Measurable("TimeToAnswer")
"""From a question's acceptance to the stored answer, in whole seconds."""

AGENT_TIME = Measurable("AgentTime")
"""How long an agent took to answer or to fail; for each agent."""

AGENT_FAILURES = Countable("AgentFailures")
"""An agent gave no answer, or none that could be used, in time; for each agent."""

DELIVERIES_REFUSED = Countable("DeliveriesRefused")
"""API Gateway has forbidden a function to post to a client."""

UNREADABLE_DEAD_LETTERS = Countable("UnreadableDeadLetters")
"""A dead letter names no job; it is counted each time that it is looked at."""

# One dimension for all functions: an alarm reads one metric, whoever counts. The namespace is the stack's own.
_SERVICE = "finops-websocket"


def count(what: Countable, *, agent: str | None = None) -> None:
    """Count one; `agent`, the name of its function, says whose it is.

    Raises nothing: what cannot be counted is said in the log, and the work goes on.
    """
    _write(what, MetricUnit.Count, 1, agent)


def measure(what: Measurable, seconds: float, *, agent: str | None = None) -> None:
    """Note how long something took, like `count`."""
    # The clock that it was measured with may have been set back meanwhile.
    _write(what, MetricUnit.Seconds, max(0, seconds), agent)


def _write(name: str, unit: MetricUnit, value: float, agent: str | None) -> None:
    # A line for each at once, instead of one for all when the function returns: what a function has not written when it
    # times out is lost.
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Lambda.html
    metric = SingleMetric()
    metric.add_metric(name, unit, value)
    metric.add_dimension("service", _SERVICE)
    if agent is not None:
        metric.add_dimension("agent", agent)
    try:
        # In one piece, where print writes the end of the line by itself: CloudWatch reads a line that is nothing but
        # the metric, and agents' threads write to the same log.
        sys.stdout.write(json.dumps(metric.serialize_metric_set()) + "\n")
    except (SchemaValidationError, OSError, ValueError):
        # The environment names no namespace (POWERTOOLS_METRICS_NAMESPACE), or the log takes nothing: a closed file is
        # a ValueError.
        logger.exception("Something could not be counted.", metric=name)
