"""Each action that a person may call without CloudFormation is called by a program or a command of the runbook."""

from __future__ import annotations

import pytest

from local_cloud.running_cloud import ROOT
from unit.policies.filled_in_policies import Permission, permissions

RUNBOOK = "docs/WEBSOCKET_DEPLOYMENT_GUIDE.md"
TROUBLESHOOTING = "docs/troubleshooting_notes.md"
CHANGE_SET = "scripts/change_set.sh"
EVENTS = "scripts/stack_events.sh"
CHECKS = "scripts/deployment_checks.sh"
UPLOAD = "scripts/package_upload.sh"
RELEASES = "scripts/releases.sh"
OPERATIONS = "ops/finops_operations"
HEALTH = f"{OPERATIONS}/health_checks"

Caller = tuple[str, str]
"""A file, and the text of it that makes the call."""

DELETE = ("scripts/stack_description.sh", "cloudformation delete-stack")
DESCRIBE = ("scripts/stack_description.sh", "cloudformation describe-stacks")
EXECUTE = (EVENTS, "cloudformation execute-change-set")
# The CLI sends what is larger than 8 MB in parts, and takes them back when it is interrupted.
PUT = (UPLOAD, "s3 cp")
GET_FUNCTION = ("scripts/deployed_functions.sh", "wait function-updated-v2")
VERSIONS = (RUNBOOK, "aws lambda list-versions-by-function")
FIND_AGENT = (CHECKS, "lambda get-function-configuration")
RINGING = ("scripts/deployment_alarms.sh", "cloudwatch describe-alarms")
LIST_RELEASES = (RELEASES, "s3 cp")
AMPLIFY = f"{OPERATIONS}/amplify_branch.py"
FRONTEND_RELEASES = f"{OPERATIONS}/frontend_releases.py"

