"""The environment that the template gives to a function on AWS, with names in place of what AWS would make."""

import re
from typing import Any

from cloudformation_template import load, properties

PSEUDO_PARAMETERS = {
    "AWS::Region": "us-east-1",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::Partition": "aws",
    "AWS::AccountId": "123456789012",
}
# Not there: IsLocalCloud and whatever else is false in a stack that is deployed to AWS with defaults.
TRUE_CONDITIONS = {"MakesUserPool"}


def environment_names(handler: str) -> set[str]:
    """Name the environment variables that the template gives to the function with this handler."""
    return set(variables_of(handler))


def function_environment(handler: str) -> dict[str, str]:
    """Return the environment variables of the function with this handler, with those that Lambda sets."""
    template = load()
    names = {**parameter_values(template), **queue_urls(template), **PSEUDO_PARAMETERS}
    return {
        **{name: resolve(value, names) for name, value in variables_of(handler).items()},
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": handler.split(".", maxsplit=1)[0],
    }


def variables_of(handler: str) -> dict[str, Any]:
    """Return the variables of the one function with this handler, as the template has them."""
    (function,) = (found for found in properties("AWS::Lambda::Function").values() if found["Handler"] == handler)
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables


def parameter_values(template: dict[str, Any]) -> dict[str, str]:
    """Return every parameter's default; a parameter without one has its name."""
    return {name: str(given.get("Default", name)) for name, given in template["Parameters"].items()}


def queue_urls(template: dict[str, Any]) -> dict[str, str]:
    """Return the queues' URLs: what Ref makes of a queue, other than of our other resources."""
    return {
        name: f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::SQS::Queue"
    }


def resolve(value: Any, names: dict[str, str]) -> str:
    """Return what CloudFormation makes of a value; a resource without a name in `names` is its logical name."""
    if not isinstance(value, dict):
        return str(value)
    ((function, argument),) = value.items()
    match function, argument:
        case "Ref", name:
            return names.get(name, name)
        case "Fn::If", [condition, then, otherwise]:
            return resolve(then if condition in TRUE_CONDITIONS else otherwise, names)
        case "Fn::Sub", given:
            text, variables = given if isinstance(given, list) else (given, {})
            resolved = {name: resolve(variable, names) for name, variable in variables.items()}
            return substitute(text, {**names, **resolved})
        case "Fn::Join", [separator, {"Ref": name}]:
            # A list parameter's default is written with commas.
            return str(separator).join(names[name].split(","))
        case "Fn::Select", [index, {"Fn::Split": [separator, whole]}]:
            return resolve(whole, names).split(separator)[int(index)]
        case _:
            raise ValueError(f"The template uses {function}, which this reader does not know.")


def substitute(text: str, names: dict[str, str]) -> str:
    """Return a text with every ${name} replaced."""
    return re.sub(r"\$\{([^}]+)\}", lambda found: names.get(found[1], found[1]), text)
