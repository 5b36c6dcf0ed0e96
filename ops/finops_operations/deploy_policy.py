"""Prints an IAM policy for one deployment: for whoever deploys, operates, or brings out the frontend."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from finops_operations.command_line import DONE, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed

POLICIES = Path(__file__).resolve().parents[1] / "policies"

# Characters of a managed policy, white space not counted:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
LARGEST_POLICY = 6144

# CloudFormation makes a resource's name of its stack's, which it shortens where a service's limit is near (a role's 64
# characters, a bucket's 63). AWS does not document how; this many of a stack's name are taken to be left.
_KEPT_OF_STACK_NAME = 20

_DESCRIPTION = """\
Prints one IAM policy as JSON, filled in for one deployment. Whoever deploys gets the first four:

  deploy                what ./deploy.sh, ops/rollback.sh and the guide's commands call themselves
  provision-api         what CloudFormation makes with that person's permissions, and lets
  provision-data          nobody make but through CloudFormation
  provision-monitoring
  kms-key               besides, with the parameter KmsKeyArn
  api-logs              besides, with ApiAccessLogs, ApiExecutionLogs or ApiGatewayLogRole
  sample-agents         besides, with --with-sample-agents

  operate               for who looks after it: ops/health_check.sh, ops/dead_letters.sh, ops/rollback.sh --list
  frontend              for who brings out the frontend: ops/deploy_frontend.sh, ops/write_frontend_config.sh
"""
_EPILOG = """\
Options have the variables of ./deploy.sh: PROJECT_NAME, LAMBDA_S3_BUCKET, COST_FORECAST_FUNCTION,
TRUSTED_ADVISOR_FUNCTION; and AMPLIFY_APP_ID, AMPLIFY_BRANCH. Exit status: 0 printed; 1 not printed; 2 a mistake in the
command line; 130 interrupted.
"""

# None of them lets in a quote, or a wildcard, which would widen the policy.
_FORMS = {
    "stack_name": r"[A-Za-z][A-Za-z0-9-]{0,127}",
    "region": r"[a-z]{2}(-[a-z]+)+-[0-9]",
    "project_name": r"[a-z][a-z0-9-]{1,38}[a-z0-9]",
    "bucket": r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
    "account": r"[0-9]{12}",
    "cost_forecast_function": r"[A-Za-z0-9_-]{1,64}",
    "trusted_advisor_function": r"[A-Za-z0-9_-]{1,64}",
    "kms_key_arn": r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+",
    "app_id": r"d[a-z0-9]+",
    "branch": r"[A-Za-z0-9._/-]{1,255}",
}
# Without them, the account is looked up, and the policies that name the other two cannot be had.
_OPTIONAL = {"account", "kms_key_arn", "app_id"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    values = {
        "Partition": session_of(options).get_partition_for_region(options.region),
        "Region": options.region,
        "StackName": options.stack_name,
        "GeneratedRoleName": generated_role_name(options.stack_name),
        "GeneratedBucketName": generated_bucket_name(options.stack_name),
        "ProjectName": options.project_name,
        "Bucket": options.bucket,
        "CostForecastFunction": options.cost_forecast_function,
        "TrustedAdvisorFunction": options.trusted_advisor_function,
        "KmsKeyArn": options.kms_key_arn,
        "AmplifyAppId": options.app_id,
        "AmplifyBranch": options.branch,
    }
    if "AccountId" in placeholders_of(options.policy):
        values["AccountId"] = options.account or _account_of(options)
    print(filled_in(options.policy, values), end="")  # noqa: T201 - the command's result
    return DONE


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. End the program with status 2 for a value that no such name can have."""
    parser = stack_parser("ops/deploy_policy.sh", _DESCRIPTION)
    parser.epilog = _EPILOG
    parser.add_argument("policy", choices=policy_names(), metavar="POLICY", help="one of those above")
    _add(parser, "--project-name", "PROJECT_NAME", "finops-websocket", "first part of every resource's name")
    _add(parser, "--bucket", "LAMBDA_S3_BUCKET", "finops-deployment-packages-062025", "bucket of packages and releases")
    _add(parser, "--account", "", "", "the account's id; default: that of the credentials in use")
    agent = "aws-cost-forecast-agent"
    _add(parser, "--cost-forecast-function", "COST_FORECAST_FUNCTION", agent, "agent for cost analysis")
    agent = "trusted-advisor-agent-trusted-advisor-agent"
    _add(parser, "--trusted-advisor-function", "TRUSTED_ADVISOR_FUNCTION", agent, "agent for optimisation")
    _add(parser, "--kms-key-arn", "", "", "for kms-key: the key's ARN, not an alias's")
    _add(parser, "--app-id", "AMPLIFY_APP_ID", "", "for frontend: the Amplify app's id")
    _add(parser, "--branch", "AMPLIFY_BRANCH", "staging", "for frontend: its branch")
    options = parser.parse_args(arguments)
    _check(parser, options)
    return options


def _add(parser: argparse.ArgumentParser, option: str, variable: str, default: str, help_text: str) -> None:
    said = f"; default: {default}" if default else ""
    parser.add_argument(
        option, default=(variable and os.environ.get(variable)) or default, metavar="VALUE", help=help_text + said
    )


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    for name, form in _FORMS.items():
        value = getattr(options, name)
        if (value or name not in _OPTIONAL) and not re.fullmatch(form, value):
            parser.error(f"--{name.replace('_', '-')} cannot be {value!r}.")
    for policy, name in (("kms-key", "kms_key_arn"), ("frontend", "app_id")):
        if options.policy == policy and not getattr(options, name):
            parser.error(f"The policy {policy} needs --{name.replace('_', '-')}.")


def _account_of(options: argparse.Namespace) -> str:
    return str(session_of(options).client("sts", config=QUICK).get_caller_identity()["Account"])


def policy_names() -> list[str]:
    """Give the policies that there are, by their files' names."""
    return sorted(path.stem for path in POLICIES.glob("*.json"))


def placeholders_of(policy: str) -> set[str]:
    """Give the names that a policy has placeholders for."""
    return set(Template(_text_of(policy)).get_identifiers())


def filled_in(policy: str, values: Mapping[str, str]) -> str:
    """Fill a policy in for one deployment, as JSON. `values` must have no quote and no backslash.

    Raises:
        KeyError: a placeholder has no value.
        OperationFailed: with these names it is larger than IAM takes.
    """
    text = Template(_text_of(policy)).substitute(values)
    size = len(re.sub(r"\s", "", text))
    if size > LARGEST_POLICY:
        raise OperationFailed(
            f"With these names the policy {policy} has {size} characters, and IAM takes {LARGEST_POLICY}. Shorten them."
        )
    json.loads(text)
    return text


def generated_role_name(stack: str) -> str:
    """Give a pattern of the names that CloudFormation makes for a stack's roles: STACK-LOGICALID-RANDOM."""
    return f"{_beginning(stack)}*"


def generated_bucket_name(stack: str) -> str:
    """Give a pattern of the name that CloudFormation makes for a stack's results bucket, which is lower-case."""
    return f"{_beginning(stack).lower()}{'' if _is_kept(stack) else '*-'}resultsbucket-*"


def _beginning(stack: str) -> str:
    return f"{stack}-" if _is_kept(stack) else stack[:_KEPT_OF_STACK_NAME]


def _is_kept(stack: str) -> bool:
    return len(stack) <= _KEPT_OF_STACK_NAME


def _text_of(policy: str) -> str:
    return (POLICIES / f"{policy}.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run(main))
