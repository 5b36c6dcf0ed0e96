"""What the alarms and the dashboard look at exists: one that nobody writes would look as if all were well, for ever."""

import json
from typing import Any

import pytest

from cloudformation_template import properties
from finops_websocket import metrics
from monitoring_template import API_ID, PROJECT, Metric, alarms, default, drawn_by, evaluated, read_by, widgets

AGENTS = [default("CostForecastFunctionName"), default("TrustedAdvisorFunctionName")]

# Metrics of AWS that may be read, and the sets of dimensions under which they are published.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
PUBLISHED: dict[str, tuple[set[str], list[set[str]]]] = {
    "AWS/Lambda": (
        {"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"},
        [{"FunctionName"}],
    ),
    "AWS/SQS": (
        {
            "ApproximateAgeOfOldestMessage",
            "ApproximateNumberOfMessagesVisible",
            "ApproximateNumberOfMessagesNotVisible",
            "NumberOfMessagesSent",
            "NumberOfEmptyReceives",
        },
        [{"QueueName"}],
    ),
    "AWS/DynamoDB": (
        {"ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"},
        [{"TableName"}, {"TableName", "GlobalSecondaryIndexName"}],
    ),
    "AWS/ApiGateway": (
        {"ConnectCount", "MessageCount", "IntegrationError", "ClientError", "ExecutionError"},
        [{"ApiId", "Stage"}],
    ),
    "AWS/Logs": ({"IncomingBytes"}, [{"LogGroupName"}]),
}


def looked_at() -> list[Metric]:
    """All that an alarm or the dashboard reads."""
    drawn = [metric for widget in widgets("metric") for metric in drawn_by(widget)]
    return [read_by(alarm) for alarm in alarms().values()] + drawn


def named(kind: str, key: str) -> set[str]:
    """The names that the API's stack gives its resources of a kind."""
    return {evaluated(found[key]) for found in properties(kind).values()}


def test_all_that_the_functions_count_is_on_the_dashboard() -> None:
    drawn = {name for widget in widgets("metric") for namespace, name, _ in drawn_by(widget) if namespace == PROJECT}
    assert drawn == {value for constant, value in vars(metrics).items() if constant.isupper() and constant[0] != "_"}


def test_what_the_functions_count_is_looked_for_where_they_write_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", PROJECT)
    metrics.count(metrics.JOBS_FAILED)
    metrics.count(metrics.AGENT_FAILURES, agent=AGENTS[0])
    of_all, of_agents = map(_dimensions, capsys.readouterr().out.splitlines())
    ours = [(name, dimensions) for namespace, name, dimensions in looked_at() if namespace == PROJECT]
    for name, dimensions in ours:
        expected = of_agents if name in {metrics.AGENT_TIME, metrics.AGENT_FAILURES} else of_all
        assert {**expected, **({"agent": dimensions["agent"]} if "agent" in expected else {})} == dimensions, name
    for metric in (metrics.AGENT_TIME, metrics.AGENT_FAILURES):
        assert {dimensions["agent"] for name, dimensions in ours if name == metric} == set(AGENTS)


def _dimensions(line: str) -> dict[str, Any]:
    """Of a metric in CloudWatch's embedded format."""
    written = json.loads(line)
    (directive,) = written["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == PROJECT
    (dimensions,) = directive["Dimensions"]
    return {name: written[name] for name in dimensions}


def test_what_aws_measures_is_looked_for_under_names_that_aws_gives() -> None:
    for namespace, name, dimensions in looked_at():
        if namespace != PROJECT:
            metrics_of_aws, sets = PUBLISHED[namespace]
            assert name in metrics_of_aws
            assert set(dimensions) in sets, name


def test_what_aws_measures_is_looked_for_at_what_the_apis_stack_makes() -> None:
    made = {
        "FunctionName": named("AWS::Lambda::Function", "FunctionName"),
        "QueueName": named("AWS::SQS::Queue", "QueueName"),
        "TableName": named("AWS::DynamoDB::Table", "TableName"),
        "GlobalSecondaryIndexName": {
            index["IndexName"] for index in properties("AWS::DynamoDB::Table")["JobsTable"]["GlobalSecondaryIndexes"]
        },
        "LogGroupName": named("AWS::Logs::LogGroup", "LogGroupName"),
        "ApiId": {API_ID},
        "Stage": named("AWS::ApiGatewayV2::Stage", "StageName"),
    }
    seen: dict[str, set[str]] = {dimension: set() for dimension in made}
    for namespace, _, dimensions in looked_at():
        if namespace != PROJECT:
            for dimension, value in dimensions.items():
                seen[dimension].add(value)
    # All of it, and nothing else.
    assert seen == made
