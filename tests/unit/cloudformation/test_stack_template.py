"""What the stack's template promises and the local cloud does not check or show."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from finops_benchmarks.cloudformation_template import CLOUDFORMATION, STACK, load, properties, resources
from monitoring_template import MONITORING

FUNCTIONS = {"ConnectionManager", "MessageHandler", "BackgroundProcessor"}

# Routes and the function that serves each.
ROUTES = {
    "$connect": "ConnectionManager",
    "authenticate": "ConnectionManager",
    "ping": "ConnectionManager",
    "$default": "MessageHandler",
    "$disconnect": "ConnectionManager",
}


@pytest.mark.parametrize(("name", "must_be_given"), [(STACK, "LambdaS3Bucket"), (MONITORING, "WebSocketApiId")])
def test_every_parameter_is_grouped_described_and_constrained_and_one_must_be_given(
    name: str, must_be_given: str
) -> None:
    template = load(name)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])
    for parameter, described in template["Parameters"].items():
        assert described["Description"], parameter
        assert {"AllowedPattern", "AllowedValues", "MinValue", "MinLength"} & set(described), parameter
        assert ("Default" in described) == (parameter != must_be_given), parameter
    assert template["Parameters"]["ProjectName"]["Default"] == "finops-websocket"


@pytest.mark.parametrize("name", [STACK, MONITORING])
def test_template_fits_into_a_request(name: str) -> None:
    # The guide's `aws cloudformation deploy` sends it whole; more than 51,200 bytes must come from S3. 600 are kept
    # free, for a fault that must be mended at once.
    # https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
    assert (CLOUDFORMATION / name).stat().st_size <= 51_200 - 600


def test_routes_and_who_serves_them() -> None:
    integrations = {
        name: next(function for function in FUNCTIONS if function in json.dumps(integration["IntegrationUri"]))
        for name, integration in properties("AWS::ApiGatewayV2::Integration").items()
    }
    routes = {
        route["RouteKey"]: next(integrations[name] for name in integrations if name in json.dumps(route["Target"]))
        for route in properties("AWS::ApiGatewayV2::Route").values()
    }
    assert routes == ROUTES


def test_stage_deploys_itself_after_its_routes() -> None:
    stage = resources("AWS::ApiGatewayV2::Stage")["Stage"]
    assert stage["Properties"]["StageName"] == "prod"
    assert stage["Properties"]["AutoDeploy"] is True
    assert set(stage["DependsOn"]) == set(resources("AWS::ApiGatewayV2::Route"))


def test_api_gateway_may_invoke_each_function_for_its_own_routes_only() -> None:
    permissions = {
        permission["SourceArn"]["Fn::Sub"].split("/prod/")[1]: permission["FunctionName"]["Fn::GetAtt"][0]
        for permission in properties("AWS::Lambda::Permission").values()
        if permission["Principal"] == "apigateway.amazonaws.com" and permission["Action"] == "lambda:InvokeFunction"
    }
    assert permissions == ROUTES


def test_tables_are_restorable_and_expire() -> None:
    tables = resources("AWS::DynamoDB::Table")
    assert set(tables) == {"ConnectionsTable", "JobsTable"}
    for table in tables.values():
        assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["Properties"]["TimeToLiveSpecification"] == {"AttributeName": "ttl", "Enabled": True}
    assert {
        (name, index["IndexName"])
        for name, table in tables.items()
        for index in table["Properties"].get("GlobalSecondaryIndexes", ())
    } == {("JobsTable", "user-index"), ("JobsTable", "open-index")}


def test_what_would_hinder_a_second_deployment_goes_with_the_stack_or_has_no_name_of_its_own() -> None:
    for kind, key in (
        ("AWS::DynamoDB::Table", "TableName"),
        ("AWS::SQS::Queue", "QueueName"),
        ("AWS::Logs::LogGroup", "LogGroupName"),
    ):
        for name, resource in resources(kind).items():
            assert key in resource["Properties"], name
            assert resource["DeletionPolicy"] == "Delete", name
    # What stays, but for a stack that could not be made, has a name that CloudFormation makes anew.
    for kind in ("AWS::S3::Bucket", "AWS::Cognito::UserPool"):
        assert {resource["DeletionPolicy"] for resource in resources(kind).values()} == {"RetainExceptOnCreate"}
    assert "BucketName" not in properties("AWS::S3::Bucket")["ResultsBucket"]
    # So has a role, whose name is taken in the whole account, in all of its regions.
    assert all("RoleName" not in role for role in properties("AWS::IAM::Role").values())


def test_each_function_has_a_role_and_a_log_group_of_its_own() -> None:
    functions = properties("AWS::Lambda::Function")
    assert set(functions) == FUNCTIONS
    for name, function in functions.items():
        assert function["Role"] == {"Fn::GetAtt": [f"{name}Role", "Arn"]}
        assert function["LoggingConfig"]["LogGroup"] == {"Ref": f"{name}LogGroup"}
        # Where the alarms look for what it counts.
        assert function["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"] == {"Ref": "ProjectName"}
    for group in properties("AWS::Logs::LogGroup").values():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}
    logging = {role.removesuffix("Role"): statement for role, statement in statements() if statement["Sid"] == "Log"}
    for name, statement in logging.items():
        assert f"${{{name}LogGroup}}:*" in statement["Resource"]["Fn::Sub"]


def statements() -> list[tuple[str, dict[str, Any]]]:
    return [
        (name, statement)
        for name, role in properties("AWS::IAM::Role").items()
        # What belongs to API Gateway has AWS's own: see test_api_logs.py.
        for policy in role.get("Policies", ())
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def test_no_permission_is_for_everything() -> None:
    for name, statement in statements():
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        assert all("*" not in action for action in actions), (name, actions)
        resource = json.dumps(statement["Resource"])
        # A name's end may be open where nothing has a name before it is there: log streams, connections, answers.
        assert '"*"' not in resource, name
        assert resource.count("*") == resource.count(':*"') + resource.count('/jobs/*"') + resource.count(
            '@connections/*"'
        )


def test_functions_may_only_do_to_connections_of_this_stage_what_they_do() -> None:
    allowed = {
        (name.removesuffix("Role"), re.sub(r".*\$\{WebSocketApi\}", "", statement["Resource"]["Fn::Sub"]))
        for name, statement in statements()
        if statement["Action"] == "execute-api:ManageConnections"
    }
    assert allowed == {
        ("ConnectionManager", "/prod/POST/@connections/*"),
        ("ConnectionManager", "/prod/GET/@connections/*"),
        ("ConnectionManager", "/prod/DELETE/@connections/*"),
        ("MessageHandler", "/prod/POST/@connections/*"),
        ("MessageHandler", "/prod/DELETE/@connections/*"),
        ("BackgroundProcessor", "/prod/POST/@connections/*"),
    }


def test_processor_may_read_both_queues() -> None:
    reading = next(s for n, s in statements() if n == "BackgroundProcessorRole" and s["Sid"] == "ReadQueues")
    # What Lambda's poller needs: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
    pollers = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    assert set(reading["Action"]) == {*pollers, "sqs:ChangeMessageVisibility"}
    assert [resource["Fn::GetAtt"] for resource in reading["Resource"]] == [
        ["ProcessingQueue", "Arn"],
        ["ProcessingDeadLetterQueue", "Arn"],
    ]


def test_queues_outwait_the_processor_and_the_first_gives_up_after_three_failures() -> None:
    queues = properties("AWS::SQS::Queue")
    for queue in queues.values():
        assert queue["VisibilityTimeout"] > properties("AWS::Lambda::Function")["BackgroundProcessor"]["Timeout"]
    assert queues["ProcessingQueue"]["RedrivePolicy"] == {
        "deadLetterTargetArn": {"Fn::GetAtt": ["ProcessingDeadLetterQueue", "Arn"]},
        "maxReceiveCount": 3,
    }
    assert "RedrivePolicy" not in queues["ProcessingDeadLetterQueue"]


def test_mappings_take_one_message_at_a_time_and_report_failures_one_by_one() -> None:
    mappings = properties("AWS::Lambda::EventSourceMapping")
    assert {mapping["EventSourceArn"]["Fn::GetAtt"][0] for mapping in mappings.values()} == {
        "ProcessingQueue",
        "ProcessingDeadLetterQueue",
    }
    for mapping in mappings.values():
        assert mapping["FunctionName"] == {"Ref": "BackgroundProcessor"}
        assert mapping["BatchSize"] == 1
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    limit = mappings["ProcessingQueueMapping"]["ScalingConfig"]["MaximumConcurrency"]
    assert limit["Fn::If"][2] == {"Ref": "MaximumConcurrency"}


def test_sweep_is_scheduled_and_may_invoke_the_processor() -> None:
    (rule,) = properties("AWS::Events::Rule").values()
    assert rule["ScheduleExpression"] == "rate(5 minutes)"
    assert [target["Arn"] for target in rule["Targets"]] == [{"Fn::GetAtt": ["BackgroundProcessor", "Arn"]}]
    permission = properties("AWS::Lambda::Permission")["SweepPermission"]
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["FunctionName"] == {"Fn::GetAtt": ["BackgroundProcessor", "Arn"]}
    assert permission["SourceArn"] == {"Fn::GetAtt": ["Sweep", "Arn"]}


def test_lease_is_longer_than_a_heartbeat_and_a_crash_costs_two_minutes() -> None:
    parameters = load()["Parameters"]
    assert parameters["LeaseSeconds"]["Default"] > parameters["HeartbeatSeconds"]["Default"]
    # See background_processor.queue_message: a message is hidden for a third longer than the lease.
    assert parameters["LeaseSeconds"]["Default"] * 4 / 3 <= 120


def test_agents_deadline_leaves_time_to_deliver() -> None:
    longest = load()["Parameters"]["AgentTimeoutSeconds"]["MaxValue"]
    assert longest + 30 < properties("AWS::Lambda::Function")["BackgroundProcessor"]["Timeout"]


def test_answers_are_kept_private_and_expire() -> None:
    bucket = properties("AWS::S3::Bucket")["ResultsBucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == {"Ref": "JobRetentionDays"}
    assert bucket["BucketEncryption"]


def test_nothing_is_taken_without_tls_on_aws() -> None:
    policies = [*resources("AWS::SQS::QueuePolicy").values(), *resources("AWS::S3::BucketPolicy").values()]
    for policy in policies:
        assert policy["Condition"] == "IsAws"
        (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    queues = [queue["Ref"] for policy in properties("AWS::SQS::QueuePolicy").values() for queue in policy["Queues"]]
    assert sorted(queues) == sorted(resources("AWS::SQS::Queue"))
    buckets = [policy["Bucket"]["Ref"] for policy in properties("AWS::S3::BucketPolicy").values()]
    assert sorted(buckets) == sorted(resources("AWS::S3::Bucket"))


def test_outputs_that_others_rely_on() -> None:
    assert {
        "WebSocketApiEndpoint",
        "WebSocketApiId",
        "ConnectionsTableName",
        "JobsTableName",
        "ProcessingQueueUrl",
        "UserPoolId",
        "UserPoolClientId",
        "ResultsBucketName",
    } <= set(load()["Outputs"])


def test_handlers_are_where_the_template_says() -> None:
    source = Path(__file__).resolve().parents[3] / "src"
    for function in properties("AWS::Lambda::Function").values():
        package, module, name = function["Handler"].split(".")
        assert f"def {name}(" in (source / package / f"{module}.py").read_text(encoding="utf-8")
