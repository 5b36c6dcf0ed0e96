"""The environment that the template gives to a function on AWS, with names in place of what AWS would make."""

import re
from pathlib import Path
from typing import Any

import yaml

TEMPLATE = Path(__file__).resolve().parents[2] / "cloudformation" / "finops-websocket-api-fixed.yaml"
PSEUDO_PARAMETERS = {
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::Partition": "aws",
    "AWS::AccountId": "123456789012",
}
# Not there: IsLocalCloud and whatever else is false in a stack that is deployed to AWS with defaults.
TRUE_CONDITIONS = {"HasUserPool", "MakesUserPool"}


class TemplateLoader(yaml.SafeLoader):
    """Reads CloudFormation's short tags as one-entry mappings, as in {"!Ref": "Table"}."""


def read_tag(loader: TemplateLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """Return a tagged node as a mapping from the tag to the node's value."""
    if isinstance(node, yaml.ScalarNode):
        return {f"!{suffix}": loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {f"!{suffix}": loader.construct_sequence(node, deep=True)}


TemplateLoader.add_multi_constructor("!", read_tag)


def function_environment(handler: str) -> dict[str, str]:
    """Return the environment variables of the function with this handler, with those that Lambda sets."""
    template = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=TemplateLoader)  # noqa: S506
    functions = [
        resource["Properties"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Handler"] == handler
    ]
    assert len(functions) == 1, f"one function has the handler {handler}"
    variables = functions[0]["Environment"]["Variables"]
    names = {**parameter_values(template), **queue_urls(template), **PSEUDO_PARAMETERS}
    return {
        **{name: resolve(value, names) for name, value in variables.items()},
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": handler.split(".", maxsplit=1)[0],
    }


def parameter_values(template: dict[str, Any]) -> dict[str, str]:
    """Return every parameter's default; a parameter without one has its name."""
    return {name: str(given.get("Default", name)) for name, given in template["Parameters"].items()}


def queue_urls(template: dict[str, Any]) -> dict[str, str]:
    """Return the queues' URLs: what !Ref makes of a queue, other than of our other resources."""
    return {
        name: f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::SQS::Queue"
    }


def resolve(value: Any, names: dict[str, str]) -> str:
    """Return what CloudFormation makes of a value; a resource without a name in `names` is its logical name."""
    if not isinstance(value, dict):
        return str(value)
    ((tag, argument),) = value.items()
    match tag, argument:
        case (("!Ref" | "!GetAtt"), name):
            return names.get(name, name)
        case "!If", [condition, then, otherwise]:
            return resolve(then if condition in TRUE_CONDITIONS else otherwise, names)
        case "!Sub", [text, variables]:
            resolved = {name: resolve(variable, names) for name, variable in variables.items()}
            return substitute(text, {**names, **resolved})
        case "!Sub", text:
            return substitute(text, names)
        case "!Select", [index, {"!Split": [separator, whole]}]:
            return resolve(whole, names).split(separator)[int(index)]
        case _:
            raise ValueError(f"The template uses {tag}, which this reader does not know.")


def substitute(text: str, names: dict[str, str]) -> str:
    """Return a text with every ${name} replaced."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: names.get(found[1], found[1]), text)
