"""The command line of ./deploy.sh, whose help is in the script itself, and the environment that completes it."""

import argparse
import os
import re
from collections.abc import Sequence
from pathlib import Path

from finops_operations.command_line import stack_parser
from finops_operations.deployment.checks import ROOT, SAMPLE_AGENTS_TEMPLATE, check_file
from finops_operations.deployment.verification import MONITORING_TEMPLATE
from finops_operations.option_types import minutes, month, of_form
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
# The most that CloudFormation takes.
_watch = of_form("[0-9]|[1-9][0-9]|1[0-7][0-9]|180", "this needs a whole number of minutes from 0 to 180")


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Add the option that says how many minutes to wait for CloudFormation."""
    parser.add_argument(
        "--timeout-minutes",
        type=minutes,
        default=os.environ.get("TIMEOUT_MINUTES") or "30",
        metavar="N",
        help="for each wait for CloudFormation; default: TIMEOUT_MINUTES, then 30",
    )


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line: `given` has the values of parameters by their names, `defaults` the template's own.

    Ends the program with status 2 if it cannot be understood. That there is no such template is an OperationFailed.
    """
    parser = stack_parser("./deploy.sh", "")
    for parameter, (option, variable) in _OF_PARAMETERS.items():
        parser.add_argument(option, dest=parameter, default=os.environ.get(variable) or None)
    for switch in ("--with-sample-agents", "--no-verify", "--keep-failed", "--allow-data-loss", "--dry-run"):
        parser.add_argument(switch, action="store_true")
    parser.add_argument("--parameter", action="append", default=[])
    parser.add_argument("--costs-s3-uri", default="")
    parser.add_argument("--focus-export", default="")
    parser.add_argument("--fiscal-year-start", type=month)
    template = os.environ.get("TEMPLATE") or ROOT / "cloudformation" / "finops-websocket-api-fixed.yaml"
    parser.add_argument("--template", type=Path, default=template)
    parser.add_argument("--packages-dir", type=Path, default=os.environ.get("PACKAGES_DIR") or ROOT / "build")
    parser.add_argument("--watch-minutes", type=_watch, default=os.environ.get("WATCH_MINUTES") or "3")
    add_timeout(parser)
    options = parser.parse_args(arguments)
    check_file(options.template, "Name another with --template.")
    options.defaults = parameter_defaults(options.template.read_text(encoding="utf-8"))
    # Empty is a value too: it gives up what the stack has.
    options.given = {name: value for name in _OF_PARAMETERS if (value := getattr(options, name)) is not None}
    if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
        options.given["ExecuteApiBaseUrl"] = f"{endpoint.rstrip('/')}/_aws/execute-api"
    options.given |= _agents_parameters(options, parser)
    known = {*options.defaults, *parameter_defaults(MONITORING_TEMPLATE.read_text(encoding="utf-8"))}
    if options.with_sample_agents:
        known.update(parameter_defaults(SAMPLE_AGENTS_TEMPLATE.read_text(encoding="utf-8")))
    for text in options.parameter:
        name, separator, value = text.partition("=")
        if not name or not separator:
            parser.error(f"--parameter needs NAME=VALUE, not {text}")
        if name not in known:
            parser.error(f"The templates have no parameter {name}. Their parameters: {', '.join(sorted(known))}")
        options.given[name] = value
    return options


def _agents_parameters(options: argparse.Namespace, parser: argparse.ArgumentParser) -> dict[str, str]:
    """Give the values of the sample agents' own parameters that options say."""
    places = {"--costs-s3-uri": options.costs_s3_uri, "--focus-export": options.focus_export}
    said = {option: value for option, value in places.items() if value}
    for option in [*said, *(["--fiscal-year-start"] if options.fiscal_year_start else [])]:
        if not options.with_sample_agents:
            parser.error(f"{option} goes with --with-sample-agents")
    if len(said) > 1:
        parser.error("--costs-s3-uri and --focus-export both say where costs come from: give one of them")
    given = {"FiscalYearStartMonth": options.fiscal_year_start} if options.fiscal_year_start else {}
    for option, place in said.items():
        address = re.fullmatch(r"s3://([^/]+)/(.*[^/].*)", place)
        if address is None:
            form = "PREFIX" if place == options.focus_export else "KEY"
            parser.error(f"{option} needs s3://BUCKET/{form}, not {place}")
        is_folder = option == "--focus-export" or place.endswith("/")
        # One takes the other's place, which the stack may have from before.
        key, prefix = ("", address[2].rstrip("/")) if is_folder else (address[2], "")
        given |= {"CostsS3Bucket": address[1], "CostsS3Key": key, "CostsS3Prefix": prefix}
    return given
