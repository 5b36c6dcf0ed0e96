"""For each action that somebody may call themselves, a call that asks for it; and which ones are not asked for here.

All are about a deployment that is not there: a call that is allowed fails otherwise than one that is not.
"""

from __future__ import annotations

import json
from typing import Any

from botocore import xform_name

from local_cloud.limited_user import ACCOUNT, REGION, Permission, permissions_of
from local_cloud.running_cloud import ROOT

BUCKET = "policied-packages"
ABSENT = "absent"
ABSENT_OPTIONS = (
    "--stack-name",
    ABSENT,
    "--project-name",
    ABSENT,
    "--bucket",
    BUCKET,
    "--app-id",
    "d1a2b3",
    "--focus-export-bucket",
    BUCKET,
)
DEAD_LETTERS = {"QueueUrl": f"http://sqs/{ACCOUNT}/{ABSENT}-processing-dlq"}
QUEUE = {"QueueUrl": f"http://sqs/{ACCOUNT}/{ABSENT}-processing-queue"}
FUNCTION = {"FunctionName": f"{ABSENT}-connection-manager"}
JOBS = {"TableName": f"{ABSENT}-jobs"}
JOB = JOBS | {"Key": {"jobId": {"S": "1"}}}
LOG_GROUP = f"/aws/lambda/{ABSENT}-connection-manager"
METRIC = {
    "Namespace": "AWS/SQS", "MetricName": "Age", "StartTime": 0, "EndTime": 60, "Period": 60, "Statistics": ["Maximum"]
}  # fmt: skip
# By policy, an object that it is about.
KEYS = {
    "deploy": f"{ABSENT}/releases/1/release.json",
    "operate": f"{ABSENT}/releases/1/release.json",
    "sample-agents": f"{ABSENT}-sample-agents/1/sample-agents.zip",
    "focus-export": "",
    "frontend": f"{ABSENT}/frontend/d1a2b3/staging/1/finops-ui.zip",
}

# What a call of an action says besides the stack's name, the change set, or the bucket and key.
PARAMETERS: dict[str, dict[str, Any]] = {
    "apigateway:GET": {"ApiId": ABSENT},
    "apigateway:POST": {"ApiId": ABSENT, "StageName": "prod"},
    "cloudformation:CreateChangeSet": {"ChangeSetName": "deploy-1", "TemplateBody": "{}"},
    "cloudformation:UpdateTerminationProtection": {"EnableTerminationProtection": True},
    "cloudwatch:DescribeAlarms": {"AlarmNamePrefix": f"{ABSENT}-"},
    "cloudwatch:GetMetricStatistics": METRIC,
    "dynamodb:DescribeContinuousBackups": JOBS,
    "dynamodb:DescribeTable": JOBS,
    "dynamodb:DescribeTimeToLive": JOBS,
    "dynamodb:GetItem": JOB,
    "dynamodb:Query": JOBS | {"IndexName": "open-index"},
    "dynamodb:Scan": JOBS,
    "dynamodb:UpdateItem": JOB,
    "events:DescribeRule": {"Name": f"{ABSENT}-sweep"},
    "iam:GetRolePolicy": {"RoleName": f"{ABSENT}-Role-1", "PolicyName": "1"},
    "lambda:GetFunction": FUNCTION,
    "lambda:GetFunctionConfiguration": FUNCTION,
    "lambda:GetPolicy": FUNCTION,
    "lambda:InvokeFunction": FUNCTION,
    "lambda:ListVersionsByFunction": FUNCTION,
    "lambda:PublishVersion": FUNCTION,
    "lambda:UpdateFunctionCode": FUNCTION | {"S3Bucket": BUCKET, "S3Key": "1"},
    "logs:DescribeLogStreams": {"logGroupName": LOG_GROUP},
    "logs:FilterLogEvents": {"logGroupName": LOG_GROUP},
    "logs:GetQueryResults": {"queryId": "1"},
    "logs:StartQuery": {"logGroupName": LOG_GROUP, "startTime": 0, "endTime": 1, "queryString": "fields level"},
    "s3:AbortMultipartUpload": {"UploadId": "1"},
    "sqs:ChangeMessageVisibility": DEAD_LETTERS | {"ReceiptHandle": "1", "VisibilityTimeout": 0},
    "sqs:DeleteMessage": DEAD_LETTERS | {"ReceiptHandle": "1"},
    "sqs:GetQueueAttributes": QUEUE,
    "sqs:ReceiveMessage": DEAD_LETTERS,
    "sqs:SendMessage": QUEUE | {"MessageBody": "1"},
}
# Statements about other functions than the connection manager.
FUNCTIONS = {"FindAgents": "aws-cost-forecast-agent", "AskTheProcessor": f"{ABSENT}-background-processor"}
OF_CHANGE_SETS = ("DeleteChangeSet", "DescribeChangeSet", "DescribeEvents", "ExecuteChangeSet")
METHODS = {
    "apigateway:GET": "get_routes",
    "apigateway:POST": "create_deployment",
    "lambda:InvokeFunction": "invoke",
    "s3:ListBucket": "head_bucket",
}