CALLERS: dict[Permission, Caller] = {
    ("deploy", "ChangeStacks", "cloudformation:CancelUpdateStack"): (RUNBOOK, "aws cloudformation cancel-update-stack"),
    ("deploy", "ChangeStacks", "cloudformation:ContinueUpdateRollback"): (CHECKS, "continue-update-rollback"),
    ("deploy", "ChangeStacks", "cloudformation:CreateChangeSet"): (CHANGE_SET, "cloudformation create-change-set"),
    ("deploy", "ChangeStacks", "cloudformation:DeleteChangeSet"): (CHANGE_SET, "cloudformation delete-change-set"),
    ("deploy", "ChangeStacks", "cloudformation:DeleteStack"): DELETE,
    ("deploy", "ChangeStacks", "cloudformation:DescribeChangeSet"): (CHANGE_SET, "cloudformation describe-change-set"),
    ("deploy", "ChangeStacks", "cloudformation:DescribeEvents"): (CHANGE_SET, "cloudformation describe-events"),
    ("deploy", "ChangeStacks", "cloudformation:DescribeStackEvents"): (EVENTS, "cloudformation describe-stack-events"),
    ("deploy", "ChangeStacks", "cloudformation:DescribeStacks"): DESCRIBE,
    ("deploy", "ChangeStacks", "cloudformation:ExecuteChangeSet"): EXECUTE,
    ("deploy", "ChangeStacks", "cloudformation:GetTemplate"): (RELEASES, "cloudformation get-template"),
    # The CLI's deploy asks it for the parameters that the stack has.
    ("deploy", "ChangeStacks", "cloudformation:GetTemplateSummary"): (RUNBOOK, "aws cloudformation deploy"),
    ("deploy", "ChangeStacks", "cloudformation:ListChangeSets"): (CHANGE_SET, "cloudformation list-change-sets"),
    ("deploy", "ChangeStacks", "cloudformation:RollbackStack"): (CHECKS, "cloudformation rollback-stack"),
    ("deploy", "ChangeStacks", "cloudformation:UpdateTerminationProtection"): (
        "deploy.sh",
        "cloudformation update-termination-protection",
    ),
    ("deploy", "SeeWhyAChangeIsRefused", "cloudformation:DescribeEvents"): (CHANGE_SET, '--change-set-name "deploy-'),
    ("deploy", "FindPackagesAndReleases", "s3:GetBucketLocation"): (CHECKS, "s3api get-bucket-location"),
    ("deploy", "FindPackagesAndReleases", "s3:ListBucket"): (CHECKS, "s3api head-bucket"),
    ("deploy", "KeepPackagesAndReleases", "s3:AbortMultipartUpload"): PUT,
    ("deploy", "KeepPackagesAndReleases", "s3:GetObject"): ("scripts/release_return.sh", "s3api head-object"),
    ("deploy", "KeepPackagesAndReleases", "s3:PutObject"): PUT,
    ("deploy", "ReleaseFunctions", "lambda:GetFunction"): GET_FUNCTION,
    ("deploy", "ReleaseFunctions", "lambda:GetFunctionConfiguration"): (
        "scripts/deployed_functions.sh",
        "lambda get-function-configuration",
    ),
    ("deploy", "AskTheProcessor", "lambda:InvokeFunction"): ("scripts/endpoint_verification.sh", "lambda invoke"),
    ("deploy", "ReleaseFunctions", "lambda:ListVersionsByFunction"): VERSIONS,
    ("deploy", "ReleaseFunctions", "lambda:PublishVersion"): (
        "scripts/deployed_functions.sh",
        "lambda publish-version",
    ),
    ("deploy", "ReleaseFunctions", "lambda:UpdateFunctionCode"): (
        "scripts/deployed_functions.sh",
        "lambda update-function-code",
    ),
    ("deploy", "FindAgents", "lambda:GetFunctionConfiguration"): FIND_AGENT,
    ("deploy", "WatchAlarms", "cloudwatch:DescribeAlarms"): RINGING,
    ("deploy", "RedeployApi", "apigateway:POST"): (RUNBOOK, "aws apigatewayv2 create-deployment"),
    ("sample-agents", "ChangeStack", "cloudformation:CreateChangeSet"): (
        CHANGE_SET,
        "cloudformation create-change-set",
    ),
    ("sample-agents", "ChangeStack", "cloudformation:DeleteChangeSet"): (
        CHANGE_SET,
        "cloudformation delete-change-set",
    ),
    ("sample-agents", "ChangeStack", "cloudformation:DeleteStack"): DELETE,
    ("sample-agents", "ChangeStack", "cloudformation:DescribeChangeSet"): (
        CHANGE_SET,
        "cloudformation describe-change-set",
    ),
    ("sample-agents", "ChangeStack", "cloudformation:DescribeEvents"): (CHANGE_SET, "cloudformation describe-events"),
    ("sample-agents", "ChangeStack", "cloudformation:DescribeStackEvents"): (
        EVENTS,
        "cloudformation describe-stack-events",
    ),
    ("sample-agents", "ChangeStack", "cloudformation:DescribeStacks"): DESCRIBE,
    ("sample-agents", "ChangeStack", "cloudformation:ExecuteChangeSet"): EXECUTE,
    ("sample-agents", "ChangeStack", "cloudformation:ListChangeSets"): (CHANGE_SET, "cloudformation list-change-sets"),
    ("sample-agents", "KeepPackage", "s3:AbortMultipartUpload"): PUT,
    # By Lambda, which CloudFormation has fetch the package.
    ("sample-agents", "KeepPackage", "s3:GetObject"): (
        "cloudformation/sample-agents.yaml",
        "S3Key: !Ref SampleAgentsKey",
    ),
    ("sample-agents", "KeepPackage", "s3:PutObject"): PUT,
    ("operate", "ReadStacks", "cloudformation:DescribeStackEvents"): (
        RUNBOOK,
        "aws cloudformation describe-stack-events",
    ),
    ("operate", "ReadStacks", "cloudformation:DescribeStacks"): (f"{OPERATIONS}/deployed_stack.py", "describe_stacks("),
    # ops/rollback.sh --list says which release runs.
    ("operate", "ReadStacks", "cloudformation:GetTemplate"): (RELEASES, "cloudformation get-template"),
    ("operate", "ReadStacks", "cloudformation:ListStackResources"): (f"{HEALTH}/alarms.py", '"list_stack_resources"'),
    ("operate", "FindReleases", "s3:ListBucket"): (f"{HEALTH}/results_bucket.py", "head_bucket("),
    ("operate", "ReadReleases", "s3:GetObject"): LIST_RELEASES,
    ("operate", "ReadFunctions", "lambda:GetFunction"): (RUNBOOK, "aws lambda get-function "),
    ("operate", "ReadFunctions", "lambda:GetFunctionConfiguration"): (
        f"{HEALTH}/lambda_functions.py",
        "get_function_configuration(",
    ),
    ("operate", "ReadFunctions", "lambda:ListVersionsByFunction"): VERSIONS,
    ("operate", "FindAgents", "lambda:GetFunctionConfiguration"): (
        f"{HEALTH}/lambda_functions.py",
        "def look_at_agent(",
    ),
    ("operate", "FindAgents", "lambda:GetFunctionConcurrency"): (
        f"{HEALTH}/lambda_functions.py",
        "get_function_concurrency(",
    ),
    ("operate", "CallAndReleaseFunctions", "lambda:InvokeFunction"): (f"{HEALTH}/function_probe.py", "invoke("),
    ("operate", "ReadWhatNoResourceLimits", "cloudwatch:GetMetricStatistics"): (
        f"{HEALTH}/queues.py",
        "get_metric_statistics(",
    ),
    ("operate", "ReadWhatNoResourceLimits", "lambda:ListEventSourceMappings"): (
        f"{HEALTH}/queue_mappings.py",
        '"list_event_source_mappings"',
    ),
    ("operate", "HoldDeadLetters", "lambda:UpdateEventSourceMapping"): (
        f"{OPERATIONS}/dead_letter_reader.py",
        "update_event_source_mapping(",
    ),
    ("operate", "ReadTables", "dynamodb:DescribeContinuousBackups"): (
        f"{HEALTH}/tables.py",
        "describe_continuous_backups(",
    ),
    ("operate", "ReadTables", "dynamodb:DescribeTable"): (f"{HEALTH}/tables.py", "describe_table("),
    ("operate", "ReadTables", "dynamodb:DescribeTimeToLive"): (f"{HEALTH}/tables.py", "describe_time_to_live("),
    ("operate", "FindFailedJobs", "dynamodb:GetItem"): (f"{OPERATIONS}/stored_jobs.py", "get_item("),
    ("operate", "FindFailedJobs", "dynamodb:Scan"): (f"{OPERATIONS}/stored_jobs.py", "scan("),
    ("operate", "FindFailedJobs", "dynamodb:UpdateItem"): (f"{OPERATIONS}/stored_jobs.py", "update_item("),
    ("operate", "ReadQueues", "sqs:GetQueueAttributes"): (f"{HEALTH}/queues.py", "get_queue_attributes("),
    ("operate", "ReadDeadLetters", "sqs:ChangeMessageVisibility"): (
        f"{OPERATIONS}/dead_letter_queue.py",
        "change_message_visibility_batch(",
    ),
    ("operate", "ReadDeadLetters", "sqs:DeleteMessage"): (f"{OPERATIONS}/dead_letter_queue.py", "delete_message("),
    ("operate", "ReadDeadLetters", "sqs:ReceiveMessage"): (f"{OPERATIONS}/dead_letter_queue.py", "receive_message("),
    ("operate", "ReplayDeadLetters", "sqs:SendMessage"): (
        f"{OPERATIONS}/dead_letter_changes.py",
        "processing_queue.send(",
    ),
    ("operate", "WatchAlarms", "cloudwatch:DescribeAlarms"): (f"{HEALTH}/alarms.py", '"describe_alarms"'),
    ("operate", "ReadApi", "apigateway:GET"): (f"{HEALTH}/api_stage.py", "get_stage("),
    ("operate", "ReadSweep", "events:DescribeRule"): (f"{HEALTH}/sweep_rule.py", "describe_rule("),
    ("operate", "ReadLogs", "logs:DescribeLogStreams"): (RUNBOOK, "aws logs describe-log-streams"),
    ("operate", "ReadLogs", "logs:FilterLogEvents"): (TROUBLESHOOTING, "aws logs filter-log-events"),
    ("operate", "ReadStacks", "cloudformation:DescribeStackResources"): (
        TROUBLESHOOTING,
        "aws cloudformation describe-stack-resources",
    ),
    ("operate", "ReadStacks", "cloudformation:ListChangeSets"): (
        TROUBLESHOOTING,
        "aws cloudformation list-change-sets",
    ),
    ("operate", "ReadFunctions", "lambda:GetFunctionConcurrency"): (
        TROUBLESHOOTING,
        "aws lambda get-function-concurrency",
    ),
    ("operate", "ReadFunctions", "lambda:GetPolicy"): (TROUBLESHOOTING, "aws lambda get-policy"),
    ("operate", "CallAndReleaseFunctions", "lambda:DeleteFunctionConcurrency"): (
        TROUBLESHOOTING,
        "aws lambda delete-function-concurrency",
    ),
    ("operate", "ReadWhatNoResourceLimits", "lambda:GetAccountSettings"): (
        TROUBLESHOOTING,
        "aws lambda get-account-settings",
    ),
    ("operate", "ReadWhatNoResourceLimits", "logs:DescribeLogGroups"): (
        TROUBLESHOOTING,
        "aws logs describe-log-groups",
    ),
    ("operate", "ReadLogs", "logs:GetQueryResults"): (TROUBLESHOOTING, "aws logs get-query-results"),
    ("operate", "FindOpenJobs", "dynamodb:Query"): (TROUBLESHOOTING, "aws dynamodb query"),
    ("operate", "ReadRoles", "iam:GetRolePolicy"): (TROUBLESHOOTING, "aws iam get-role-policy"),
    ("operate", "ReadLogs", "logs:StartQuery"): (TROUBLESHOOTING, "aws logs start-query"),
    ("frontend", "ReadStack", "cloudformation:DescribeStacks"): (f"{OPERATIONS}/deployed_stack.py", "describe_stacks("),
    ("frontend", "FindReleases", "s3:GetBucketPolicy"): (
        f"{OPERATIONS}/amplify_bucket_policy.py",
        "get_bucket_policy(",
    ),
    ("frontend", "FindReleases", "s3:ListBucket"): (FRONTEND_RELEASES, '"list_objects_v2"'),
    ("frontend", "KeepReleases", "s3:AbortMultipartUpload"): (RUNBOOK, "aws s3 cp finops-ui-"),
    ("frontend", "KeepReleases", "s3:GetObject"): (FRONTEND_RELEASES, "get_object("),
    ("frontend", "KeepReleases", "s3:PutObject"): (FRONTEND_RELEASES, "put_object("),
    ("frontend", "ReadApp", "amplify:GetApp"): (AMPLIFY, "get_app("),
    ("frontend", "DeployBranch", "amplify:GetBranch"): (AMPLIFY, "get_branch("),
    ("frontend", "DeployBranch", "amplify:GetJob"): (AMPLIFY, "get_job("),
    ("frontend", "DeployBranch", "amplify:ListJobs"): (AMPLIFY, "list_jobs("),
    ("frontend", "DeployBranch", "amplify:StartDeployment"): (AMPLIFY, "start_deployment("),
    ("frontend", "DeployBranch", "amplify:StopJob"): (RUNBOOK, "aws amplify stop-job"),
}


def test_every_action_has_a_caller() -> None:
    direct = {one for policy in ("deploy", "operate", "frontend") for one in permissions(policy)}
    direct |= {one for one in permissions("sample-agents") if one[1] in ("ChangeStack", "KeepPackage")}
    assert direct == CALLERS.keys()


@pytest.mark.parametrize(("permission", "caller"), CALLERS.items(), ids=str)
def test_the_caller_makes_the_call(permission: Permission, caller: Caller) -> None:
    file, text = caller
    assert text in (ROOT / file).read_text(encoding="utf-8"), f"Nobody needs {permission[2]} in {permission[0]}.json."
