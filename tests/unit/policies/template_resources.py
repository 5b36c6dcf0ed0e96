"""The templates' resources as IAM sees them: each with its type and the ARNs that calls about it name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from finops_benchmarks.cloudformation_template import SAMPLE_AGENTS, load
from finops_benchmarks.cloudformation_template import STACK as MAIN
from monitoring_template import MONITORING
from unit.policies.filled_in_policies import ACCOUNT, BUCKET, PROJECT, REGION, STACK, VALUES

_PARAMETERS = {
    "ProjectName": PROJECT,
    "CostForecastFunctionName": VALUES["CostForecastFunction"],
    "TrustedAdvisorFunctionName": VALUES["TrustedAdvisorFunction"],
    "WebSocketApi": "abc123",
}
_STACKS = {MAIN: STACK, MONITORING: f"{STACK}-monitoring", SAMPLE_AGENTS: f"{STACK}-sample-agents"}
_API = f"arn:aws:apigateway:{REGION}::/apis/abc123"

# By type: the property that names a resource, and the ARN of that name, as the Service Authorization Reference has it.
_NAMED = {
    "AWS::CloudWatch::Alarm": ("AlarmName", f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{{}}"),
    "AWS::CloudWatch::Dashboard": ("DashboardName", f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/{{}}"),
    "AWS::DynamoDB::Table": ("TableName", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}"),
    "AWS::Events::Rule": ("Name", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{{}}"),
    "AWS::Lambda::Function": ("FunctionName", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}"),
    "AWS::Logs::LogGroup": ("LogGroupName", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}"),
    "AWS::SQS::Queue": ("QueueName", f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}"),
}
# What hangs on another resource, by the property that refers to it.
_ATTACHED = {
    "AWS::IAM::Policy": "Roles",
    "AWS::Lambda::EventInvokeConfig": "FunctionName",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
}
# By type, what AWS gives an id. The collection first, in which it is made.
_NUMBERED = {
    "AWS::ApiGateway::Account": [f"arn:aws:apigateway:{REGION}::/account"],
    "AWS::ApiGatewayV2::Api": [
        f"arn:aws:apigateway:{REGION}::/apis",
        _API,
        f"arn:aws:apigateway:{REGION}::/tags/arn%3Aaws%3Aapigateway%3A{REGION}%3A%3A%2Fapis%2Fabc123",
    ],
    "AWS::ApiGatewayV2::Integration": [f"{_API}/integrations", f"{_API}/integrations/i1"],
    "AWS::ApiGatewayV2::Route": [f"{_API}/routes", f"{_API}/routes/r1"],
    "AWS::ApiGatewayV2::Stage": [
        f"{_API}/stages",
        f"{_API}/stages/prod",
        f"{_API}/stages/prod/accesslogsettings",
        f"{_API}/stages/prod/routesettings/$connect",
    ],
    "AWS::Cognito::UserPool": [f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_Ab1"],
    "AWS::Cognito::UserPoolClient": [f"arn:aws:cognito-idp:{REGION}:{ACCOUNT}:userpool/{REGION}_Ab1"],
    "AWS::Lambda::EventSourceMapping": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:event-source-mapping:91e5"],
}


@dataclass(frozen=True)
class TemplateResource:
    """One resource of one template."""

    template: str
    logical_id: str
    type: str
    condition: str | None
    properties: dict[str, Any]
    arns: tuple[str, ...]

    def __str__(self) -> str:
        return self.logical_id


def template_resources() -> Iterator[TemplateResource]:
    """Every resource of the three templates."""
    for template in (MAIN, MONITORING, SAMPLE_AGENTS):
        for logical_id, resource in load(template)["Resources"].items():
            yield TemplateResource(
                template,
                logical_id,
                resource["Type"],
                resource.get("Condition"),
                resource["Properties"],
                tuple(_arns(template, logical_id)),
            )


def package_arns(template: str) -> tuple[str, ...]:
    """Where CloudFormation has Lambda fetch the functions' packages."""
    return (f"arn:aws:s3:::{BUCKET}/{_STACKS[template]}/0a1b2c/some-package.zip",)


def _arns(template: str, logical_id: str) -> list[str]:
    resource = load(template)["Resources"][logical_id]
    kind, given = resource["Type"], resource["Properties"]
    if kind in _NAMED:
        name, form = _NAMED[kind]
        return [form.format(_text(given[name]))]
    if kind in _ATTACHED:
        found = given[_ATTACHED[kind]]
        return [
            arn
            for reference in (found if isinstance(found, list) else [found])
            for arn in _arns(template, reference["Ref"] if "Ref" in reference else reference["Fn::GetAtt"][0])
        ]
    if kind == "AWS::IAM::Role":
        return [f"arn:aws:iam::{ACCOUNT}:role/{_STACKS[template][:30]}-{logical_id}-1A2B3C4D5E6F"]
    if kind == "AWS::S3::Bucket":
        return [f"arn:aws:s3:::{_STACKS[template]}-{logical_id.lower()}-1a2b3c4d5e6f"]
    return _NUMBERED[kind]


def _text(value: Any) -> str:
    match value:
        case {"Ref": name}:
            return _PARAMETERS[name]
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: _PARAMETERS[found[1]], text)
    return str(value)
