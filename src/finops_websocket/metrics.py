"""What is counted for alarms: CloudWatch reads it out of the log, so counting is no call that could fail.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

from aws_lambda_powertools.metrics import MetricUnit, single_metric

DELIVERIES_REFUSED = "DeliveriesRefused"
UNREADABLE_DEAD_LETTERS = "UnreadableDeadLetters"

# One dimension for all functions: an alarm reads one metric, whoever counts. The namespace is the stack's own.
_DIMENSIONS = {"service": "finops-websocket"}


def count(name: str) -> None:
    """Count one. Raises Powertools' SchemaValidationError where POWERTOOLS_METRICS_NAMESPACE is missing."""
    with single_metric(name=name, unit=MetricUnit.Count, value=1, default_dimensions=_DIMENSIONS):
        pass
