"""The policies of ops/policies for one deployment, and what they allow, by the local cloud's own evaluator.

The evaluator is the one that enforces IAM on the local cloud; here it is also told what only AWS knows of a call, such
as that CloudFormation makes it in the person's name.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from finops_operations.deploy_policy import filled_in, generated_bucket_name, generated_role_name

ACCOUNT = "123456789012"
REGION = "eu-central-1"
STACK = "finops-websocket-api"
PROJECT = "finops-websocket"
BUCKET = "packages-of-somebody"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b"

VALUES = {
    "Partition": "aws",
    "Region": REGION,
    "AccountId": ACCOUNT,
    "StackName": STACK,
    "GeneratedRoleName": generated_role_name(STACK),
    "GeneratedBucketName": generated_bucket_name(STACK),
    "ProjectName": PROJECT,
    "Bucket": BUCKET,
    "CostForecastFunction": "cost-agent",
    "TrustedAdvisorFunction": "advisor-agent",
    "KmsKeyArn": KEY,
    "FocusExportBucket": "exports-of-somebody",
    "AmplifyAppId": "d1a2b3",
    "AmplifyBranch": "staging",
}
BY_CLOUDFORMATION = {"aws:calledvia": ["cloudformation.amazonaws.com"]}
"""What AWS adds to a call that CloudFormation makes with the permissions of whoever called it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-calledvia
"""

Permission = tuple[str, str, str]
"""Policy, statement, action."""


@cache
def statements(policy: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(filled_in(policy, VALUES))["Statement"]
    return found


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def permissions(policy: str) -> set[Permission]:
    return {
        (policy, statement["Sid"], action) for statement in statements(policy) for action in listed(statement["Action"])
    }


def allowed_by(policies: tuple[str, ...], action: str, resource: str, context: dict[str, Any]) -> Permission | None:
    """The permission that allows an action on a resource; None if none does."""
    for policy in policies:
        call = EvalContext(
            principal_arn=f"arn:aws:iam::{ACCOUNT}:user/somebody",
            principal_type="User",
            principal_account=ACCOUNT,
            action=action,
            resource_arn=resource,
            region=REGION,
            service_context=context,
        )
        verdict = evaluate(call, [parse_policy_document({"Statement": statements(policy)})])
        if verdict.decision == "Allow":
            return policy, verdict.matched_sid, action
    return None
