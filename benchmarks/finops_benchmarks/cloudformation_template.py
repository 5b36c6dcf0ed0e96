"""The stack's templates as data, for whoever looks at what the local cloud does not check."""

import re
from collections.abc import Callable, Set
from functools import cache
from pathlib import Path
from typing import Any

# The AWS CLI's own reader: it turns the short tags into the long functions.
from awscli.customizations.cloudformation.yamlhelper import yaml_parse  # type: ignore[import-untyped]

CLOUDFORMATION = Path(__file__).resolve().parents[2] / "cloudformation"
STACK = "finops-websocket-api-fixed.yaml"
SAMPLE_AGENTS = "sample-agents.yaml"


@cache
def load(name: str = STACK) -> dict[str, Any]:
    """Read a template; whoever gets it must not change it."""
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


def evaluated(value: Any, names: Callable[[str], str], true: Set[str] = frozenset()) -> str:
    """The text that CloudFormation makes of a value where `names` says what is referred to, and only `true` holds."""

    def text_of(part: Any) -> str:
        return evaluated(part, names, true)

    match value:
        case {"Ref": name}:
            return names(name)
        case {"Fn::If": [condition, then, otherwise]}:
            return text_of(then if condition in true else otherwise)
        case {"Fn::Join": [separator, parts]}:
            # A list parameter's default is written with commas.
            return str(separator).join(map(text_of, parts) if isinstance(parts, list) else text_of(parts).split(","))
        case {"Fn::Select": [index, {"Fn::Split": [separator, whole]}]}:
            return text_of(whole).split(separator)[int(index)]
        case {"Fn::Sub": given}:
            text, variables = given if isinstance(given, list) else (given, {})
            known = {name: text_of(variable) for name, variable in variables.items()}
            return re.sub(r"\$\{([^}]+)\}", lambda found: known.get(found[1]) or names(found[1]), text)
        case dict():
            raise ValueError(f"The template uses {value}, which this reader does not know.")
    return str(value)
