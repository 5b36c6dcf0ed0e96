"""Steps 3 to 6 of docs/WEBSOCKET_DEPLOYMENT_GUIDE.md: upload, deploy, verify, print the endpoint; and the way back.

A step that cannot be done is an OperationFailed, which says what runs now and what to do.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from finops_operations.command_line import DONE, run
from finops_operations.deployment.aws import Aws, sign_in
from finops_operations.deployment.change_set import NO_TRIGGERS, change_stack, remove_stack, work_out
from finops_operations.deployment.checks import ROOT, SAMPLE_AGENTS_TEMPLATE, check_everything
from finops_operations.deployment.options import options_of
from finops_operations.deployment.packages import package_files, restore_function_code, upload_package
from finops_operations.deployment.releases import read_deployed, return_to_release
from finops_operations.deployment.state import Deployment
from finops_operations.deployment.verification import (
    MONITORING_TEMPLATE,
    fault_of,
    quiet_alarms,
    rollback_triggers,
)
from finops_operations.errors import OperationFailed, fails_with
from finops_operations.operator_messages import heading, say, warn
from finops_operations.stack import REMAINS, Stack, monitoring_name
from finops_operations.template import parameter_defaults
from finops_operations.working_tree import working_tree_commit

if TYPE_CHECKING:
    from types_boto3_cloudformation.type_defs import ParameterTypeDef


def main(arguments: Sequence[str] | None = None, sign_in: Callable[[argparse.Namespace], Aws] = sign_in) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    deployment = Deployment(options)
    try:
        deployment.aws = sign_in(options)
        deploy(deployment)
    except KeyboardInterrupt as interrupt:
        said = "Nothing was deployed."
        if deployment.has_deployed:
            said = "What is deployed is not verified: run this again, or go back: ops/rollback.sh --to previous"
        raise KeyboardInterrupt(*(interrupt.args or [said])) from interrupt
    return DONE


def deploy(deployment: Deployment) -> None:
    """Go through the steps, in the guide's order."""
    options = deployment.options
    check_everything(deployment)
    try_monitoring_parameters(deployment)
    if options.with_sample_agents:
        deploy_stack(deployment, f"{options.stack_name}-sample-agents", SAMPLE_AGENTS_TEMPLATE, options.given)
    deploy_stack(deployment, options.stack_name, options.template, options.given)
    deployment.stack = deployment.aws.stack(options.stack_name)
    deploy_monitoring(deployment)
    if options.dry_run:
        return
    endpoint = deployment.stack.output("WebSocketApiEndpoint")
    restore_function_code(deployment.aws, deployment.stack)
    protect_stack(deployment)
    verify_what_changed(deployment, record_what_changed(deployment))
    print_endpoint(deployment.stack, endpoint)


def try_monitoring_parameters(deployment: Deployment) -> None:
    """Find out whether CloudFormation takes the values that only the second template has, before the first changes."""
    options = deployment.options
    monitoring = deployment.aws.stack(monitoring_name(options.stack_name))
    template = MONITORING_TEMPLATE.read_text(encoding="utf-8")
    its_own = parameter_defaults(template).keys() - options.defaults.keys()
    # What a failed first deployment left is removed when its turn comes, and takes no change before.
    if not its_own & options.given.keys() or monitoring.status == REMAINS:
        return
    # Of a new stack, which has no API yet, any will do.
    given = {**options.given, "WebSocketApiId": deployment.stack.outputs.get("WebSocketApiId", "unknown")}
    with ExitStack() as undo:
        work_out(deployment.aws, monitoring, template, parameters_of(template, given, monitoring), NO_TRIGGERS, undo)


def deploy_monitoring(deployment: Deployment) -> None:
    """Deploy alarms and dashboard.

    They are a stack of their own, because one template of both is more than CloudFormation takes without a bucket
    (docs/decisions/0010).
    """
    stack = deployment.stack
    name = monitoring_name(stack.name)
    if "WebSocketApiId" not in stack.outputs:
        say(f"Its alarms and dashboard, the stack {name}, can be worked out once it is there.")
        return
    defaults = parameter_defaults(MONITORING_TEMPLATE.read_text(encoding="utf-8"))
    shared = {parameter: stack.parameters[parameter] for parameter in defaults if parameter in stack.parameters}
    given = {**deployment.options.given, "WebSocketApiId": stack.outputs["WebSocketApiId"], **shared}
    if "QueueAgeSeconds" not in given:
        # A message is in the queue until its job is done: the alarm must not ring for agents that use their time.
        longest = 2 * int(deployment.value("AgentTimeoutSeconds") or 0)
        age = {**defaults, **deployment.aws.stack(name).parameters}["QueueAgeSeconds"]
        if int(age) < longest:
            given["QueueAgeSeconds"] = str(longest)
    deploy_stack(deployment, name, MONITORING_TEMPLATE, given)


