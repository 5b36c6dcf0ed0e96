"""For each action that somebody may call themselves, a call that asks for it; and which ones are not asked for here.

All are about a deployment that is not there.
"""

from __future__ import annotations

from typing import Any

from local_cloud.limited_user import ACCOUNT, REGION, Permission

BUCKET = "policied-packages"

# Names of what is not there: a call that is allowed fails otherwise than one that is not, and changes nothing.
ABSENT = "absent"
ABSENT_OPTIONS = ("--stack-name", ABSENT, "--project-name", ABSENT, "--bucket", BUCKET, "--app-id", "d1a2b3")
FUNCTION = f"{ABSENT}-connection-manager"
PROCESSOR = f"{ABSENT}-background-processor"
AGENT = "aws-cost-forecast-agent"
QUEUE = f"http://sqs/{ACCOUNT}/{ABSENT}-processing-queue"
DEAD_LETTERS = f"http://sqs/{ACCOUNT}/{ABSENT}-processing-dlq"
CHANGE_SET = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:changeSet/deploy-1/1"
LOG_GROUP = f"/aws/lambda/{FUNCTION}"
JOBS: dict[str, Any] = {"TableName": f"{ABSENT}-jobs"}
JOB = {"Key": {"jobId": {"S": "1"}}}
METRIC: dict[str, Any] = {
    "Namespace": "AWS/SQS", "MetricName": "Age", "StartTime": 0, "EndTime": 60, "Period": 60, "Statistics": ["Maximum"]
}  # fmt: skip

Call = tuple[str, str, dict[str, Any]]
"""Service, method, parameters."""

STACK_CALLS: dict[str, Call] = {
    "CancelUpdateStack": ("cloudformation", "cancel_update_stack", {}),
    "CreateChangeSet": (
        "cloudformation", "create_change_set", {"ChangeSetName": "deploy-1", "TemplateBody": "{}"}
    ),
    "DeleteStack": ("cloudformation", "delete_stack", {}),
    "DescribeStackEvents": ("cloudformation", "describe_stack_events", {}),
    "DescribeStackResources": ("cloudformation", "describe_stack_resources", {}),
    "DescribeStacks": ("cloudformation", "describe_stacks", {}),
    "GetTemplate": ("cloudformation", "get_template", {}),
    "GetTemplateSummary": ("cloudformation", "get_template_summary", {}),
    "ListChangeSets": ("cloudformation", "list_change_sets", {}),
    "ListStackResources": ("cloudformation", "list_stack_resources", {}),
    "ContinueUpdateRollback": ("cloudformation", "continue_update_rollback", {}),
    "RollbackStack": ("cloudformation", "rollback_stack", {}),
    "UpdateTerminationProtection": (
        "cloudformation", "update_termination_protection", {"EnableTerminationProtection": True}
    ),
}  # fmt: skip
CHANGE_SET_CALLS: dict[str, Call] = {
    "DeleteChangeSet": ("cloudformation", "delete_change_set", {"ChangeSetName": CHANGE_SET}),
    "DescribeChangeSet": ("cloudformation", "describe_change_set", {"ChangeSetName": CHANGE_SET}),
    "DescribeEvents": ("cloudformation", "describe_events", {"ChangeSetName": CHANGE_SET}),
    "ExecuteChangeSet": ("cloudformation", "execute_change_set", {"ChangeSetName": CHANGE_SET}),
}


def object_calls(key: str) -> dict[str, Call]:
    there = {"Bucket": BUCKET, "Key": key}
    return {
        "s3:AbortMultipartUpload": ("s3", "abort_multipart_upload", there | {"UploadId": "1"}),
        "s3:GetObject": ("s3", "get_object", there),
        "s3:PutObject": ("s3", "put_object", there),
    }


