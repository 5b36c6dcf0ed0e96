"""The environment that the template gives to a function on AWS, with names in place of what AWS would make."""

from typing import Any

from finops_benchmarks.cloudformation_template import evaluated, load, properties, resources

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
    return set(_variables_of(handler))


def function_environment(handler: str) -> dict[str, str]:
    """Return the environment variables of the function with this handler, with those that Lambda sets.

    A parameter or resource for which there is no better name has its logical one.
    """
    queue_url = "https://sqs.us-east-1.amazonaws.com/123456789012/{}".format
    names = {
        **{name: str(given.get("Default", name)) for name, given in load()["Parameters"].items()},
        **{name: queue_url(name) for name in resources("AWS::SQS::Queue")},
        **PSEUDO_PARAMETERS,
    }
    return {
        **{
            name: evaluated(value, lambda named: names.get(named, named), TRUE_CONDITIONS)
            for name, value in _variables_of(handler).items()
        },
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_LAMBDA_FUNCTION_NAME": handler.split(".", maxsplit=1)[0],
    }


def _variables_of(handler: str) -> dict[str, Any]:
    (function,) = (found for found in properties("AWS::Lambda::Function").values() if found["Handler"] == handler)
    variables: dict[str, Any] = function["Environment"]["Variables"]
    return variables