def deploy_stack(deployment: Deployment, name: str, template: Path, given: Mapping[str, str]) -> None:
    """Show what a template changes in a stack, and change it unless this is a dry run."""
    aws, options = deployment.aws, deployment.options
    heading(f"Stack {name}")
    stack = aws.stack(name)
    if stack.status == REMAINS:
        say("Removing what a failed first deployment left; nothing of it ever ran.")
        remove_stack(aws, name)
        stack = aws.stack(name)
    text = template.read_text(encoding="utf-8")
    triggers = NO_TRIGGERS
    # Only an update of the stack itself has something to go back to.
    if name == options.stack_name and not stack.is_absent:
        triggers = rollback_triggers(aws, deployment.value("ProjectName"), int(options.watch_minutes))

    def before_it_changes() -> None:
        if not deployment.is_changed and template != SAMPLE_AGENTS_TEMPLATE:
            prepare_return(deployment)
        for parameter, package in package_files(options).items():
            if parameter in parameter_defaults(text):
                upload_package(aws, deployment.value("LambdaS3Bucket"), package, given[parameter])

    deployment.has_deployed |= change_stack(
        aws,
        stack,
        text,
        parameters_of(text, given, stack),
        triggers,
        dry_run=options.dry_run,
        data_loss=options.allow_data_loss,
        before=before_it_changes,
    )


def parameters_of(template: str, given: Mapping[str, str], stack: Stack) -> list[ParameterTypeDef]:
    """Return a change set's parameters: what is given, else the stack's value; the template has defaults."""
    names = parameter_defaults(template)
    kept: list[ParameterTypeDef] = [
        {"ParameterKey": name, "UsePreviousValue": True} for name in names if name in stack.parameters.keys() - given
    ]
    return kept + [{"ParameterKey": name, "ParameterValue": given[name]} for name in names if name in given]


def prepare_return(deployment: Deployment) -> None:
    """Note, before the first change, what runs and which alarms are quiet."""
    deployment.is_changed = True
    deployment.quiet = quiet_alarms(deployment.aws, deployment.value("ProjectName"))
    # Not as it was checked: what a failed first deployment left is gone by now.
    if not deployment.aws.stack(deployment.stack.name).is_absent:
        releases, deployed = deployment.releases, read_deployed(deployment.aws, deployment.stack.name)
        deployment.release_before = releases.known_as(deployed) or releases.keep_what_others_deployed(deployed)


def protect_stack(deployment: Deployment) -> None:
    """Protect the stack from deletion if its tables are.

    Deleting it would take the API, and its address, before CloudFormation stops at the protected tables.
    """
    name = deployment.stack.name
    if deployment.stack.parameters.get("DeletionProtection") == "true":
        with fails_with(f"Stack {name} is deployed, and could not be protected from deletion:"):
            deployment.aws.cloudformation.update_termination_protection(
                StackName=name, EnableTerminationProtection=True
            )
        say(f"Stack {name} is protected from deletion")


def record_what_changed(deployment: Deployment) -> str:
    """Record what this run has deployed, or an earlier one that did not come this far, and return the release's id."""
    releases, deployed = deployment.releases, read_deployed(deployment.aws, deployment.stack.name)
    if not deployment.is_changed and releases.known_as(deployed):
        return ""
    release = releases.record(deployed, working_tree_commit(ROOT), "deployed")
    say(f"Recorded as release {release}")
    return release


def verify_what_changed(deployment: Deployment, release: str) -> None:
    """Find out whether the stack works, and go back to what ran before if it does not."""
    aws, options, before, releases = deployment.aws, deployment.options, deployment.release_before, deployment.releases
    if options.no_verify:
        return
    fault = fault_of(aws, options.stack_name, deployment.quiet)
    if release:
        releases.change(release, "status", "failed" if fault else "verified")
    if not fault:
        return
    if not before or options.keep_failed:
        raise OperationFailed(f"Stack {options.stack_name} is deployed, but {fault}")
    warn(f"Release {release} does not work: {fault}")
    heading(f"Going back to release {before}")
    # What this command itself has made held nothing before.
    _, still = return_to_release(aws, deployment.stack, releases, before, data_loss=True)
    if still:
        raise OperationFailed(
            f"Release {release} did not work ({fault}) and release {before}, which runs again, does not either:"
            f" {still} See ops/health_check.sh"
        )
    raise OperationFailed(f"Release {release} did not work: {fault} Release {before} runs again, and works.")


def print_endpoint(stack: Stack, endpoint: str) -> None:
    """Print the endpoint, and the lines for the frontend's config.js, indented as they stand in the guide's."""
    heading("The endpoint, and what goes into the frontend's config.js (Step 7)")
    if stack.parameters.get("AllowedOrigins") == "*":
        say("Any page may connect. Name yours: ./deploy.sh --parameter AllowedOrigins=https://your-page.example")
    lines = [endpoint]
    if {"UserPoolId", "UserPoolClientId"} <= stack.outputs.keys():
        lines.append(f"        userPoolId: '{stack.outputs['UserPoolId']}',")
        lines.append(f"        userPoolWebClientId: '{stack.outputs['UserPoolClientId']}',")
    lines.append(f"        websocketEndpoint: '{endpoint}',")
    print("\n".join(lines))  # noqa: T201 - the command's result


if __name__ == "__main__":
    sys.exit(run(main))
