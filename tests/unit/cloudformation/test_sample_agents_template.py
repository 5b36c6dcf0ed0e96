"""cloudformation/sample-agents.yaml: both agents may read the costs that they are told of, and nothing else."""

import re
from typing import Any

import pytest

from finops_benchmarks.cloudformation_template import load

TEMPLATE = load("sample-agents.yaml")
ROLES = {name: each["Properties"] for name, each in TEMPLATE["Resources"].items() if each["Type"] == "AWS::IAM::Role"}
BUCKET = "arn:${AWS::Partition}:s3:::${CostsS3Bucket}"


@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_a_role_may_read_its_costs_under_the_condition_that_there_are_some(role: dict[str, Any]) -> None:
    logs, *costs = role["Policies"]
    assert logs["PolicyName"] == "write-own-logs"
    assert all(each["Fn::If"][2] == {"Ref": "AWS::NoValue"} for each in costs)
    statements = {each["Fn::If"][0]: each["Fn::If"][1]["PolicyDocument"]["Statement"] for each in costs}
    allowed = {"Effect": "Allow", "Action": "s3:GetObject"}
    listed = {"StringEquals": {"s3:prefix": {"Fn::Sub": "${CostsS3Prefix}/"}}}
    assert statements == {
        "HasCostFile": [allowed | {"Resource": {"Fn::Sub": f"{BUCKET}/${{CostsS3Key}}"}}],
        "HasCostFolder": [
            {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": {"Fn::Sub": BUCKET}, "Condition": listed},
            allowed | {"Resource": {"Fn::Sub": f"{BUCKET}/${{CostsS3Prefix}}/*"}},
        ],
        "HasCostsKmsKey": [{"Effect": "Allow", "Action": "kms:Decrypt", "Resource": {"Ref": "CostsKmsKeyArn"}}],
    }


def test_both_functions_have_the_same_environment_time_and_room() -> None:
    functions = [
        each["Properties"] for each in TEMPLATE["Resources"].values() if each["Type"] == "AWS::Lambda::Function"
    ]
    shared = [
        {name: each[name] for name in ("Environment", "MemorySize", "Timeout", "EphemeralStorage", "Runtime")}
        for each in functions
    ]
    assert shared[0] == shared[1]
    # The processor waits so long for an agent.
    longest = load()["Parameters"]["AgentTimeoutSeconds"]["Default"]
    assert shared[0]["Timeout"] < longest


@pytest.mark.parametrize("parameter", ["CostsS3Key", "CostsS3Prefix"])
def test_no_value_can_widen_a_permission(parameter: str) -> None:
    """IAM reads * and ? in a resource as any characters, and ${...} as a variable."""
    pattern = TEMPLATE["Parameters"][parameter]["AllowedPattern"]
    assert re.fullmatch(pattern, "billing/2026 focus")
    assert not any(re.fullmatch(pattern, value) for value in ("billing/*", "billing?", "billing/${aws:username}"))
