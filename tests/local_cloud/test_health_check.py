"""ops/health_check.sh against a deployed stack: green, and with things broken."""

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from typing import Any

import pytest

from local_cloud.journey_stack import COST_AGENT, PROJECT, JourneyStack
from local_cloud.limited_user import LimitedUser
from local_cloud.running_cloud import ROOT, LocalCloud, until

FUNCTIONS = ("connection-manager", "message-handler", "background-processor")


def run(cloud: LocalCloud, *options: str, stack: str = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "ops" / "health_check.sh", "--stack-name", stack, *options],
        env=cloud.environment | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def check(cloud: LocalCloud, *, red: list[str], **environment: str) -> dict[str, dict[str, str]]:
    """Run the check as a program does, and give its lines by their names, of which these must be red."""
    ran = run(cloud, "--json", **environment)
    assert ran.returncode == (1 if red else 0), ran.stderr
    report = json.loads(ran.stdout)
    assert (report["stack"], report["region"], report["healthy"]) == (PROJECT, "us-east-1", not red)
    assert [line["check"] for line in report["checks"] if line["state"] == "red"] == red, report
    return {line["check"]: line for line in report["checks"]}


def package(function: str, handler: str) -> bytes:
    module, content = function.replace("-", "_"), io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{module}/__init__.py", "")
        archive.writestr(f"{module}/handler.py", handler)
    return content.getvalue()


def update_code(stack: JourneyStack, function: str, **code: Any) -> None:
    stack.cloud.client("lambda").update_function_code(FunctionName=f"{PROJECT}-{function}", **code)
    until(lambda: is_updated(stack, function))


def is_updated(stack: JourneyStack, function: str) -> bool:
    found = stack.cloud.client("lambda").get_function_configuration(FunctionName=f"{PROJECT}-{function}")
    return (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")


@pytest.fixture
def function(stack: JourneyStack, request: pytest.FixtureRequest) -> Iterator[str]:
    """A function of the stack, which gets its own code back."""
    parameters = stack.cloud.client("cloudformation").describe_stacks(StackName=PROJECT)["Stacks"][0]["Parameters"]
    named = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters}
    key = "".join(word.capitalize() for word in request.param.split("-")) + "Key"
    yield request.param
    update_code(stack, request.param, S3Bucket=named["LambdaS3Bucket"], S3Key=named[key])


@pytest.fixture
def broken_parts(stack: JourneyStack) -> Iterator[str]:
    """An agent that is gone, a dead letter, a mapping that is switched off, and a ringing alarm, whose name it is."""
    lambda_, sqs, cloudwatch = (stack.cloud.client(service) for service in ("lambda", "sqs", "cloudwatch"))
    lambda_.delete_function(FunctionName=COST_AGENT)
    queue = {"QueueUrl": stack.outputs["ProcessingDeadLetterQueueUrl"]}
    # It stays there, since the processor can do nothing with it.
    sqs.send_message(**queue, MessageBody="no job")
    mappings = lambda_.list_event_source_mappings(FunctionName=f"{PROJECT}-background-processor")["EventSourceMappings"]
    [uuid] = [mapping["UUID"] for mapping in mappings if mapping["EventSourceArn"].endswith("-processing-queue")]
    lambda_.update_event_source_mapping(UUID=uuid, Enabled=False)
    alarm = cloudwatch.describe_alarms(AlarmNamePrefix=f"{PROJECT}-")["MetricAlarms"][0]["AlarmName"]
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    yield alarm
    cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")
    lambda_.update_event_source_mapping(UUID=uuid, Enabled=True)
    sqs.purge_queue(**queue)
    stack.make_agent("cost")


@pytest.fixture
def deleted_stage(stack: JourneyStack) -> Iterator[None]:
    stage = {"ApiId": stack.outputs["WebSocketApiId"], "StageName": "prod"}
    stack.cloud.client("apigatewayv2").delete_stage(**stage)
    yield
    stack.cloud.client("apigatewayv2").create_stage(**stage, AutoDeploy=True)


