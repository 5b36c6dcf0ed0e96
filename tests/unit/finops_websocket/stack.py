"""The stack's resources as the template defines them, for moto, which has no CloudFormation of WebSocket APIs."""

from typing import Any

import yaml
from template_environment import TEMPLATE, TemplateLoader

RESOURCES = yaml.load(TEMPLATE.read_text(encoding="utf-8"), Loader=TemplateLoader)["Resources"]  # noqa: S506


def create_table(dynamodb: Any, logical_name: str, name: str) -> Any:
    """Make a table with the keys and indexes of the template's resource of that logical name."""
    properties = RESOURCES[logical_name]["Properties"]
    copied = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    return dynamodb.create_table(TableName=name, **{key: properties[key] for key in copied})


def environment_names(handler: str) -> set[str]:
    """Name the environment variables that the template gives to the function with this handler."""
    (properties,) = (
        resource["Properties"]
        for resource in RESOURCES.values()
        if resource["Type"] == "AWS::Lambda::Function" and resource["Properties"]["Handler"] == handler
    )
    return set(properties["Environment"]["Variables"])
