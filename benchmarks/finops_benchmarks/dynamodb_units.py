"""What DynamoDB bills for a call: read and write units by AWS's rules, of the items before and after it. Pure.

Items are as DynamoDB's own API has them: `{"jobId": {"S": "..."}}`.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Self

Item = Mapping[str, Mapping[str, Any]]

_WRITE_BYTES, _READ_BYTES = 1024, 4096


@dataclass(frozen=True)
class Index:
    """A global secondary index: the attributes that are its entry's key, and all that an entry has (None: all)."""

    name: str
    key: tuple[str, ...]
    projected: frozenset[str] | None

    @classmethod
    def of_table(cls, table: Mapping[str, Any]) -> tuple[Self, ...]:
        """Give the indexes of a table as its template's properties define them."""
        table_key = [part["AttributeName"] for part in table["KeySchema"]]
        return tuple(
            cls._of_definition(definition, table_key) for definition in table.get("GlobalSecondaryIndexes", ())
        )

    @classmethod
    def _of_definition(cls, definition: Mapping[str, Any], table_key: list[str]) -> Self:
        key = tuple(part["AttributeName"] for part in definition["KeySchema"])
        projection = definition["Projection"]
        projected = frozenset({*table_key, *key, *projection.get("NonKeyAttributes", ())})
        return cls(definition["IndexName"], key, None if projection["ProjectionType"] == "ALL" else projected)

    def write_units(self, before: Item | None, after: Item | None) -> int:
        """Give the write units by which a change of an item, from `before` to `after`, changes the index.

        Nothing if its entry stays as it is, and two writes if the entry's key changes: it is deleted and put.
        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html#GSI.ThroughputConsiderations.Writes
        """
        old, new = self._entry_of(before), self._entry_of(after)
        if old == new:
            return 0
        if old is None or new is None:
            return _write_units(item_size(old or new or {}))
        if any(old[name] != new[name] for name in self.key):
            return _write_units(item_size(old)) + _write_units(item_size(new))
        return _write_units(max(item_size(old), item_size(new)))

    def _entry_of(self, item: Item | None) -> Item | None:
        if item is None or not all(name in item for name in self.key):
            return None
        return {name: value for name, value in item.items() if self.projected is None or name in self.projected}


def write_units(before: Item | None, after: Item | None, *, transactional: bool = False) -> int:
    """Give the write units of the table for an item that was `before` and is `after`; None: there is none.

    A unit for each KB of the larger of the two; twice that in a transaction, whose indexes are written once all the
    same. A write that is refused leaves the item as it was, and costs what that is, or one unit if there is none.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#write-operation-consumption
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-capacity-handling
    """
    units = _write_units(max(item_size(before or {}), item_size(after or {})))
    return 2 * units if transactional else units


def read_units(size: int, *, consistent: bool) -> float:
    """Give the read units for `size` bytes: one for each 4 KB if consistent, else half of one; at least that.

    An item that is read by its key is rounded up by itself, the items of a query's page are together.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html#read-operation-consumption
    """
    return max(1, ceil(size / _READ_BYTES)) * (1 if consistent else 0.5)


def item_size(item: Item) -> int:
    """Give an item's bytes: its attributes' names and values.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _write_units(size: int) -> int:
    return max(1, ceil(size / _WRITE_BYTES))


def _value_size(typed: Mapping[str, Any]) -> int:
    ((kind, value),) = typed.items()
    return _SIZES[kind](value)


def _set_of(kind: str) -> Callable[[Any], int]:
    return lambda elements: sum(_SIZES[kind](element) for element in elements)


def _number_size(digits: str) -> int:
    # One byte for two significant digits, without the zeros before and after them, and one more.
    mantissa = digits.lower().partition("e")[0].lstrip("+-")
    if "." not in mantissa:
        mantissa = mantissa.rstrip("0")
    significant = mantissa.replace(".", "").strip("0")
    return ceil(len(significant) / 2) + 1


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": lambda text: len(text.encode()),
    "N": _number_size,
    "B": lambda encoded: len(base64.b64decode(encoded)),
    "BOOL": lambda _value: 1,
    "NULL": lambda _value: 1,
    "SS": _set_of("S"),
    "NS": _set_of("N"),
    "BS": _set_of("B"),
    # Three bytes of their own, and one for each element.
    "L": lambda elements: 3 + sum(1 + _value_size(element) for element in elements),
    "M": lambda elements: 3 + len(elements) + item_size(elements),
}
