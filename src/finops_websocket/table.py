"""A table of DynamoDB, with items as Python's values and conditions as values too.

As a Table of boto3's resources, which take another tenth of a cold start to load.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, cast

from finops_websocket.conditions import Condition

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

# The arguments and the parts of replies that are an item, a part of one, or values for one.
_ITEMS = ("Key", "Item", "Attributes", "ExclusiveStartKey", "LastEvaluatedKey", "ExpressionAttributeValues")


def to_attribute(value: Any) -> dict[str, Any]:
    """Give a value as DynamoDB has it; raise TypeError if it is of a kind that no item of ours has. Pure.

    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
    """
    for kind, (name, convert) in _WRITERS.items():
        if isinstance(value, kind):
            return {name: convert(value)}
    raise TypeError(f"An item has no value of type {type(value).__name__}.")


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item as DynamoDB has it; raise TypeError like to_attribute. Pure."""
    return {name: to_attribute(value) for name, value in item.items()}


def from_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item of DynamoDB's with Python's values; its numbers are Decimals. Pure."""
    return {name: _from_attribute(value) for name, value in item.items()}


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    [(kind, value)] = attribute.items()
    return _READERS[kind](value)


# A truth value is a whole number too, for Python.
_WRITERS: dict[type | UnionType, tuple[str, Callable[[Any], Any]]] = {
    NoneType: ("NULL", lambda _none: True),
    bool: ("BOOL", bool),
    int | Decimal: ("N", str),
    str: ("S", str),
    Mapping: ("M", to_attributes),
    list | tuple: ("L", lambda values: [to_attribute(each) for each in values]),
    set | frozenset: ("SS", list),
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "NULL": lambda _value: None,
    "BOOL": bool,
    "N": Decimal,
    "S": str,
    "SS": set,
    "L": lambda values: [_from_attribute(value) for value in values],
    "M": from_attributes,
}


def _operation(name: str) -> Callable[..., dict[str, Any]]:
    def call(table: "Table", **arguments: Any) -> dict[str, Any]:
        reply = getattr(table.client, name)(TableName=table.name, **_with_attributes(arguments))
        return {part: _each_item(from_attributes, part, value) for part, value in reply.items()}

    return call


class Table:
    """A table; its methods take the arguments of the operations of their names, and raise botocore's ClientError."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self.client = client
        self.name = name

    get_item = _operation("get_item")
    put_item = _operation("put_item")
    update_item = _operation("update_item")
    delete_item = _operation("delete_item")
    query = _operation("query")

    def transact_write_items(self, writes: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Make all of these writes or none; each is an operation and its arguments, as in ("Put", {"Item": item})."""
        self.client.transact_write_items(
            TransactItems=[
                cast(Any, {operation: {"TableName": self.name, **_with_attributes(arguments)}})
                for operation, arguments in writes
            ]
        )


def _with_attributes(arguments: Mapping[str, Any]) -> dict[str, Any]:
    given = dict(arguments)
    for argument in ("ConditionExpression", "KeyConditionExpression"):
        if isinstance(condition := given.get(argument), Condition):
            given[argument], names, values = condition.rendered()
            for placeholders, those in (("ExpressionAttributeNames", names), ("ExpressionAttributeValues", values)):
                if those:
                    given[placeholders] = {**given.get(placeholders, {}), **those}
    return {argument: _each_item(to_attributes, argument, value) for argument, value in given.items()}


def _each_item(convert: Callable[[Mapping[str, Any]], dict[str, Any]], part: str, value: Any) -> Any:
    if part == "Items":
        return [convert(item) for item in value]
    return convert(value) if part in _ITEMS else value
