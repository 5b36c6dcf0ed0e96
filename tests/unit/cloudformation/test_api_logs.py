"""API Gateway's own logs: off unless asked for, and never with what a client or a function said."""

import json
import re
from typing import Any

from finops_benchmarks.cloudformation_template import load, properties, resources

# What API Gateway itself knows about a request. None of it is chosen by a client or a function, but for the address.
# https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
WITHOUT_CONTENT = {
    "$context.requestTime",
    "$context.requestId",
    "$context.connectionId",
    "$context.identity.sourceIp",
    "$context.eventType",
    "$context.routeKey",
    "$context.status",
    "$context.error.responseType",
    "$context.integration.status",
    "$context.integration.latency",
}


def stage() -> dict[str, Any]:
    return properties("AWS::ApiGatewayV2::Stage")["Stage"]


def test_nothing_is_logged_and_no_setting_of_the_account_is_touched_unless_asked_for() -> None:
    defaults = {name: parameter.get("Default") for name, parameter in load()["Parameters"].items()}
    assert (defaults["ApiAccessLogs"], defaults["ApiExecutionLogs"], defaults["ApiGatewayLogRole"]) == (
        "false",
        "OFF",
        "none",
    )
    conditions = load()["Conditions"]
    assert conditions["WritesAccessLog"] == {"Fn::Equals": [{"Ref": "ApiAccessLogs"}, "true"]}
    assert conditions["WritesExecutionLog"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ApiExecutionLogs"}, "OFF"]}]}
    assert conditions["MakesLogRole"] == {"Fn::Equals": [{"Ref": "ApiGatewayLogRole"}, "make"]}


def test_access_log_is_a_json_object_on_one_line_with_nothing_that_a_client_or_a_function_said() -> None:
    condition, settings, otherwise = stage()["AccessLogSettings"]["Fn::If"]
    assert (condition, otherwise) == ("WritesAccessLog", {"Ref": "AWS::NoValue"})
    line = settings["Format"]
    assert set(re.findall(r"\$context[.\w]*", line)) == WITHOUT_CONTENT
    assert "\n" not in line
    # botocore's model of the service: StringWithLengthBetween1And1024.
    assert len(line) <= 1024
    # A field that has no value is logged as "-", which is JSON only as a text.
    assert set(json.loads(re.sub(r"\$context[.\w]*", "-", line)).values()) == {"-"}


def test_no_route_logs_messages_whole_or_informs_about_each() -> None:
    for settings in [stage()["DefaultRouteSettings"], *stage()["RouteSettings"].values()]:
        assert settings["DataTraceEnabled"] is False
        assert settings["LoggingLevel"] == {"Ref": "ApiExecutionLogs"}
    assert load()["Parameters"]["ApiExecutionLogs"]["AllowedValues"] == ["OFF", "ERROR"]


def test_each_log_has_a_group_of_its_own_which_expires() -> None:
    groups = resources("AWS::Logs::LogGroup")
    for group, condition, name in (
        ("AccessLogGroup", "WritesAccessLog", "/aws/apigateway/${ProjectName}-access"),
        ("ExecutionLogGroup", "WritesExecutionLog", "/aws/apigateway/${WebSocketApi}/prod"),
    ):
        assert groups[group]["Condition"] == condition
        assert groups[group]["Properties"]["LogGroupName"] == {"Fn::Sub": name}
        assert groups[group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_the_role_and_the_group_are_there_before_the_stage_logs() -> None:
    condition, then, _ = stage()["Description"]["Fn::Join"][1][0]["Fn::If"]
    assert (condition, "${ExecutionLogGroup}" in then["Fn::Sub"]) == ("WritesExecutionLog", True)
    condition, then, _ = stage()["Description"]["Fn::Join"][1][1]["Fn::If"]
    assert (condition, "${AccountLogRole}" in then["Fn::Sub"]) == ("MakesLogRole", True)


def test_the_accounts_role_stays_when_the_stack_goes_and_lets_api_gateway_log_and_nothing_else() -> None:
    (account,) = resources("AWS::ApiGateway::Account").values()
    role = resources("AWS::IAM::Role")["ApiGatewayRole"]
    assert account["Properties"] == {"CloudWatchRoleArn": {"Fn::GetAtt": ["ApiGatewayRole", "Arn"]}}
    for resource in (account, role):
        assert resource["Condition"] == "MakesLogRole"
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    role = role["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert "Policies" not in role
    (policy,) = role["ManagedPolicyArns"]
    assert policy["Fn::Sub"].startswith("arn:${AWS::Partition}:iam::aws:policy/")
    assert policy["Fn::Sub"].endswith("/AmazonAPIGatewayPushToCloudWatchLogs")
