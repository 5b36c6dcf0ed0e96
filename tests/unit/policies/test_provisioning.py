"""The deployer's policies let CloudFormation make, change and delete what the templates hold, and nothing else.

The local cloud's CloudFormation asks for no permission. So the policies are held against what AWS publishes: the
permissions that each resource type's handlers use (the schemas of CloudFormation's registry, which come with cfn-lint),
and which actions know resources (the Service Authorization Reference, likewise).
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from finops_benchmarks.cloudformation_template import SAMPLE_AGENTS
from unit.policies.filled_in_policies import (
    ACCOUNT,
    BY_CLOUDFORMATION,
    KEY,
    PROJECT,
    REGION,
    Permission,
    allowed_by,
    permissions,
)
from unit.policies.service_reference import knows_resources
from unit.policies.template_resources import TemplateResource, package_arns, template_resources
from unit.policies.unused_handler_actions import OTHERWISE_UNUSED, WITHOUT_PROPERTIES

DEPLOYER = ("deploy", "provision-api", "provision-data", "provision-monitoring")
BY_CLOUDFORMATION_ONLY = ("provision-api", "provision-data", "provision-monitoring", "kms-key", "api-logs")
# The optional policy that a condition of the template makes necessary.
OF_CONDITION = {"WritesAccessLog": "api-logs", "WritesExecutionLog": "api-logs", "MakesLogRole": "api-logs"}

PROCESSOR = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{PROJECT}-background-processor"
PUSH_TO_LOGS = "arn:aws:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs"
# Whom a type hands the stack's roles to.
PASSES_TO = {"AWS::Lambda::Function": "lambda.amazonaws.com", "AWS::ApiGateway::Account": "apigateway.amazonaws.com"}

RESOURCES = list(template_resources())
ROLES = next(resource.arns for resource in RESOURCES if resource.logical_id == "ConnectionManagerRole")

Call = tuple[str, str, dict[str, Any]]
"""Action, resource, and what else IAM is told."""


@cache
def handler_actions(kind: str) -> frozenset[str]:
    """The actions with which CloudFormation makes, reads, changes and deletes a resource of this type."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
    return frozenset(
        # One schema writes it in lower case; IAM does not care.
        action.replace("s3:getObject", "s3:GetObject")
        for name, handler in handlers.items()
        # Only looking for resources that are in no stack lists them.
        if name != "list"
        for action in handler["permissions"]
    )


@cache
def unused_actions(kind: str) -> set[str]:
    patterns = " ".join([*WITHOUT_PROPERTIES.get(kind, {}).values(), OTHERWISE_UNUSED.get(kind, "")]).split()
    return {action for action in handler_actions(kind) for pattern in patterns if fnmatch.fnmatchcase(action, pattern)}


def calls(resource: TemplateResource) -> Iterator[Call]:
    """The calls that CloudFormation makes for a resource, in the name of whoever deploys it."""
    for action in sorted(handler_actions(resource.type) - unused_actions(resource.type)):
        match action:
            case "iam:PassRole":
                yield action, ROLES[0], {"iam:passedtoservice": PASSES_TO[resource.type]}
            case "iam:AttachRolePolicy" | "iam:DetachRolePolicy":
                if "ManagedPolicyArns" in resource.properties:
                    yield action, resource.arns[0], BY_CLOUDFORMATION | {"iam:policyarn": PUSH_TO_LOGS}
            case "logs:AssociateKmsKey" | "logs:DisassociateKmsKey":
                if "KmsKeyId" in resource.properties:
                    yield action, resource.arns[0], BY_CLOUDFORMATION
            case "s3:GetObject":
                for arn in package_arns(resource.template):
                    yield action, arn, BY_CLOUDFORMATION
            case _ if action.startswith("kms:"):
                yield action, KEY, BY_CLOUDFORMATION | {"kms:grantisforawsresource": "true"}
            case _ if not knows_resources(action):
                yield action, "*", BY_CLOUDFORMATION | {"lambda:functionarn": PROCESSOR}
            case _:
                for arn in resource.arns:
                    yield action, arn, BY_CLOUDFORMATION | {"lambda:functionarn": PROCESSOR}


def policies_for(resource: TemplateResource, action: str) -> tuple[str, ...]:
    """The policies that somebody has who deploys with what makes this resource, and this action, necessary."""
    policies = DEPLOYER
    if resource.condition in OF_CONDITION:
        policies += (OF_CONDITION[resource.condition],)
    if resource.template == SAMPLE_AGENTS:
        policies += ("sample-agents",)
    if action.startswith("kms:") or action.endswith("KmsKey"):
        policies += ("kms-key",)
    return policies


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: f"{resource.template}-{resource}")
def test_the_deployer_may_have_it_made(resource: TemplateResource) -> None:
    refused = [
        (action, arn)
        for action, arn, context in calls(resource)
        if not allowed_by(policies_for(resource, action), action, arn, context)
    ]
    assert not refused


def test_what_a_type_uses_is_known() -> None:
    """A type without handlers would be allowed everything by an empty list."""
    assert all(handler_actions(resource.type) for resource in RESOURCES)
    assert sum(1 for resource in RESOURCES for _ in calls(resource)) > 500


@pytest.mark.parametrize("kind", WITHOUT_PROPERTIES)
def test_what_is_unused_is_listed_by_aws_and_no_resource_has_the_property(kind: str) -> None:
    properties = set(" ".join(WITHOUT_PROPERTIES[kind]).split())
    patterns = " ".join([*WITHOUT_PROPERTIES[kind].values(), OTHERWISE_UNUSED.get(kind, "")]).split()
    assert [pattern for pattern in patterns if not fnmatch.filter(handler_actions(kind), pattern)] == []
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    assert properties <= schema["properties"].keys(), "A property that does not exist is no reason."
    assert not properties & {name for resource in RESOURCES if resource.type == kind for name in resource.properties}


def test_nothing_is_allowed_that_cloudformation_does_not_call() -> None:
    used: set[Permission] = set()
    for resource in RESOURCES:
        for action, arn, context in calls(resource):
            # In each policy, since two may need the same.
            for policy in policies_for(resource, action):
                found = allowed_by((policy,), action, arn, context)
                used |= {found} if found else set()
    allowed = {permission for policy in BY_CLOUDFORMATION_ONLY for permission in permissions(policy)}
    agents = {one for one in permissions("sample-agents") if one[1] in ("Agents", "LogGroups")}
    assert allowed | agents == used - permissions("deploy") - (permissions("sample-agents") - agents)


def test_nobody_makes_anything_but_through_cloudformation() -> None:
    policies = (*BY_CLOUDFORMATION_ONLY, "sample-agents")
    found = {allowed_by(policies, action, arn, {}) for resource in RESOURCES for action, arn, _ in calls(resource)}
    # The package of the agents is the deployer's own to read.
    assert found <= {None, ("sample-agents", "KeepPackage", "s3:GetObject")}
