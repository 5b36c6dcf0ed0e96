"""ops/health_check.sh: what it says of each thing that can be wrong with a stack, and how it runs and shows checks."""

import asyncio
import base64
import io
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.session import get_session
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_operations.health.check import Check, Finding, State, failed, ok, run_check, run_checks, skipped, warning
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.command import checks_of, print_table
from finops_operations.health.functions import check_round_trip
from finops_operations.stack import Stack
from unit.finops_client import protocol_messages as say
from unit.finops_client.printed_text import assert_harmless
from unit.finops_client.recording_server import RecordingServer, sending
from unit.finops_operations.answering_aws import Answer, AnsweringSession, Refusal
from unit.finops_operations.sample_stack import SHA256, sample_stack

NOW = datetime.now(UTC)
PROCESSOR = "finops-background-processor"
UUID = "dde02900-070c-4d28-bd97-9412fcb8a88c"
OTHER_SHA256 = base64.b64encode(bytes.fromhex("cd" * 32)).decode()
PUT_BACK = (
    "aws lambda update-function-code --function-name finops-connection-manager --s3-bucket packages"
    f" --s3-key production/{SHA256}/websocket-connection-manager.zip --region eu-west-1"
)
GONE = Refusal("ResourceNotFoundException", status=404)
NO_QUEUE = Refusal("AWS.SimpleQueueService.NonExistentQueue")
NO_STACK = Refusal("ValidationError", "Stack with id x does not exist")
ON_LOCAL_CLOUD = {"ExecuteApiBaseUrl": "http://localhost:1/_aws/execute-api"}

OK, WARNING, FAILED, SKIPPED = State.OK, State.WARNING, State.FAILED, State.SKIPPED


def function(**more: str) -> Answer:
    sha256 = base64.b64encode(bytes.fromhex(SHA256)).decode()
    healthy = {"State": "Active", "LastUpdateStatus": "Successful", "CodeSha256": sha256, **more}
    return lambda asked: {"FunctionName": asked["FunctionName"], **healthy}


def answering(payload: object, **more: str) -> Answer:
    content = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return lambda _: {"Payload": StreamingBody(io.BytesIO(content), len(content)), **more}


def mapping(state: str, function: str = PROCESSOR, **more: str) -> dict[str, str]:
    arn = f"arn:aws:lambda:eu-west-1:111122223333:function:{function}"
    return {"UUID": UUID, "State": state, "FunctionArn": arn, **more}


def mappings(*them: dict[str, str]) -> dict[str, Answer]:
    """The first mapping is on a page of its own."""

    def page(asked: Mapping[str, Any]) -> dict[str, Any]:
        if "Marker" in asked:
            return {"EventSourceMappings": them[1:]}
        return {"EventSourceMappings": them[:1], "NextMarker": "more"}

    return {"ListEventSourceMappings": lambda asked: json.loads(json.dumps(page(asked)))}


def queue(waiting: int = 0, in_flight: int = 0, delayed: int = 0, *, ages: tuple[float, ...] = ()) -> dict[str, Answer]:
    """Ages of the oldest message in the minutes before this one, the latest first."""
    attributes = {
        "QueueArn": "arn:aws:sqs:eu-west-1:111122223333:finops-processing-queue",
        "ApproximateNumberOfMessages": str(waiting),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
    }
    points = [{"Timestamp": NOW - timedelta(minutes=before), "Maximum": age} for before, age in enumerate(ages)]
    return {"GetQueueAttributes": {"Attributes": attributes}, "GetMetricStatistics": {"Datapoints": points}}


def table(status: str = "ACTIVE", expires: str = "ENABLED", restorable: str = "ENABLED") -> dict[str, Answer]:
    recovery = {"PointInTimeRecoveryStatus": restorable}
    return {
        "DescribeTable": {"Table": {"TableStatus": status}},
        "DescribeTimeToLive": {"TimeToLiveDescription": {"TimeToLiveStatus": expires}},
        "DescribeContinuousBackups": {
            "ContinuousBackupsDescription": {
                "ContinuousBackupsStatus": "ENABLED",
                "PointInTimeRecoveryDescription": recovery,
            }
        },
    }


