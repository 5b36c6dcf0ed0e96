"""The stack's tables as the template defines them, for moto, which has no CloudFormation of WebSocket APIs."""

from typing import Any

from finops_benchmarks.cloudformation_template import properties

_COPIED = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")


def create_table(dynamodb: Any, logical_name: str, name: str) -> Any:
    """Make a table with the keys and indexes of the template's resource of that logical name."""
    table = properties("AWS::DynamoDB::Table")[logical_name]
    return dynamodb.create_table(TableName=name, **{key: table[key] for key in _COPIED if key in table})
