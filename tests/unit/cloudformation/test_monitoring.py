"""Alarms and dashboard: they look at what there is, ring for what they should, and say what to do.

The local cloud does not evaluate them; one that looks at what nobody writes would look as if all were well, for ever.
"""

import json
from typing import Any

import pytest

from finops_benchmarks.cloudformation_template import STACK, load, properties, resources
from finops_websocket import metrics
from monitoring_template import (
    API_ID,
    MONITORING,
    PROJECT,
    REGION,
    Metric,
    alarms,
    dashboard,
    default,
    drawn_by,
    evaluated,
    read_by,
    widgets,
)

AGENTS = [default("CostForecastFunctionName"), default("TrustedAdvisorFunctionName")]
TIMES = {"TimeToFirstProgress", "TimeToAnswer", "AgentTime"}
FUNCTIONS = ("connection-manager", "message-handler", "background-processor")
# What rings: its namespace, metric and statistic.
WATCHED = {
    **{f"{function}-errors": ("AWS/Lambda", "Errors", "Sum") for function in FUNCTIONS},
    **{f"{function}-throttles": ("AWS/Lambda", "Throttles", "Sum") for function in FUNCTIONS},
    **{f"{function}-duration": ("AWS/Lambda", "Duration", "Maximum") for function in FUNCTIONS},
    "connect-failures": ("AWS/ApiGateway", "IntegrationError", "Sum"),
    "api-execution-errors": ("AWS/ApiGateway", "ExecutionError", "Sum"),
    "queue-age": ("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
    "dead-letters": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"),
    "token-keys-unavailable": (PROJECT, metrics.TOKEN_KEYS_UNAVAILABLE, "Sum"),
    "frames-unserved": (PROJECT, metrics.FRAMES_UNSERVED, "Sum"),
    "deliveries-refused": (PROJECT, metrics.DELIVERIES_REFUSED, "Sum"),
    "unreadable-dead-letters": (PROJECT, metrics.UNREADABLE_DEAD_LETTERS, "Sum"),
    "failed-jobs": (PROJECT, metrics.JOBS_FAILED, "Sum"),
}
# Metrics of AWS that may be read, and the sets of dimensions under which they are published.
# https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
# https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html
PUBLISHED: dict[str, tuple[set[str], list[set[str]]]] = {
    "AWS/Lambda": ({"Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"}, [{"FunctionName"}]),
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


def test_what_both_stacks_are_told_is_the_same_parameter() -> None:
    ours, theirs = load(MONITORING)["Parameters"], load(STACK)["Parameters"]
    assert ours.keys() & theirs.keys() == {"ProjectName", "CostForecastFunctionName", "TrustedAdvisorFunctionName"}
    for name in ours.keys() & theirs.keys():
        for key in ("Type", "Default", "AllowedPattern"):
            assert ours[name][key] == theirs[name][key], name


def test_each_alarm_watches_what_it_should() -> None:
    assert {name: (*read_by(alarm)[:2], alarm["Statistic"]) for name, alarm in alarms().items()} == WATCHED
    for name, alarm in alarms().items():
        _, _, dimensions = read_by(alarm)
        if function := dimensions.get("FunctionName"):
            assert name.startswith(function.removeprefix(f"{PROJECT}-"))
    queues = {read_by(alarm)[2].get("QueueName") for alarm in alarms().values()} - {None}
    assert queues == named("AWS::SQS::Queue", "QueueName")


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        ("ConnectionManager", "ApiFunctionMilliseconds"),
        ("MessageHandler", "ApiFunctionMilliseconds"),
        ("BackgroundProcessor", "ProcessorMilliseconds"),
    ],
)
def test_a_run_rings_before_lambda_stops_it(function: str, parameter: str) -> None:
    found = properties("AWS::Lambda::Function")[function]
    milliseconds = found["Timeout"] * 1000
    assert default(parameter) < milliseconds == load(MONITORING)["Parameters"][parameter]["MaxValue"]
    name = evaluated(found["FunctionName"]).removeprefix(f"{PROJECT}-")
    assert alarms()[f"{name}-duration"]["Threshold"] == {"Ref": parameter}