_CONCURRENCY = "the local cloud takes every call about a function's concurrency for PutFunctionConcurrency"
_UNASKED = "the local cloud lets everybody"
_NO_AMPLIFY = "there is no Amplify on the local cloud"
NOT_ENFORCED = {
    ("deploy", "cloudformation:DescribeEvents"): "the local cloud knows a change set's stack from neither statement",
    ("deploy", "lambda:GetAccountSettings"): _UNASKED,
    ("frontend", "amplify:GetApp"): _NO_AMPLIFY,
    ("frontend", "amplify:GetBranch"): _NO_AMPLIFY,
    ("frontend", "amplify:GetJob"): _NO_AMPLIFY,
    ("frontend", "amplify:ListJobs"): _NO_AMPLIFY,
    ("frontend", "amplify:StartDeployment"): _NO_AMPLIFY,
    ("frontend", "amplify:StopJob"): _NO_AMPLIFY,
    ("operate", "lambda:DeleteFunctionConcurrency"): _CONCURRENCY,
    ("operate", "lambda:GetAccountSettings"): _UNASKED,
    ("operate", "lambda:GetFunctionConcurrency"): _CONCURRENCY,
    ("operate", "lambda:UpdateEventSourceMapping"): _UNASKED,
}


def own_permissions() -> list[Permission]:
    """What a person may call; all else is CloudFormation's, in the name of whoever deploys."""
    policies = {policy: json.loads((ROOT / "ops" / "policies" / f"{policy}.json").read_text()) for policy in KEYS}
    agents = policies["sample-agents"]
    agents["Statement"] = [one for one in agents["Statement"] if "Condition" not in one]
    return sorted(one for one in permissions_of(policies) if (one[0], one[2]) not in NOT_ENFORCED)


def call_of(permission: Permission) -> tuple[str, str, dict[str, Any]]:
    """Service, method and parameters of a call that asks for a permission."""
    policy, sid, action = permission
    service, name = action.split(":")
    given = PARAMETERS.get(action, {})
    if name in OF_CHANGE_SETS:
        given = {"ChangeSetName": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/deploy-1/1"}
    elif service == "cloudformation":
        given = {"StackName": f"{ABSENT}-sample-agents" if policy == "sample-agents" else ABSENT} | given
    elif service == "s3":
        given = {"Bucket": BUCKET} | ({"Key": KEYS[policy]} if name.endswith(("Object", "Upload")) else {}) | given
    elif sid in FUNCTIONS:
        given = {"FunctionName": FUNCTIONS[sid]}
    return service.replace("apigateway", "apigatewayv2"), METHODS.get(action, xform_name(name)), given