def monitoring(status: str) -> Answer:
    stack = {
        "StackName": "production-monitoring",
        "StackStatus": status,
        "CreationTime": NOW,
        "Parameters": [{"ParameterKey": "WebSocketApiId", "ParameterValue": "abc"}],
    }
    return {"Stacks": [stack]}


def alarm(name: str, state: str = "OK", **more: Any) -> dict[str, Any]:
    return {"AlarmName": name, "StateValue": state, "AlarmDescription": f"Mend {name}.", "ActionsEnabled": True, **more}


def alarms(*them: dict[str, Any], made: tuple[str, ...] = (), taken_back: tuple[str, ...] = ()) -> dict[str, Answer]:
    """Alarms that there are, each on a page of its own, and those that the monitoring stack has made, or deleted."""

    def page(asked: Mapping[str, Any]) -> dict[str, Any]:
        assert asked["AlarmNamePrefix"] == "finops-"
        number = int(asked.get("NextToken", 0))
        more = {"NextToken": str(number + 1)} if number + 1 < len(them) else {}
        return {"MetricAlarms": list(them[number : number + 1]), **more}

    def resources(asked: Mapping[str, Any]) -> dict[str, Any]:
        resource = {
            "LogicalResourceId": "Alarm",
            "ResourceType": "AWS::CloudWatch::Alarm",
            "LastUpdatedTimestamp": NOW,
        }
        states = {**dict.fromkeys(made, "CREATE_COMPLETE"), **dict.fromkeys(taken_back, "DELETE_COMPLETE")}
        own = states if asked["StackName"] == "production-monitoring" else {}
        listed = [{**resource, "PhysicalResourceId": name, "ResourceStatus": state} for name, state in own.items()]
        return {"StackResourceSummaries": listed}

    return {"DescribeAlarms": page, "ListStackResources": resources}


ROUTES = ("$connect", "$disconnect", "authenticate", "ping", "$default")
HEALTHY: dict[str, Answer] = {
    "GetRoutes": {"Items": [{"RouteKey": route} for route in ROUTES]},
    "GetStage": {"StageName": "prod"},
    "GetFunctionConfiguration": function(),
    "GetFunctionConcurrency": {},
    "HeadObject": Refusal("404", status=404),
    "HeadBucket": {},
    "DescribeRule": {"State": "ENABLED", "ScheduleExpression": "rate(5 minutes)"},
    "DescribeStacks": monitoring("UPDATE_COMPLETE"),
    **table(),
    **queue(),
    **mappings(mapping("Enabled")),
    **alarms(alarm("finops-queue-age"), made=("finops-queue-age",)),
}

SESSION = AnsweringSession()


def finding(name: str, answers: Mapping[str, Answer], status: str = "UPDATE_COMPLETE", **parameters: str) -> Finding:
    """What the check of this name finds in a healthy stack where only these operations answer otherwise."""
    SESSION.answers = {**HEALTHY, **answers}
    checked = CheckedStack(sample_stack(status, **parameters), SESSION)
    (check,) = (check for check in checks_of(checked) if check.name == name)
    return run_check(check)