def test_what_takes_as_long_as_it_may_does_not_ring() -> None:
    # The processor keeps 30 seconds for itself when it stops its agents.
    timeout = properties("AWS::Lambda::Function")["BackgroundProcessor"]["Timeout"]
    assert default("ProcessorMilliseconds") > (timeout - 30) * 1000
    assert default("QueueAgeSeconds") > load(STACK)["Parameters"]["AgentTimeoutSeconds"]["Default"] + 60


def test_an_unreadable_dead_letter_rings_as_long_as_it_lies_there() -> None:
    # It is counted whenever it is read, and it is read whenever it becomes visible again.
    hidden = properties("AWS::SQS::Queue")["ProcessingDeadLetterQueue"]["VisibilityTimeout"]
    assert alarms()["unreadable-dead-letters"]["Period"] > hidden


@pytest.mark.parametrize("name", sorted(WATCHED))
def test_an_alarm_rings_for_too_much_and_says_what_to_do_and_where_there_is_more(name: str) -> None:
    alarm = alarms()[name]
    threshold = alarm["Threshold"]
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert float(default(threshold["Ref"]) if isinstance(threshold, dict) else threshold) >= 1
    assert alarm["TreatMissingData"] == "notBreaching"
    told = {"Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]}
    assert (alarm["AlarmActions"], alarm["OKActions"]) == (told, told)
    description = evaluated(alarm["AlarmDescription"])
    what_and_what_to_do, _, rest = description.rpartition(" See troubleshooting_notes.md.")
    assert not rest
    assert what_and_what_to_do.count(".") >= 2
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    assert len(description) <= 1024


def test_the_dashboard_is_there_unless_it_is_not_wanted_and_an_output_says_where() -> None:
    (found,) = resources("AWS::CloudWatch::Dashboard", MONITORING).values()
    assert found["Condition"] == load(MONITORING)["Outputs"]["DashboardUrl"]["Condition"] == "HasDashboard"
    assert found["Properties"]["DashboardName"] == {"Ref": "ProjectName"}
    address, _ = load(MONITORING)["Outputs"]["DashboardUrl"]["Value"]["Fn::Sub"]
    assert address.endswith("#dashboards/dashboard/${ProjectName}")


def test_its_top_shows_every_alarm_and_says_where_to_begin() -> None:
    text, states = (widget["properties"] for widget in dashboard()["widgets"] if widget["y"] == 0)
    for place in ("ops/health_check.sh", "ops/rollback.sh --to previous", "docs/troubleshooting_notes.md"):
        assert f"`{place}`" in text["markdown"]
    rung = [arn.partition(f":alarm:{PROJECT}-")[2] for arn in states["alarms"]]
    assert sorted(rung) == sorted(alarms())


def test_its_graphs_show_times_as_most_people_meet_them_counts_as_sums_and_the_alarms_limits() -> None:
    for widget in widgets("metric"):
        assert widget["region"] == REGION
        statistics = {metric[-1].get("stat", widget["stat"]) for metric in widget["metrics"]}
        if {name for _, name, _ in drawn_by(widget)} & TIMES:
            assert {"p50", "p90"} <= statistics <= {"p50", "p90", "Maximum"}, widget["title"]
        else:
            assert len(statistics) == 1, widget["title"]
            assert statistics <= {"Sum", "Maximum"}, widget["title"]
    lines = [line for widget in widgets("metric") for line in widget.get("annotations", {}).get("horizontal", ())]
    assert [line["value"] for line in lines] == [
        default(name) for name in ("QueueAgeSeconds", "ApiFunctionMilliseconds", "ProcessorMilliseconds")
    ]


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


def test_what_aws_measures_is_looked_for_under_its_names_at_what_the_apis_stack_makes() -> None:
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
    for namespace, name, dimensions in looked_at():
        if namespace != PROJECT:
            metrics_of_aws, sets = PUBLISHED[namespace]
            assert name in metrics_of_aws
            assert set(dimensions) in sets, name
            for dimension, value in dimensions.items():
                seen[dimension].add(value)
    # All of it, and nothing else.
    assert seen == made