CALLS: dict[Permission, Call] = {
    **{
        ("deploy", "ChangeStacks", f"cloudformation:{action}"): (service, method, {"StackName": ABSENT, **given})
        for action, (service, method, given) in STACK_CALLS.items()
        if action not in ("DescribeStackResources", "ListStackResources")
    },
    **{
        ("sample-agents", "ChangeStack", f"cloudformation:{action}"): (
            service, method, {"StackName": f"{ABSENT}-sample-agents", **given}
        )
        for action, (service, method, given) in STACK_CALLS.items()
        if action in ("CreateChangeSet", "DeleteStack", "DescribeStackEvents", "DescribeStacks", "ListChangeSets")
    },
    **{
        ("operate", "ReadStacks", f"cloudformation:{action}"): (service, method, {"StackName": ABSENT, **given})
        for action, (service, method, given) in STACK_CALLS.items()
        if action
        in (
            "DescribeStackEvents", "DescribeStackResources", "DescribeStacks", "GetTemplate", "ListChangeSets",
            "ListStackResources",
        )
    },
    **{("deploy", "ChangeStacks", f"cloudformation:{action}"): call for action, call in CHANGE_SET_CALLS.items()},
    **{("sample-agents", "ChangeStack", f"cloudformation:{action}"): call for action, call in CHANGE_SET_CALLS.items()},
    ("deploy", "FindPackagesAndReleases", "s3:ListBucket"): ("s3", "head_bucket", {"Bucket": BUCKET}),
    **{
        ("deploy", "KeepPackagesAndReleases", action): call
        for action, call in object_calls(f"{ABSENT}/releases/1/release.json").items()
    },
    **{
        ("sample-agents", "KeepPackage", action): call
        for action, call in object_calls(f"{ABSENT}-sample-agents/1/sample-agents.zip").items()
    },
    **{
        ("frontend", "KeepReleases", action): call
        for action, call in object_calls(f"{ABSENT}/frontend/d1a2b3/staging/1/finops-ui.zip").items()
    },
    ("deploy", "ReleaseFunctions", "lambda:GetFunction"): ("lambda", "get_function", {"FunctionName": FUNCTION}),
    ("deploy", "ReleaseFunctions", "lambda:GetFunctionConfiguration"): (
        "lambda", "get_function_configuration", {"FunctionName": FUNCTION}
    ),
    ("deploy", "AskTheProcessor", "lambda:InvokeFunction"): ("lambda", "invoke", {"FunctionName": PROCESSOR}),
    ("deploy", "ReleaseFunctions", "lambda:ListVersionsByFunction"): (
        "lambda", "list_versions_by_function", {"FunctionName": FUNCTION}
    ),
    ("deploy", "ReleaseFunctions", "lambda:PublishVersion"): ("lambda", "publish_version", {"FunctionName": FUNCTION}),
    ("deploy", "ReleaseFunctions", "lambda:UpdateFunctionCode"): (
        "lambda", "update_function_code", {"FunctionName": FUNCTION, "S3Bucket": BUCKET, "S3Key": "1"}
    ),
    ("deploy", "FindAgents", "lambda:GetFunctionConfiguration"): (
        "lambda", "get_function_configuration", {"FunctionName": AGENT}
    ),
    ("deploy", "WatchAlarms", "cloudwatch:DescribeAlarms"): (
        "cloudwatch", "describe_alarms", {"AlarmNamePrefix": f"{ABSENT}-"}
    ),
    ("deploy", "RedeployApi", "apigateway:POST"): (
        "apigatewayv2", "create_deployment", {"ApiId": ABSENT, "StageName": "prod"}
    ),
    ("operate", "FindReleases", "s3:ListBucket"): ("s3", "head_bucket", {"Bucket": BUCKET}),
    ("operate", "ReadReleases", "s3:GetObject"): object_calls(f"{ABSENT}/releases/1/release.json")["s3:GetObject"],
    ("operate", "ReadFunctions", "lambda:GetFunction"): ("lambda", "get_function", {"FunctionName": FUNCTION}),
    ("operate", "ReadFunctions", "lambda:GetFunctionConfiguration"): (
        "lambda", "get_function_configuration", {"FunctionName": FUNCTION}
    ),
    ("operate", "ReadFunctions", "lambda:GetPolicy"): ("lambda", "get_policy", {"FunctionName": FUNCTION}),
    ("operate", "ReadFunctions", "lambda:ListVersionsByFunction"): (
        "lambda", "list_versions_by_function", {"FunctionName": FUNCTION}
    ),
    ("operate", "FindAgents", "lambda:GetFunctionConfiguration"): (
        "lambda", "get_function_configuration", {"FunctionName": AGENT}
    ),
    ("operate", "CallAndReleaseFunctions", "lambda:InvokeFunction"): ("lambda", "invoke", {"FunctionName": FUNCTION}),
    ("operate", "ReadWhatNoResourceLimits", "cloudwatch:GetMetricStatistics"): (
        "cloudwatch", "get_metric_statistics", METRIC
    ),
    ("operate", "ReadWhatNoResourceLimits", "lambda:ListEventSourceMappings"): (
        "lambda", "list_event_source_mappings", {}
    ),
    ("operate", "ReadWhatNoResourceLimits", "logs:DescribeLogGroups"): ("logs", "describe_log_groups", {}),
    ("operate", "ReadTables", "dynamodb:DescribeContinuousBackups"): ("dynamodb", "describe_continuous_backups", JOBS),
    ("operate", "ReadTables", "dynamodb:DescribeTable"): ("dynamodb", "describe_table", JOBS),
    ("operate", "ReadTables", "dynamodb:DescribeTimeToLive"): ("dynamodb", "describe_time_to_live", JOBS),
    ("operate", "FindFailedJobs", "dynamodb:GetItem"): ("dynamodb", "get_item", JOBS | JOB),
    ("operate", "FindFailedJobs", "dynamodb:Scan"): ("dynamodb", "scan", JOBS),
    ("operate", "FindFailedJobs", "dynamodb:UpdateItem"): ("dynamodb", "update_item", JOBS | JOB),
    ("operate", "FindOpenJobs", "dynamodb:Query"): ("dynamodb", "query", JOBS | {"IndexName": "open-index"}),
    ("operate", "ReadQueues", "sqs:GetQueueAttributes"): ("sqs", "get_queue_attributes", {"QueueUrl": QUEUE}),
    ("operate", "ReadDeadLetters", "sqs:DeleteMessage"): (
        "sqs", "delete_message", {"QueueUrl": DEAD_LETTERS, "ReceiptHandle": "1"}
    ),
    ("operate", "ReadDeadLetters", "sqs:ChangeMessageVisibility"): (
        "sqs", "change_message_visibility", {"QueueUrl": DEAD_LETTERS, "ReceiptHandle": "1", "VisibilityTimeout": 0}
    ),
    ("operate", "ReadDeadLetters", "sqs:ReceiveMessage"): ("sqs", "receive_message", {"QueueUrl": DEAD_LETTERS}),
    ("operate", "ReplayDeadLetters", "sqs:SendMessage"): (
        "sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "1"}
    ),
    ("operate", "WatchAlarms", "cloudwatch:DescribeAlarms"): (
        "cloudwatch", "describe_alarms", {"AlarmNamePrefix": f"{ABSENT}-"}
    ),
    ("operate", "ReadApi", "apigateway:GET"): ("apigatewayv2", "get_routes", {"ApiId": ABSENT}),
    ("operate", "ReadSweep", "events:DescribeRule"): ("events", "describe_rule", {"Name": f"{ABSENT}-sweep"}),
    ("operate", "ReadRoles", "iam:GetRolePolicy"): (
        "iam", "get_role_policy", {"RoleName": f"{ABSENT}-Role-1", "PolicyName": "1"}
    ),
    ("operate", "ReadLogs", "logs:DescribeLogStreams"): ("logs", "describe_log_streams", {"logGroupName": LOG_GROUP}),
    ("operate", "ReadLogs", "logs:FilterLogEvents"): ("logs", "filter_log_events", {"logGroupName": LOG_GROUP}),
    ("operate", "ReadLogs", "logs:GetQueryResults"): ("logs", "get_query_results", {"queryId": "1"}),
    ("operate", "ReadLogs", "logs:StartQuery"): (
        "logs", "start_query", {"logGroupName": LOG_GROUP, "startTime": 0, "endTime": 1, "queryString": "fields level"}
    ),
    ("frontend", "ReadStack", "cloudformation:DescribeStacks"): (
        "cloudformation", "describe_stacks", {"StackName": ABSENT}
    ),
    ("frontend", "FindReleases", "s3:GetBucketPolicy"): ("s3", "get_bucket_policy", {"Bucket": BUCKET}),
    ("frontend", "FindReleases", "s3:ListBucket"): ("s3", "list_objects_v2", {"Bucket": BUCKET}),
}  # fmt: skip

