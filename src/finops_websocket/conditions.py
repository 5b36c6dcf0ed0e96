"""Conditions on DynamoDB's items, made of attributes: `Attr("status").eq("queued") & Attr("ttl").gt(now)`. Pure.

As boto3.dynamodb.conditions has them, which brings all of boto3 along: a tenth of a cold start.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Condition:
    """What must hold of an item: an expression in which {} stands for each of the operands, in their order.

    An operand that is an Attr stands for its name, any other for itself.
    """

    expression: str
    operands: tuple[Any, ...]

    def __and__(self, other: "Condition") -> "Condition":
        """Hold if both do."""
        return Condition(f"({self.expression} AND {other.expression})", self.operands + other.operands)

    def __or__(self, other: "Condition") -> "Condition":
        """Hold if one of the two does."""
        return Condition(f"({self.expression} OR {other.expression})", self.operands + other.operands)

    def __invert__(self) -> "Condition":
        """Hold if this does not."""
        return Condition(f"(NOT {self.expression})", self.operands)

    def rendered(self) -> tuple[str, dict[str, str], dict[str, Any]]:
        """Give the expression with a placeholder for each operand, and what they stand for: names, and values."""
        placeholders: list[str] = []
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        for number, operand in enumerate(self.operands):
            placeholders.append(f"{'#' if isinstance(operand, Attr) else ':'}condition{number}")
            if isinstance(operand, Attr):
                names[placeholders[-1]] = operand.name
            else:
                values[placeholders[-1]] = operand
        return self.expression.format(*placeholders), names, values


@dataclass(frozen=True)
class Attr:
    """An attribute of an item, or its `function`."""

    name: str
    function: str = "{}"

    def eq(self, value: Any) -> Condition:
        """Hold if it is this value."""
        return self._compared(f"{self.function} = {{}}", value)

    def lt(self, value: Any) -> Condition:
        """Hold if it is less."""
        return self._compared(f"{self.function} < {{}}", value)

    def gt(self, value: Any) -> Condition:
        """Hold if it is greater."""
        return self._compared(f"{self.function} > {{}}", value)

    def is_in(self, values: Sequence[Any]) -> Condition:
        """Hold if it is one of these values, at most 100."""
        return self._compared(f"{self.function} IN ({', '.join('{}' for _ in values)})", *values)

    def contains(self, value: Any) -> Condition:
        """Hold if this value is among those of the set."""
        return self._compared("contains({}, {})", value)

    def exists(self) -> Condition:
        """Hold if there is such an attribute, or for a key's, such an item."""
        return self._compared("attribute_exists({})")

    def not_exists(self) -> Condition:
        """Hold if there is none."""
        return self._compared("attribute_not_exists({})")

    def size(self) -> "Attr":
        """Give its size, which can be compared: of a set, how many it has."""
        return Attr(self.name, "size({})")

    def _compared(self, expression: str, *values: Any) -> Condition:
        return Condition(expression, (self, *values))
