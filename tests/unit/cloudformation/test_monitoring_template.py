"""The alarms: each rings for what it should, and says what to do. The local cloud does not evaluate them."""

import pytest

from cloudformation_template import CLOUDFORMATION, STACK, load, properties
from finops_websocket import metrics
from monitoring_template import MONITORING, PROJECT, alarms, default, evaluated, read_by

# The parameter that limits each function's run.
DURATIONS = {
    "ConnectionManager": "ApiFunctionMilliseconds",
    "MessageHandler": "ApiFunctionMilliseconds",
    "BackgroundProcessor": "ProcessorMilliseconds",
}


def function_named(logical_id: str) -> str:
    return evaluated(properties("AWS::Lambda::Function")[logical_id]["FunctionName"])


def test_template_fits_into_a_request() -> None:
    # It is deployed without a bucket, as the API's stack can be.
    assert (CLOUDFORMATION / MONITORING).stat().st_size <= 51_200 - 600


def test_every_parameter_is_grouped_described_and_constrained() -> None:
    template = load(MONITORING)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert sorted(name for group in groups for name in group["Parameters"]) == sorted(template["Parameters"])
    for name, parameter in template["Parameters"].items():
        assert parameter["Description"], name
        assert {"AllowedPattern", "AllowedValues", "MinValue"} & set(parameter), name


def test_only_the_apis_id_must_be_given() -> None:
    parameters = load(MONITORING)["Parameters"]
    assert {name for name, parameter in parameters.items() if "Default" not in parameter} == {"WebSocketApiId"}


def test_what_both_stacks_are_told_is_the_same_parameter() -> None:
    common = set(load(MONITORING)["Parameters"]) & set(load(STACK)["Parameters"])
    assert common == {"ProjectName", "CostForecastFunctionName", "TrustedAdvisorFunctionName"}
    for name in common:
        ours, theirs = load(MONITORING)["Parameters"][name], load(STACK)["Parameters"][name]
        for key in ("Type", "Default", "AllowedPattern"):
            assert ours[key] == theirs[key], name


def test_every_alarm_that_the_notes_explain_is_there() -> None:
    of_functions = {
        f"{function}-{what}"
        for function in ("connection-manager", "message-handler", "background-processor")
        for what in ("errors", "throttles", "duration")
    }
    assert set(alarms()) == of_functions | {
        "connect-failures",
        "api-execution-errors",
        "token-keys-unavailable",
        "frames-unserved",
        "deliveries-refused",
        "queue-age",
        "dead-letters",
        "unreadable-dead-letters",
        "failed-jobs",
    }


def test_every_function_has_three_alarms() -> None:
    watched = [
        (dimensions["FunctionName"], metric, alarm["Statistic"])
        for alarm in alarms().values()
        for namespace, metric, dimensions in [read_by(alarm)]
        if namespace == "AWS/Lambda"
    ]
    assert sorted(watched) == sorted(
        (function_named(function), metric, statistic)
        for function in properties("AWS::Lambda::Function")
        for metric, statistic in (("Errors", "Sum"), ("Throttles", "Sum"), ("Duration", "Maximum"))
    )


@pytest.mark.parametrize(
    ("name", "counted"),
    [
        ("token-keys-unavailable", metrics.TOKEN_KEYS_UNAVAILABLE),
        ("frames-unserved", metrics.FRAMES_UNSERVED),
        ("deliveries-refused", metrics.DELIVERIES_REFUSED),
        ("unreadable-dead-letters", metrics.UNREADABLE_DEAD_LETTERS),
        ("failed-jobs", metrics.JOBS_FAILED),
    ],
)
def test_what_the_functions_count_rings(name: str, counted: str) -> None:
    assert read_by(alarms()[name])[:2] == (PROJECT, counted)
    assert alarms()[name]["Statistic"] == "Sum"


@pytest.mark.parametrize(
    ("name", "namespace", "metric", "statistic"),
    [
        ("connect-failures", "AWS/ApiGateway", "IntegrationError", "Sum"),
        ("api-execution-errors", "AWS/ApiGateway", "ExecutionError", "Sum"),
        ("queue-age", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum"),
        ("dead-letters", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"),
    ],
)
def test_what_the_api_and_the_queues_suffer_rings(name: str, namespace: str, metric: str, statistic: str) -> None:
    assert read_by(alarms()[name])[:2] == (namespace, metric)
    assert alarms()[name]["Statistic"] == statistic


@pytest.mark.parametrize(("function", "parameter"), DURATIONS.items())
def test_a_run_rings_before_lambda_stops_it(function: str, parameter: str) -> None:
    milliseconds = properties("AWS::Lambda::Function")[function]["Timeout"] * 1000
    assert default(parameter) < milliseconds == load(MONITORING)["Parameters"][parameter]["MaxValue"]
    (threshold,) = [
        alarm["Threshold"]
        for alarm in alarms().values()
        if read_by(alarm) == ("AWS/Lambda", "Duration", {"FunctionName": function_named(function)})
    ]
    assert threshold == {"Ref": parameter}


def test_a_processor_that_stops_its_agents_in_time_does_not_ring() -> None:
    # See background_processor.handler: it keeps 30 seconds for itself.
    timeout = properties("AWS::Lambda::Function")["BackgroundProcessor"]["Timeout"]
    assert default("ProcessorMilliseconds") > (timeout - 30) * 1000


def test_a_job_that_takes_as_long_as_it_may_is_not_too_old() -> None:
    assert default("QueueAgeSeconds") > load(STACK)["Parameters"]["AgentTimeoutSeconds"]["Default"] + 60


def test_every_queue_is_watched() -> None:
    watched = {read_by(alarm)[2].get("QueueName") for alarm in alarms().values()} - {None}
    assert watched == {evaluated(queue["QueueName"]) for queue in properties("AWS::SQS::Queue").values()}


def test_an_unreadable_dead_letter_rings_as_long_as_it_lies_there() -> None:
    # It is counted whenever it is read, and it is read whenever it becomes visible again.
    hidden = properties("AWS::SQS::Queue")["ProcessingDeadLetterQueue"]["VisibilityTimeout"]
    assert alarms()["unreadable-dead-letters"]["Period"] > hidden


@pytest.mark.parametrize("name", sorted(alarms()))
def test_an_alarm_says_what_to_do_and_where_there_is_more(name: str) -> None:
    description = evaluated(alarms()[name]["AlarmDescription"])
    what_and_what_to_do, _, rest = description.rpartition(" See troubleshooting_notes.md.")
    assert not rest
    assert what_and_what_to_do.count(".") >= 2
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    assert len(description) <= 1024


@pytest.mark.parametrize("name", sorted(alarms()))
def test_an_alarm_tells_the_topic_if_there_is_one(name: str) -> None:
    for actions in ("AlarmActions", "OKActions"):
        assert alarms()[name][actions] == {
            "Fn::If": ["HasAlarmTopic", [{"Ref": "AlarmTopicArn"}], {"Ref": "AWS::NoValue"}]
        }


@pytest.mark.parametrize("name", sorted(alarms()))
def test_too_much_rings_and_silence_does_not(name: str) -> None:
    assert alarms()[name]["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert float(_number(alarms()[name]["Threshold"])) >= 1
    assert alarms()[name]["TreatMissingData"] == "notBreaching"


def _number(threshold: object) -> object:
    return default(threshold["Ref"]) if isinstance(threshold, dict) else threshold