_CONCURRENCY = "the local cloud takes every call about a function's concurrency for PutFunctionConcurrency"
_UNASKED = "the local cloud lets everybody"
_NO_AMPLIFY = "there is no Amplify on the local cloud"
_HERE_BY_ARN = "the local cloud knows a change set's stack from neither ARN, so both statements are one here"
NOT_ENFORCED: dict[Permission, str] = {
    ("deploy", "SeeWhyAChangeIsRefused", "cloudformation:DescribeEvents"): _HERE_BY_ARN,
    ("deploy", "ChangeStacks", "cloudformation:DescribeEvents"): _HERE_BY_ARN,
    ("operate", "ReadFunctions", "lambda:GetFunctionConcurrency"): _CONCURRENCY,
    ("operate", "FindAgents", "lambda:GetFunctionConcurrency"): _CONCURRENCY,
    ("operate", "CallAndReleaseFunctions", "lambda:DeleteFunctionConcurrency"): _CONCURRENCY,
    ("operate", "ReadWhatNoResourceLimits", "lambda:GetAccountSettings"): _UNASKED,
    ("operate", "HoldDeadLetters", "lambda:UpdateEventSourceMapping"): _UNASKED,
    ("frontend", "ReadApp", "amplify:GetApp"): _NO_AMPLIFY,
    **{
        ("frontend", "DeployBranch", f"amplify:{action}"): _NO_AMPLIFY
        for action in ("GetBranch", "GetJob", "ListJobs", "StartDeployment", "StopJob")
    },
}