@pytest.mark.parametrize(
    ("name", "answers", "state", "found", "remedy"),
    [
        ("API stage", {}, OK, "prod, with its 5 routes.", ""),
        ("API stage", {"GetRoutes": Refusal("NotFoundException")}, FAILED, "There is no API abc.", "REVERT_DRIFT"),
        ("API stage", {"GetRoutes": {"Items": [{"RouteKey": "$default"}, {"RouteKey": "ping"}]}}, FAILED,
         "Stage prod lacks the routes $connect, $disconnect, authenticate.", "REVERT_DRIFT"),
        ("connections table", table("UPDATING"), OK, "finops-connections is UPDATING.", ""),
        ("jobs table", {"DescribeTable": GONE}, FAILED, "There is no table finops-jobs.", "REVERT_DRIFT"),
        ("jobs table", table("ARCHIVED"), FAILED, "finops-jobs is ARCHIVED.", "aws dynamodb describe-table"),
        ("jobs table", table(expires="DISABLED"), WARNING, "finops-jobs is ACTIVE, but nothing in it expires.",
         "aws dynamodb update-time-to-live --table-name finops-jobs"),
        ("jobs table", table(restorable="DISABLED"), WARNING, "but cannot be restored to a point in time.",
         "aws dynamodb update-continuous-backups --table-name finops-jobs"),
        ("jobs table", {"DescribeTable": Refusal("AccessDeniedException", "Not you.")}, FAILED,
         "You may not call DescribeTable: Not you.", "Look at your permissions"),
        ("results bucket", {"HeadBucket": Refusal("404", status=404)}, FAILED,
         "There is no bucket finops-results: large answers are lost.", "REVERT_DRIFT"),
        ("results bucket", {"HeadBucket": Refusal("403", status=403)}, FAILED, "You may not call HeadBucket", ""),
        ("processing queue", queue(0, 0, ages=(9000,)), OK, "0 waiting, 0 in flight.", ""),
        ("processing queue", queue(5, 2), OK, "5 waiting, 2 in flight.", ""),
        ("processing queue", queue(1, 0, ages=(10, 9000)), OK, "1 waiting, 0 in flight, the oldest for 10 s.", ""),
        ("processing queue", queue(90, 10, 10, ages=(601, 10)), FAILED,
         "100 waiting, 10 in flight, the oldest for 601 s: jobs wait longer than 600 s.", "See queue-age in docs/"),
        ("processing queue", {"GetQueueAttributes": NO_QUEUE}, FAILED, "There is no queue finops-processing-queue.",
         "REVERT_DRIFT"),
        ("dead-letter queue", queue(0, 1, 1), FAILED, "2 failed for good.", "ops/dead_letters.sh list"),
        ("dead-letter queue", {"GetQueueAttributes": NO_QUEUE}, FAILED, "There is no queue finops-processing-dlq.", ""),
        ("processing mapping", mappings(mapping("Enabling")), WARNING, "Enabling", "Run this again in a minute."),
        ("processing mapping", mappings(mapping("Disabling")), FAILED, "Disabling: nobody reads", ""),
        ("dead-letter mapping", mappings(mapping("Disabled")), FAILED,
         "Disabled: nobody reads finops-processing-dlq.",
         f"aws lambda update-event-source-mapping --uuid {UUID} --enabled --region eu-west-1"),
        ("processing mapping", mappings(), FAILED, f"{PROCESSOR} does not read finops-processing-queue.", "DRIFT"),
        ("processing mapping", mappings(mapping("Disabled", "other")), FAILED, f"{PROCESSOR} does not read", ""),
        ("processing mapping", mappings(mapping("Deleting", "other"), mapping("Enabled", f"{PROCESSOR}:live")), OK,
         "Enabled", ""),
        ("processing mapping", mappings(mapping("Enabled"), mapping("Enabling", f"{PROCESSOR}-test")), FAILED,
         f"{PROCESSOR}-test takes messages of finops-processing-queue.", f"--uuid {UUID} --no-enabled"),
        ("processing mapping", mappings(mapping("Disabling", "other"), mapping("Enabled")), FAILED,
         "other takes messages of finops-processing-queue.", "--no-enabled"),
        ("processing mapping", mappings(mapping("Enabled", LastProcessingResult="PROBLEM: Function call failed")),
         WARNING, "Enabled, but PROBLEM: Function call failed", f"--log-group-name /aws/lambda/{PROCESSOR} "),
        ("processing mapping", mappings(mapping("Enabled", LastProcessingResult="No records processed")), OK, "", ""),
        ("processing mapping", {"GetQueueAttributes": NO_QUEUE}, SKIPPED,
         "Not tried: there is no queue finops-processing-queue.", ""),
        ("sweep", {"DescribeRule": {"State": "DISABLED"}}, FAILED, "finops-sweep is DISABLED: stuck jobs stay stuck.",
         "aws events enable-rule --name finops-sweep --region eu-west-1"),
        ("sweep", {"DescribeRule": GONE}, FAILED, "There is no rule finops-sweep: stuck jobs stay stuck.", "DRIFT"),
        ("monitoring stack", {"DescribeStacks": NO_STACK}, WARNING,
         "There is no stack production-monitoring: no alarm rings when something breaks.", "./deploy.sh --stack-name"),
        ("monitoring stack", {"DescribeStacks": monitoring("UPDATE_ROLLBACK_FAILED")}, FAILED, "UPDATE_ROLLBACK_FAILED",
         "aws cloudformation continue-update-rollback --stack-name production-monitoring"),
        ("alarms", alarms(alarm("finops-a"), alarm("finops-b", "INSUFFICIENT_DATA"), made=("finops-a", "finops-b")), OK,
         "None of 2 in ALARM.", ""),
        ("alarms", alarms(alarm("finops-a", "ALARM"), alarm("finops-b", "ALARM"), made=("finops-a", "finops-b", "c")),
         FAILED, "In ALARM: a, b.", "finops-a: Mend finops-a.\nfinops-b: Mend finops-b."),
        ("alarms", alarms(alarm("finops-a"), alarm("finops-test-a", "ALARM"), made=("finops-a",)), WARNING,
         "In ALARM, but not this stack's: test-a.", "finops-test-a: Mend finops-test-a."),
        ("alarms", alarms(alarm("finops-a", ActionsEnabled=False), alarm("finops-b"), made=("finops-a",)), WARNING,
         "None of 1 in ALARM, but 1 would tell nobody.",
         "aws cloudwatch enable-alarm-actions --alarm-names finops-a --region eu-west-1"),
        ("alarms", alarms(alarm("finops-a"), made=("finops-a",), taken_back=("finops-b",)), OK, "None of 1", ""),
        ("alarms", {"ListStackResources": Refusal("AccessDenied")}, FAILED, "You may not call ListStackResources", ""),
        ("alarms", alarms(), WARNING, "There are none: nobody is told when something breaks.", "./deploy.sh"),
        ("alarms", {**alarms(alarm("finops-test-a")), "ListStackResources": NO_STACK}, WARNING, "There are none", ""),
        ("alarms", alarms(alarm("finops-a"), made=("finops-a", "finops-b")), WARNING,
         "Deleted, so that they never ring: b.", "ParameterKey=WebSocketApiId,UsePreviousValue=true"),
    ],
)  # fmt: skip
def test_a_part_of_the_stack(name: str, answers: dict[str, Answer], state: State, found: str, remedy: str) -> None:
    result = finding(name, answers)
    assert result.state is state
    assert found in result.found
    assert remedy in result.remedy
    assert bool(result.remedy) is (state in (WARNING, FAILED))


