"""The command line of ./deploy.sh, whose help is in the script itself, and the environment that completes it."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path

from finops_operations.command_line import misused, parse, stack_parser, whole_number
from finops_operations.deployment.alarms import MONITORING_TEMPLATE
from finops_operations.deployment.checks import ROOT, check_file
from finops_operations.template import parameter_defaults

# The options that each give one parameter of the template, and the variables in their place.
_OF_PARAMETERS = {
    "LambdaS3Bucket": ("--bucket", "LAMBDA_S3_BUCKET"),
    "ProjectName": ("--project-name", "PROJECT_NAME"),
    "AuthMode": ("--auth-mode", "AUTH_MODE"),
    # Not USER_POOL_ID: .local/stack.env says with that which pool a stack has made, and giving a stack its own pool as
    # somebody else's would make it give the pool up.
    "UserPoolId": ("--user-pool-id", "GIVEN_USER_POOL_ID"),
    "UserPoolClientId": ("--user-pool-client-id", "GIVEN_USER_POOL_CLIENT_ID"),
    "CostForecastFunctionName": ("--cost-forecast-function", "COST_FORECAST_FUNCTION"),
    "TrustedAdvisorFunctionName": ("--trusted-advisor-function", "TRUSTED_ADVISOR_FUNCTION"),
}
_SWITCHES = ("--with-sample-agents", "--no-verify", "--keep-failed", "--allow-data-loss", "--dry-run")
# Minutes, the most that CloudFormation takes.
_LONGEST_WATCH = 180


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line: `named` has the values of --parameter, `given` those and all others by parameters' names.

    Ends the program with status 2 if it cannot be understood.

    Raises:
        OperationFailed: there is no such template.
    """
    parser = stack_parser("./deploy.sh", "")
    for parameter, (option, variable) in _OF_PARAMETERS.items():
        parser.add_argument(option, dest=parameter, default=os.environ.get(variable) or None)
    for switch in _SWITCHES:
        parser.add_argument(switch, action="store_true")
    parser.add_argument("--parameter", action="append", default=[])
    parser.add_argument("--costs-s3-uri", default="")
    for option, default in (
        ("--template", ROOT / "cloudformation" / "finops-websocket-api-fixed.yaml"),
        ("--packages-dir", ROOT / "build"),
        ("--timeout-minutes", "30"),
        ("--watch-minutes", "3"),
    ):
        parser.add_argument(option, default=os.environ.get(option[2:].replace("-", "_").upper()) or default)
    options = parse(parser, arguments)
    options.timeout_minutes = whole_number("--timeout-minutes", options.timeout_minutes)
    options.watch_minutes = whole_number("--watch-minutes", options.watch_minutes, 0, _LONGEST_WATCH)
    options.template, options.packages_dir = Path(options.template), Path(options.packages_dir)
    costs = _costs(options)
    check_file(options.template, "Name another with --template.")
    options.named = _named(options)
    options.given = _given(options) | costs | options.named
    return options


def _costs(options: argparse.Namespace) -> dict[str, str]:
    if not options.costs_s3_uri:
        return {}
    address = re.fullmatch(r"s3://([^/]+)/(.+)", options.costs_s3_uri)
    if address is None:
        misused(f"--costs-s3-uri needs s3://BUCKET/KEY, not {options.costs_s3_uri}.")
    if not options.with_sample_agents:
        misused("--costs-s3-uri goes with --with-sample-agents.")
    return {"CostsS3Bucket": address[1], "CostsS3Key": address[2]}


def _named(options: argparse.Namespace) -> dict[str, str]:
    known = {
        name
        for template in (options.template, MONITORING_TEMPLATE)
        for name in parameter_defaults(template.read_text(encoding="utf-8"))
    }
    named = {}
    for text in options.parameter:
        name, separator, value = text.partition("=")
        if not name or not separator:
            misused(f"--parameter needs NAME=VALUE, not {text}.")
        if name not in known:
            misused(f"The templates have no parameter {name}. Their parameters: {', '.join(sorted(known))}.")
        named[name] = value
    return named


def _given(options: argparse.Namespace) -> dict[str, str]:
    given = {}
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        given["ExecuteApiBaseUrl"] = f"{endpoint.rstrip('/')}/_aws/execute-api"
    # Empty is a value too: it gives up what the stack has.
    return given | {name: value for name in _OF_PARAMETERS if (value := getattr(options, name)) is not None}