def connections(stack: JourneyStack) -> list[str]:
    items = stack.cloud.client("dynamodb").scan(TableName=stack.outputs["ConnectionsTableName"])["Items"]
    return [item["connectionId"]["S"] for item in items]


def test_a_healthy_stack_is_green_for_programs_and_in_a_table_with_a_line_for_each_check(stack: JourneyStack) -> None:
    before = connections(stack)
    checks = check(stack.cloud, red=[])
    assert {name for name, line in checks.items() if line["state"] != "ok"} <= {"monitoring stack"}, checks
    assert {*FUNCTIONS, "WebSocket round trip", "dead-letter queue"} <= set(checks)
    # Nothing stays of the check itself.
    until(lambda: set(connections(stack)) <= set(before))

    ran = run(stack.cloud)
    assert ran.returncode == 0, ran.stderr
    rows = [line for line in ran.stdout.splitlines() if not line.startswith(" ")]
    assert [row[: len(name)] for row, name in zip(rows, checks, strict=False)] == list(checks)
    assert rows[-1].startswith("Healthy: ")
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize("function", FUNCTIONS, indirect=True)
def test_a_function_that_does_not_load_is_the_one_red_line_and_its_remedy_mends_it(
    stack: JourneyStack, function: str
) -> None:
    update_code(stack, function, ZipFile=package(function, "raise ValueError('broken on purpose')"))
    broken = check(stack.cloud, red=[function])[function]
    assert "not what the stack deployed" in broken["found"]
    remedy = ["bash", "-c", broken["remedy"]]
    typed = subprocess.run(remedy, env=stack.cloud.environment, capture_output=True, text=True, check=False)
    assert typed.returncode == 0, typed.stderr
    until(lambda: is_updated(stack, function))
    check(stack.cloud, red=[])


def test_each_broken_part_is_a_red_line_with_its_remedy_and_nothing_else_is(
    stack: JourneyStack, broken_parts: str
) -> None:
    checks = check(stack.cloud, red=["processing mapping", "cost forecast agent", "dead-letter queue", "alarms"])
    assert COST_AGENT in checks["cost forecast agent"]["found"]
    assert "--cost-forecast-function" in checks["cost forecast agent"]["remedy"]
    assert checks["dead-letter queue"]["remedy"].startswith("ops/dead_letters.sh list")
    assert broken_parts in checks["alarms"]["remedy"]


def test_a_stage_that_is_gone_is_the_one_red_line(stack: JourneyStack, deleted_stage: None) -> None:
    checks = check(stack.cloud, red=["API stage"])
    assert checks["API stage"]["remedy"]
    assert checks["WebSocket round trip"]["found"] == "Not tried: API stage is red."
    shown = run(stack.cloud).stdout
    assert "RED" in shown
    assert "Not healthy: " in shown


def test_whoever_may_not_look_is_told_so_on_that_line(local_cloud: LocalCloud, stack: JourneyStack) -> None:
    statements = [
        {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Sid": "ButTables", "Effect": "Deny", "Action": "dynamodb:DescribeTable", "Resource": "*"},
    ]
    user = LimitedUser(local_cloud, "health-check", {"all": {"Version": "2012-10-17", "Statement": statements}})
    checks = check(local_cloud, red=["connections table", "jobs table"], **user.environment)
    assert "You may not call DescribeTable" in checks["jobs table"]["found"]


def test_no_such_stack_is_one_sentence_and_an_object_for_a_program(local_cloud: LocalCloud) -> None:
    ran = run(local_cloud, stack="nowhere")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Error: There is no stack nowhere in us-east-1. Name yours with --stack-name")
    ran = run(local_cloud, "--json", stack="nowhere")
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["healthy"]) == (1, False)
    assert [(line["check"], line["state"]) for line in report["checks"]] == [("stack", "red")]