@pytest.mark.parametrize(
    ("age", "agent_timeout", "state"), [(1600, "840", OK), (1700, "840", FAILED), (20, "4", OK), (20, "4.0", OK)]
)
def test_jobs_may_wait_twice_as_long_as_an_agent_may_take(age: float, agent_timeout: str, state: State) -> None:
    assert finding("processing queue", queue(1, ages=(age,)), AgentTimeoutSeconds=agent_timeout).state is state


def test_the_local_cloud_shows_less_and_is_made_anew_by_its_own_command() -> None:
    assert finding("jobs table", table(expires="DISABLED"), **ON_LOCAL_CLOUD).state is OK
    gone = finding("jobs table", {"DescribeTable": GONE}, **ON_LOCAL_CLOUD)
    assert gone.remedy == "./run_local.sh --stop, then ./run_local.sh --detach"


FAILING = answering({"errorType": "ImportError", "errorMessage": "No module named 'x'"}, FunctionError="Unhandled")
SAID = "It fails: ImportError: No module named 'x'."
OTHER_CODE = {"GetFunctionConfiguration": function(CodeSha256=OTHER_SHA256)}


@pytest.mark.parametrize(
    ("answers", "state", "found", "remedy"),
    [
        ({}, OK, "Active, answers, code as deployed.", ""),
        ({"GetFunctionConfiguration": GONE}, FAILED, "There is no function finops-connection-manager.", "REVERT_DRIFT"),
        ({"Invoke": FAILING}, FAILED, SAID, "ops/rollback.sh --to previous --stack-name production --region eu-west-1"),
        ({"Invoke": answering({"statusCode": 500})}, FAILED, "It answers a harmless event with", "ops/rollback.sh"),
        ({"Invoke": answering(b"no json")}, FAILED, "It answers a harmless event with no json.", "ops/rollback.sh"),
        ({"Invoke": Refusal("TooManyRequestsException", status=429)}, FAILED, "its concurrency", "ops/rollback.sh"),
        # As after the guide's own rollback of one function.
        ({**OTHER_CODE, "HeadObject": {}}, WARNING, "another release's than the one that the stack deployed", PUT_BACK),
        (OTHER_CODE, FAILED, "Its code is not what the stack deployed, nor any release's (cdcdcdcdcdcd).", PUT_BACK),
        ({**OTHER_CODE, "Invoke": FAILING}, FAILED, f"{SAID} Its code is not what the stack deployed.", PUT_BACK),
        ({"GetFunctionConfiguration": function(State="Pending")}, WARNING, "is Pending.", "Run this again in a minute"),
        ({"GetFunctionConfiguration": function(State="Inactive")}, WARNING, "is Inactive.", "Run this again"),
        ({"GetFunctionConfiguration": function(State="Failed", StateReason="No key.")}, FAILED,
         "finops-connection-manager is Failed. No key.", "aws lambda get-function-configuration --function-name"),
        ({"GetFunctionConfiguration": function(LastUpdateStatus="InProgress")}, WARNING, "is being updated.", "again"),
        ({"GetFunctionConfiguration": function(LastUpdateStatus="Failed", LastUpdateStatusReason="No role.")}, FAILED,
         "The last update of finops-connection-manager is Failed. No role.", "aws lambda get-function-configuration"),
    ],
)  # fmt: skip
def test_a_function(answers: dict[str, Answer], state: State, found: str, remedy: str) -> None:
    result = finding("connection-manager", {"Invoke": answering({"statusCode": 200}), **answers})
    assert result.state is state
    assert found in result.found
    assert remedy in result.remedy
    assert bool(result.remedy) is (state in (WARNING, FAILED))


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("message-handler", {"refused": "JOB_NOT_FOUND", "message": "No such job."}),
        ("background-processor", {"batchItemFailures": []}),
    ],
)
def test_each_function_has_an_answer_of_its_own(name: str, answer: dict[str, Any]) -> None:
    assert finding(name, {"Invoke": answering(answer)}).state is OK
    assert finding(name, {"Invoke": answering({"statusCode": 200})}).state is FAILED


