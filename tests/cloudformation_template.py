"""The stack's templates as data, for tests that look at what the local cloud does not check."""

from functools import cache
from pathlib import Path
from typing import Any

# The AWS CLI's own reader: it turns the short tags into the long functions.
from awscli.customizations.cloudformation.yamlhelper import yaml_parse

CLOUDFORMATION = Path(__file__).resolve().parents[1] / "cloudformation"
STACK = "finops-websocket-api-fixed.yaml"
SAMPLE_AGENTS = "sample-agents.yaml"


@cache
def load(name: str = STACK) -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse((CLOUDFORMATION / name).read_text(encoding="utf-8"))
    return template


def resources(kind: str, name: str = STACK) -> dict[str, dict[str, Any]]:
    """The resources of a type, by logical id."""
    return {
        logical_id: resource for logical_id, resource in load(name)["Resources"].items() if resource["Type"] == kind
    }


def properties(kind: str, name: str = STACK) -> dict[str, dict[str, Any]]:
    """Their properties, by logical id."""
    return {logical_id: resource["Properties"] for logical_id, resource in resources(kind, name).items()}
