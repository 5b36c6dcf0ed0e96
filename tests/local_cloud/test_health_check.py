"""ops/health_check.sh against a deployed stack: green, and with things broken."""

from __future__ import annotations

import io
import json
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from local_cloud.journey_stack import COST_AGENT, PROJECT, JourneyStack
from local_cloud.running_cloud import ROOT, LocalCloud, until

FUNCTIONS = ("connection-manager", "message-handler", "background-processor")


@dataclass(frozen=True)
class Check:
    """What the command has said, as a program reads it."""

    status: int
    checks: dict[str, dict[str, str]]
    report: dict[str, Any] = field(repr=False)

    @property
    def red(self) -> list[str]:
        return [name for name, check in self.checks.items() if check["state"] == "red"]


def run(cloud: LocalCloud, *options: str, stack: str = PROJECT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "ops" / "health_check.sh", "--stack-name", stack, *options],
        env=cloud.environment | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def check(cloud: LocalCloud, **environment: str) -> Check:
    ran = run(cloud, "--json", **environment)
    assert ran.returncode in (0, 1), ran.stderr
    report = json.loads(ran.stdout)
    assert report["healthy"] is (ran.returncode == 0)
    return Check(ran.returncode, {line["check"]: line for line in report["checks"]}, report)


def package(function: str, handler: str) -> bytes:
    module, content = function.replace("-", "_"), io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"{module}/__init__.py", "")
        archive.writestr(f"{module}/handler.py", handler)
    return content.getvalue()


@pytest.fixture
def function(stack: JourneyStack, request: pytest.FixtureRequest) -> Iterator[str]:
    """A function of the stack, which gets its own code back."""
    parameters = stack.cloud.client("cloudformation").describe_stacks(StackName=PROJECT)["Stacks"][0]["Parameters"]
    named = {parameter["ParameterKey"]: parameter["ParameterValue"] for parameter in parameters}
    key = "".join(word.capitalize() for word in request.param.split("-")) + "Key"
    yield request.param
    stack.cloud.client("lambda").update_function_code(
        FunctionName=f"{PROJECT}-{request.param}", S3Bucket=named["LambdaS3Bucket"], S3Key=named[key]
    )


@pytest.fixture
def deleted_agent(stack: JourneyStack) -> Iterator[str]:
    client = stack.cloud.client("lambda")
    agent = client.get_function_configuration(FunctionName=COST_AGENT)
    client.delete_function(FunctionName=COST_AGENT)
    yield COST_AGENT
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.write(stack.agent_code, stack.agent_code.name)
    kept = {name: agent[name] for name in ("FunctionName", "Runtime", "Handler", "Role", "Timeout")}
    variables = {"Variables": agent["Environment"]["Variables"]}
    client.create_function(**kept, Environment=variables, Code={"ZipFile": content.getvalue()})


@pytest.fixture
def dead_letter(stack: JourneyStack) -> Iterator[None]:
    """A message in the dead-letter queue that stays there, since the processor can do nothing with it."""
    queue = {"QueueUrl": stack.outputs["ProcessingDeadLetterQueueUrl"]}
    stack.cloud.client("sqs").send_message(**queue, MessageBody="no job")
    yield
    stack.cloud.client("sqs").purge_queue(**queue)


@pytest.fixture
def deleted_stage(stack: JourneyStack) -> Iterator[None]:
    stage = {"ApiId": stack.outputs["WebSocketApiId"], "StageName": "prod"}
    stack.cloud.client("apigatewayv2").delete_stage(**stage)
    yield
    stack.cloud.client("apigatewayv2").create_stage(**stage, AutoDeploy=True)


@pytest.fixture
def disabled_mapping(stack: JourneyStack) -> Iterator[None]:
    client = stack.cloud.client("lambda")
    mappings = client.list_event_source_mappings(FunctionName=f"{PROJECT}-background-processor")["EventSourceMappings"]
    [uuid] = [mapping["UUID"] for mapping in mappings if mapping["EventSourceArn"].endswith("-processing-queue")]
    client.update_event_source_mapping(UUID=uuid, Enabled=False)
    yield
    client.update_event_source_mapping(UUID=uuid, Enabled=True)


@pytest.fixture
def ringing_alarm(stack: JourneyStack) -> Iterator[str]:
    """An alarm of the stack's own that rings."""
    client = stack.cloud.client("cloudwatch")
    alarm = client.describe_alarms(AlarmNamePrefix=f"{PROJECT}-")["MetricAlarms"][0]["AlarmName"]
    client.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="test")
    yield alarm
    client.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="test")