@pytest.mark.parametrize("key", ["websocket-connection-manager.zip", "", f"a/{'AB' * 32}/x.zip", f"a/b/{SHA256}/x.zip"])
def test_a_key_without_a_hash_is_not_compared(key: str) -> None:
    answers = {**OTHER_CODE, "Invoke": answering({"statusCode": 200})}
    result = finding("connection-manager", answers, ConnectionManagerKey=key)
    assert result == Finding(OK, "Active, answers, code not compared: its key names no hash.")


@pytest.mark.parametrize(("probe", "state"), [(answering({"statusCode": 200}), WARNING), (FAILING, FAILED)])
def test_while_the_stack_is_changed_other_code_is_waited_for(probe: Answer, state: State) -> None:
    result = finding("connection-manager", {**OTHER_CODE, "Invoke": probe}, status="UPDATE_IN_PROGRESS")
    assert (result.state, result.remedy) == (state, "Wait until that is done, then run this again.")
    assert "Its code is not the stack's, which is UPDATE_IN_PROGRESS." in result.found


@given(payload=st.binary() | st.text().map(str.encode), fails=st.booleans())
def test_whatever_a_function_answers_is_one_short_line(payload: bytes, fails: bool) -> None:
    invoke = answering(payload, **({"FunctionError": "Unhandled"} if fails else {}))
    found = finding("connection-manager", {"Invoke": invoke}).found
    assert len(found) < 220
    assert "\n" not in found
    assert_harmless(found)


