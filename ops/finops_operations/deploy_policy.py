"""Prints an IAM policy for one deployment: for whoever deploys, operates, or brings out the frontend."""

import argparse
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template

from finops_operations.command_line import DONE, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed
from finops_operations.option_types import of_form

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
  focus-export          besides, with --focus-export

  operate               for who looks after it: ops/health_check.sh, ops/dead_letters.sh, ops/rollback.sh --list
  frontend              for who brings out the frontend: ops/deploy_frontend.sh, ops/write_frontend_config.sh
"""
_EPILOG = """\
Options have the variables of ./deploy.sh: PROJECT_NAME, LAMBDA_S3_BUCKET, COST_FORECAST_FUNCTION,
TRUSTED_ADVISOR_FUNCTION; and AMPLIFY_APP_ID, AMPLIFY_BRANCH. Exit status: 0 printed; 1 not printed; 2 a mistake in the
command line; 130 interrupted.
"""

_FUNCTION = r"[A-Za-z0-9_-]{1,64}"
# Options that name something in a policy: the policies' placeholder, the names' form, the default and a variable before
# it, and the help. No form lets in a quote, or a wildcard, which would widen the policy.
_NAMES = {
    "--project-name": ("ProjectName", r"[a-z][a-z0-9-]{1,38}[a-z0-9]", "finops-websocket", "PROJECT_NAME",
        "first part of every resource's name"),
    "--bucket": ("Bucket", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "finops-deployment-packages-062025", "LAMBDA_S3_BUCKET",
        "bucket of packages and releases"),
    "--account": ("AccountId", r"[0-9]{12}", None, "", "the account's id; default: that of the credentials in use"),
    "--cost-forecast-function": ("CostForecastFunction", _FUNCTION, "aws-cost-forecast-agent", "COST_FORECAST_FUNCTION",
        "agent for cost analysis"),
    "--trusted-advisor-function": ("TrustedAdvisorFunction", _FUNCTION, "trusted-advisor-agent-trusted-advisor-agent",
        "TRUSTED_ADVISOR_FUNCTION", "agent for optimisation"),
    "--kms-key-arn": ("KmsKeyArn", r"arn:[a-z-]+:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", None, "",
        "for kms-key: the key's ARN, not an alias's"),
    "--focus-export-bucket": ("FocusExportBucket", r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", None, "",
        "for focus-export: the bucket that the export is delivered to"),
    "--app-id": ("AmplifyAppId", r"d[a-z0-9]+", None, "AMPLIFY_APP_ID", "for frontend: the Amplify app's id"),
    "--branch": ("AmplifyBranch", r"[A-Za-z0-9._/-]{1,255}", "staging", "AMPLIFY_BRANCH", "for frontend: its branch"),
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    values = vars(options) | {
        "Partition": session_of(options).get_partition_for_region(options.region),
        "Region": options.region,
        "StackName": options.stack_name,
        "GeneratedRoleName": generated_role_name(options.stack_name),
        "GeneratedBucketName": generated_bucket_name(options.stack_name),
    }
    if "AccountId" in placeholders_of(options.policy) and not values["AccountId"]:
        values["AccountId"] = session_of(options).client("sts", config=QUICK).get_caller_identity()["Account"]
    print(filled_in(options.policy, values), end="")  # noqa: T201 - the command's result
    return DONE


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. End the program with status 2 for a value that no such name can have."""
    parser = stack_parser("ops/deploy_policy.sh", _DESCRIPTION)
    parser.epilog = _EPILOG
    parser.add_argument("policy", choices=policy_names(), metavar="POLICY", help="one of those above")
    for option, (placeholder, form, default, variable, help_text) in _NAMES.items():
        parser.add_argument(
            option,
            dest=placeholder,
            type=of_form(form, "this needs a name that a policy can hold"),
            default=os.environ.get(variable) or default,
            metavar="VALUE",
            help=f"{help_text}; default: {default}" if default else help_text,
        )
    options = parser.parse_args(arguments)
    for option, (placeholder, *_) in _NAMES.items():
        is_needed = placeholder in placeholders_of(options.policy) - {"AccountId"}
        if is_needed and getattr(options, placeholder) is None:
            parser.error(f"The policy {options.policy} needs {option}.")
    return options


def policy_names() -> list[str]:
    """Give the policies that there are, by their files' names."""
    return sorted(path.stem for path in POLICIES.glob("*.json"))


def placeholders_of(policy: str) -> set[str]:
    """Give the names that a policy has placeholders for."""
    return set(Template(_text_of(policy)).get_identifiers())


def filled_in(policy: str, values: Mapping[str, str]) -> str:
    """Fill a policy in for one deployment, as JSON. `values` must have no quote and no backslash.

    A policy that is larger than IAM takes is an OperationFailed.
    """
    text = Template(_text_of(policy)).substitute(values)
    size = len(re.sub(r"\s", "", text))
    if size > LARGEST_POLICY:
        raise OperationFailed(
            f"With these names the policy {policy} has {size} characters, and IAM takes {LARGEST_POLICY}. Shorten them."
        )
    return text


def generated_role_name(stack: str) -> str:
    """Give a pattern of the names that CloudFormation makes for a stack's roles: STACK-LOGICALID-RANDOM."""
    return f"{stack}-*" if len(stack) <= _KEPT_OF_STACK_NAME else f"{stack[:_KEPT_OF_STACK_NAME]}*"


def generated_bucket_name(stack: str) -> str:
    """Give a pattern of the name that CloudFormation makes for a stack's results bucket, which is lower-case."""
    beginning = f"{stack}-" if len(stack) <= _KEPT_OF_STACK_NAME else f"{stack[:_KEPT_OF_STACK_NAME]}*-"
    return f"{beginning.lower()}resultsbucket-*"


def _text_of(policy: str) -> str:
    return (POLICIES / f"{policy}.json").read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(run(main))
