"""Each action that a person may call without CloudFormation is called by a program or a command of the runbook."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from botocore import xform_name

from local_cloud.running_cloud import ROOT
from unit.policies.filled_in_policies import Permission, permissions

RUNBOOKS = [ROOT / "docs" / "WEBSOCKET_DEPLOYMENT_GUIDE.md", ROOT / "docs" / "troubleshooting_notes.md"]
DEPLOYMENT = [ROOT / "deploy.sh", ROOT / "ops" / "rollback.sh"]
# Where the programs of those who have a policy begin.
PROGRAMS = {
    "deploy": [*DEPLOYMENT, *RUNBOOKS],
    "sample-agents": [*DEPLOYMENT, *RUNBOOKS],
    "focus-export": DEPLOYMENT,
    "operate": [ROOT / "ops" / "health_check.sh", ROOT / "ops" / "dead_letters.sh", *DEPLOYMENT, *RUNBOOKS],
    "frontend": [ROOT / "ops" / "deploy_frontend.sh", ROOT / "ops" / "write_frontend_config.sh", RUNBOOKS[0]],
}
# Actions whose calls have other names.
CALLS = {
    "apigateway:GET": "get_stage",
    "apigateway:POST": "create_deployment",
    "lambda:InvokeFunction": "invoke",
    # The CLI sends what is larger than 8 MB in parts, and takes them back when it is interrupted. By Lambda, which
    # CloudFormation has fetch a package, GetObject is called too.
    "s3:AbortMultipartUpload": "cp",
    "s3:GetObject": "get_object|head_object|cp",
    "s3:ListBucket": "head_bucket|list_objects_v2",
    "s3:PutObject": "put_object|upload_file|cp",
    "sqs:ChangeMessageVisibility": "change_message_visibility_batch",
    # The CLI's deploy asks it for the parameters that the stack has.
    "cloudformation:GetTemplateSummary": "deploy",
}
OWN = {
    *(one for policy in ("deploy", "focus-export", "operate", "frontend") for one in permissions(policy)),
    # The others are CloudFormation's.
    *(one for one in permissions("sample-agents") if one[1] in ("ChangeStack", "KeepPackage")),
}


@cache
def sources(policy: str) -> str:
    """The text of all programs for somebody who has this policy, with the modules that they lead to."""
    return "".join(path.read_text(encoding="utf-8") for path in _closure(PROGRAMS[policy]))


def _closure(beginning: Iterable[Path]) -> set[Path]:
    found: set[Path] = set()
    left = set(beginning)
    while left:
        found |= left
        texts = [path.read_text(encoding="utf-8") for path in left if path.suffix in (".py", ".sh")]
        names = {
            name for text in texts for name in re.findall(r"(?:from|import|run_operation|operations?) ([\w.]+)", text)
        }
        paths = {name.removeprefix("finops_operations.").replace(".", "/") for name in names}
        candidates = {ROOT / "ops" / "finops_operations" / f"{path}.py" for path in paths}
        candidates |= {ROOT / "src" / f"{path}.py" for path in paths if path.startswith("finops_websocket/")}
        left = {path for path in candidates if path.is_file()} - found
    return found


def call(action: str) -> str:
    """A pattern of an action's call, in Python or by the AWS CLI."""
    service, name = action.split(":")
    methods = CALLS.get(action, xform_name(name))
    command = methods.replace("_", "-")
    cli = {"apigateway": "apigatewayv2", "s3": "s3(?:api)?"}.get(service, service)
    return rf"""\b(?:{methods})\(|"(?:{methods})"|(?:{methods})_(?:wait|exists)|{cli} (?:{command})\b"""


@pytest.mark.parametrize("permission", sorted(OWN), ids=" ".join)
def test_it_is_called(permission: Permission) -> None:
    policy, _, action = permission
    assert re.search(call(action), sources(policy)), f"Nobody needs {action} in {policy}.json."