@pytest.mark.parametrize(
    ("answers", "state", "found", "remedy"),
    [
        # Where Lambda names no state.
        ({"GetFunctionConfiguration": {"FunctionName": "cost-agent"}}, OK, "cost-agent: Active", ""),
        ({"GetFunctionConcurrency": {"ReservedConcurrentExecutions": 0}}, FAILED, "cost-agent may not run",
         "aws lambda delete-function-concurrency --function-name cost-agent --region eu-west-1"),
        ({"GetFunctionConfiguration": function(State="Failed")}, FAILED, "cost-agent is Failed.", "aws lambda get-"),
    ],
)  # fmt: skip
def test_an_agent_is_looked_at_and_not_invoked(
    answers: dict[str, Answer], state: State, found: str, remedy: str
) -> None:
    result = finding("cost forecast agent", answers)
    assert (result.state, result.found.startswith(found), remedy in result.remedy) == (state, True, True)


@pytest.mark.parametrize(
    ("status", "state", "remedy"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", OK, ""),
        ("UPDATE_IN_PROGRESS", WARNING, "Wait until that is done, then run this again."),
        ("CREATE_IN_PROGRESS", FAILED, "Wait until that is done, then run this again."),
        ("UPDATE_FAILED", FAILED, "aws cloudformation rollback-stack --stack-name production"),
        ("UPDATE_ROLLBACK_FAILED", FAILED, "aws cloudformation continue-update-rollback"),
        ("ROLLBACK_COMPLETE", FAILED, "aws cloudformation delete-stack"),
        ("IMPORT_ROLLBACK_FAILED", FAILED, "aws cloudformation describe-stack-events"),
    ],
)
def test_the_stacks_status(status: str, state: State, remedy: str) -> None:
    result = finding("stack", {}, status=status)
    assert (result.state, result.found.startswith(status), result.remedy.startswith(remedy)) == (state, True, True)


def test_every_status_that_is_not_green_has_a_remedy() -> None:
    for status in get_session().get_service_model("cloudformation").shape_for("StackStatus").enum:
        result = finding("stack", {}, status=status)
        assert status in result.found
        assert bool(result.remedy) is (result.state is not OK)


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_IN_PROGRESS"])
def test_of_a_stack_that_is_not_there_only_the_status_is_told(status: str) -> None:
    stack = replace(sample_stack(status), outputs={})
    first, *others = checks_of(CheckedStack(stack, SESSION))
    assert run_check(first).state is FAILED
    assert len(others) == 17
    assert {run_check(check).found for check in others} == {f"Not tried: the stack has nothing in it ({status})."}


def test_what_was_deleted_is_made_anew_with_the_parameters_that_it_had() -> None:
    make, wait, execute = finding("jobs table", {"DescribeTable": GONE}).remedy.splitlines()
    for name in sample_stack().parameters:
        assert f" ParameterKey={name},UsePreviousValue=true" in make
    model = get_session().get_service_model("cloudformation").operation_model("CreateChangeSet")
    assert "REVERT_DRIFT" in model.input_shape.members["DeploymentMode"].enum
    names = {command.split("--change-set-name ")[1].split()[0] for command in (make, wait, execute)}
    assert len(names) == 1
    assert all(command.endswith(" --region eu-west-1") for command in (make, wait, execute))


WELCOME = say.authenticated(
    message="Welcome health-check! WebSocket connection established.", userId="health-check", verified=False
)
LONG_COMMAND = "aws lambda update-function-code " + " ".join(f"--option-{number} value" for number in range(30))
FINDINGS = {
    "stack": ok("UPDATE_COMPLETE"),
    "connection-manager": failed("It fails: [/red] " + "long " * 40 + "story.", LONG_COMMAND),
    "WebSocket round trip": skipped("Not tried: connection-manager is red."),
    "alarms": warning("There are none.", "./deploy.sh\nSee the [/] runbook."),
}


def test_each_check_names_all_that_it_needs() -> None:
    """Only a failed need stops a check, not a skipped one: so each names what its needs need, too."""
    checks = {check.name: check for check in checks_of(CheckedStack(sample_stack(), SESSION))}
    for check in checks.values():
        assert {above for need in check.needs for above in checks[need].needs} <= set(check.needs)


