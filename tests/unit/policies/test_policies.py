"""What IAM takes, and how wide the policies are."""

from __future__ import annotations

import re

import pytest

from finops_operations.deploy_policy import filled_in, generated_bucket_name, policy_names
from unit.policies.filled_in_policies import VALUES, listed, statements
from unit.policies.service_reference import exists, knows_resources

# What AWS lets be allowed on everything or on nothing (the Service Authorization Reference lists no resource for it).
WITHOUT_RESOURCES = {
    "cloudwatch:GetMetricStatistics",
    "cognito-idp:CreateUserPool",
    "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings",
    "lambda:ListEventSourceMappings",
    "logs:DescribeIndexPolicies",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
}
# The schema of AWS::ApiGatewayV2::Stage names it, the reference does not; IAM takes either.
UNLISTED = {"apigateway:TagResource"}

every_policy = pytest.mark.parametrize("policy", policy_names())


@every_policy
def test_iam_takes_it(policy: str) -> None:
    for statement in statements(policy):
        assert re.fullmatch("[A-Za-z0-9]+", statement["Sid"])
        assert statement["Effect"] == "Allow"
    sids = [statement["Sid"] for statement in statements(policy)]
    assert len(set(sids)) == len(sids)


@every_policy
def test_every_action_is_named_and_exists(policy: str) -> None:
    for statement in statements(policy):
        for action in listed(statement["Action"]):
            assert re.fullmatch("[a-z0-9-]+:[A-Za-z]+", action), "No wildcards."
            assert exists(action) or action in UNLISTED


def test_what_is_allowed_on_everything_can_only_be_allowed_so() -> None:
    found = {
        action
        for policy in policy_names()
        for statement in statements(policy)
        if "*" in listed(statement["Resource"])
        for action in listed(statement["Action"])
    }
    assert found == WITHOUT_RESOURCES
    assert not any(knows_resources(action) for action in found)


@every_policy
def test_what_knows_resources_has_some_of_this_deployment(policy: str) -> None:
    """Or of its region and account, where AWS gives the ids: those of APIs, mappings, user pools and change sets."""
    own = (
        "finops-websocket",
        "packages-of-somebody",
        "cost-agent",
        "advisor-agent",
        "d1a2b3",
        VALUES["KmsKeyArn"],
        "exports-of-somebody",
    )
    numbered = (":/apis", ":/tags/", ":/account", ":event-source-mapping:*", ":userpool/", ":changeSet/deploy-*")
    # DescribeAlarms of a prefix is asked of all; the group of an API's execution log has the API's id in its name.
    whole = (":alarm:*", ":log-group:/aws/apigateway/")
    for statement in statements(policy):
        for resource in listed(statement["Resource"]):
            assert resource == "*" or any(part in resource for part in (*own, *numbered, *whole))


def test_the_longest_names_that_a_deployment_may_have_still_fit() -> None:
    longest = {
        **VALUES,
        "Partition": "aws-us-gov",
        "Region": "ap-southeast-1",
        "StackName": "s" * 20,
        "GeneratedRoleName": f"{'s' * 20}-*",
        "GeneratedBucketName": generated_bucket_name("s" * 20),
        "ProjectName": "p" * 40,
        "Bucket": "b" * 63,
        "CostForecastFunction": "c" * 64,
        "TrustedAdvisorFunction": "t" * 64,
    }
    for policy in policy_names():
        filled_in(policy, longest)