@pytest.fixture
def restricted_user(local_cloud: LocalCloud) -> Iterator[dict[str, str]]:
    """The credentials of somebody who may do everything but look at tables."""
    iam, name = local_cloud.client("iam"), "health-check-test"
    allow = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "dynamodb:DescribeTable", "Resource": "*"}
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name,
        PolicyName="restricted",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}),
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    yield {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=name, PolicyName="restricted")
    iam.delete_user(UserName=name)


def connections(stack: JourneyStack) -> list[str]:
    items = stack.cloud.client("dynamodb").scan(TableName=stack.outputs["ConnectionsTableName"])["Items"]
    return [item["connectionId"]["S"] for item in items]


def test_a_healthy_stack_is_green_for_programs_and_in_a_table_with_a_line_for_each_check(stack: JourneyStack) -> None:
    before = connections(stack)
    result = check(stack.cloud)
    assert (result.status, result.red) == (0, [])
    assert result.report["stack"] == PROJECT
    assert result.report["region"] == "us-east-1"
    not_ok = {name for name, line in result.checks.items() if line["state"] != "ok"}
    assert not_ok <= {"monitoring stack"}, result.checks
    assert {*FUNCTIONS, "WebSocket round trip", "dead-letter queue"} <= set(result.checks)
    # Nothing stays of the check itself.
    until(lambda: set(connections(stack)) <= set(before))

    ran = run(stack.cloud)
    assert ran.returncode == 0, ran.stderr
    names = list(result.checks)
    rows = [line for line in ran.stdout.splitlines() if not line.startswith(" ")]
    assert [row[: len(name)] for row, name in zip(rows, names, strict=False)] == names
    assert rows[-1].startswith("Healthy: ")
    assert "\x1b" not in ran.stdout


@pytest.mark.parametrize("function", FUNCTIONS, indirect=True)
def test_a_function_that_does_not_load_is_the_one_red_line_and_its_remedy_mends_it(
    stack: JourneyStack, function: str
) -> None:
    stack.cloud.client("lambda").update_function_code(
        FunctionName=f"{PROJECT}-{function}", ZipFile=package(function, "raise ValueError('broken on purpose')")
    )
    broken = check(stack.cloud)
    assert (broken.status, broken.red) == (1, [function])
    assert "not what the stack deployed" in broken.checks[function]["found"]
    remedy = ["bash", "-c", broken.checks[function]["remedy"]]
    typed = subprocess.run(remedy, env=stack.cloud.environment, capture_output=True, text=True, check=False)
    assert typed.returncode == 0, typed.stderr
    assert check(stack.cloud).red == []


def test_each_broken_part_is_a_red_line_with_its_remedy_and_nothing_else_is(
    stack: JourneyStack, deleted_agent: str, dead_letter: None, disabled_mapping: None, ringing_alarm: str
) -> None:
    result = check(stack.cloud)
    assert (result.status, result.red) == (
        1,
        ["processing mapping", "cost forecast agent", "dead-letter queue", "alarms"],
    )
    assert deleted_agent in result.checks["cost forecast agent"]["found"]
    assert "--cost-forecast-function" in result.checks["cost forecast agent"]["remedy"]
    assert result.checks["dead-letter queue"]["remedy"].startswith("ops/dead_letters.sh list")
    assert ringing_alarm in result.checks["alarms"]["remedy"]


def test_a_stage_that_is_gone_is_the_one_red_line(stack: JourneyStack, deleted_stage: None) -> None:
    result = check(stack.cloud)
    assert (result.status, result.red) == (1, ["API stage"])
    assert result.checks["API stage"]["remedy"]
    assert result.checks["WebSocket round trip"]["found"] == "Not tried: API stage is red."
    shown = run(stack.cloud).stdout
    assert "RED" in shown
    assert "Not healthy: " in shown


def test_whoever_may_not_look_is_told_so_on_that_line(stack: JourneyStack, restricted_user: dict[str, str]) -> None:
    result = check(stack.cloud, **restricted_user)
    assert result.red == ["connections table", "jobs table"]
    assert "You may not call DescribeTable" in result.checks["jobs table"]["found"]


def test_no_such_stack_is_one_sentence_and_an_object_for_a_program(local_cloud: LocalCloud) -> None:
    ran = run(local_cloud, stack="nowhere")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.splitlines() == [
        "Error: There is no stack nowhere in us-east-1."
        " Name yours with --stack-name and --region, or deploy it: ./deploy.sh"
    ]
    ran = run(local_cloud, "--json", stack="nowhere")
    report = json.loads(ran.stdout)
    assert (ran.returncode, report["healthy"]) == (1, False)
    assert [(line["check"], line["state"]) for line in report["checks"]] == [("stack", "red")]


def test_a_mistake_in_the_command_line(local_cloud: LocalCloud) -> None:
    ran = run(local_cloud, "--nonsense")
    assert (ran.returncode, ran.stdout) == (2, "")