def raising(error: Exception) -> Finding:
    raise error


def test_a_check_that_hangs_or_is_broken_costs_no_other_its_finding() -> None:
    release, tried = Event(), Event()
    found = run_checks(
        [
            Check("hanging", lambda: ok(str(release.wait(30)))),
            Check("waiting", lambda: ok(""), ("hanging",)),
            Check("needing", lambda: ok(str(tried.set())), ("defect",)),
            # Otherwise two that need each other's neighbour could both be skipped, and nothing failed.
            Check("defect", lambda: raising(ZeroDivisionError("secret")), ("skipped",)),
            Check("skipped", lambda: skipped("nobody can connect.")),
        ],
        patience=0.3,
    )
    release.set()
    assert [(name, finding.state, finding.found) for name, finding in found.items()] == [
        ("hanging", State.FAILED, "No answer within 0.3 seconds."),
        ("waiting", State.SKIPPED, "Not tried: hanging has not answered."),
        ("needing", State.SKIPPED, "Not tried: defect is red."),
        ("defect", State.FAILED, "This check is broken: ZeroDivisionError."),
        ("skipped", State.SKIPPED, "nobody can connect."),
    ]
    assert found["defect"].remedy
    assert not tried.is_set()


def checked(url: str, **parameters: str) -> CheckedStack:
    return CheckedStack(replace(sample_stack(**parameters), outputs={"WebSocketApiEndpoint": url}), SESSION)


async def test_the_round_trip_comes_from_a_page_that_may_connect() -> None:
    refusal = say.error(code="UNAUTHENTICATED")
    async with RecordingServer(authenticate=sending(WELCOME), list_jobs=sending(refusal)) as server:
        allowed = checked(server.url, AllowedOrigins="https://finops.example,https://other.example")
        result = await asyncio.to_thread(check_round_trip, allowed)
    assert re.fullmatch(r"Answers as the guide says, in [0-9.]+ s\.", result.found)
    assert server.origins == ["https://finops.example"]


async def test_a_round_trip_that_ends_otherwise_has_failed() -> None:
    async with RecordingServer(authenticate=sending(say.gateway_error())) as server:
        result = await asyncio.to_thread(check_round_trip, checked(server.url))
    assert result.state is State.FAILED
    assert "--log-group-name /aws/lambda/finops-connection-manager" in result.remedy
    assert "See connect-failures in docs/troubleshooting_notes.md." in result.remedy


@pytest.mark.parametrize(
    ("parameters", "origin"),
    [
        ({}, None),
        ({"AllowedOrigins": ""}, None),
        ({"AllowedOrigins": "*,https://a.example"}, None),
        ({"AllowedOrigins": "https://a.example,*", "MissingOrigin": "refuse"}, "https://a.example"),
        ({"AllowedOrigins": "*", "MissingOrigin": "refuse"}, "https://operations.invalid"),
    ],
)
def test_the_origin_of_a_page_that_may_connect(parameters: dict[str, str], origin: str | None) -> None:
    assert Stack("production", "CREATE_COMPLETE", parameters, {}).origin == origin


def printed(width: int, terminal: bool = False) -> str:
    out = io.StringIO()
    print_table(FINDINGS, Console(file=out, width=width, force_terminal=terminal, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 140])
def test_the_columns_fit_and_the_commands_stay_whole(width: int) -> None:
    lines = printed(width).splitlines()
    assert f"    {LONG_COMMAND}" in lines
    assert "    See the [/] runbook." in lines
    assert all(len(line) <= width for line in lines if LONG_COMMAND not in line)
    columns = {line.index(word) for line in lines for word in ("ok ", "RED ", "skipped ", "warning ") if word in line}
    assert len(columns) == 1
    assert lines[-1] == "Not healthy: 1 ok, 1 warning, 1 RED, 1 skipped."


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" not in printed(100)
    assert re.search(r"\x1b\[[0-9;]*31m", printed(100, terminal=True))
