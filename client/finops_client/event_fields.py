"""How one field of an event is read from a message and written back.

An event class in `events.py` declares each field once, with its wire name and the check it must pass; reading
and writing follow from that declaration, so the two directions cannot drift apart.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, ClassVar, Self

Reader = Callable[[object], Any]

SECONDS_OF_A_DAY = 86_400


class InvalidField(ValueError):
    """A field is missing or does not hold what the protocol says; the text names the field."""


def text(value: object) -> str:
    """Any string."""
    if not isinstance(value, str):
        raise InvalidField("is not a string")
    return value


def flag(value: object) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise InvalidField("is not true or false")
    return value


def number(value: object) -> int | float:
    """A finite number; JSON has one kind of number, so 50 and 50.0 are both taken."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidField("is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidField("is not a finite number")
    return value


def integer(value: object) -> int:
    """A whole number."""
    found = number(value)
    if found != int(found):
        raise InvalidField("is not a whole number")
    return int(found)


def seconds_or_none(value: object) -> int | None:
    """A wait of 1 second to a day, rounded up; None for anything else: it is a hint, and not worth losing a message."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= SECONDS_OF_A_DAY:
        return None
    return math.ceil(value)


def texts(value: object) -> tuple[str, ...]:
    """An array of strings."""
    if not isinstance(value, list):
        raise InvalidField("is not an array")
    return tuple(text(item) for item in value)


def text_or_null(value: object) -> str | None:
    """A string, or null where the protocol says that null means something."""
    return None if value is None else text(value)


@dataclass(frozen=True, slots=True)
class WireValue:
    """A JSON object of the protocol as a typed value: base of the events and of the objects inside them."""

    @classmethod
    def from_message(cls, message: object) -> Self:
        """The value that `message` holds. Fields that the class does not know are ignored.

        Raises:
            InvalidField: it is not an object, or a field is missing or has the wrong kind of value.
        """
        if not isinstance(message, Mapping):
            raise InvalidField("is not an object")
        values = {}
        for spec in fields(cls):
            name = spec.metadata["name"]
            value = message.get(name)
            if (name not in message or value is None) and spec.default is not MISSING:
                continue
            if name not in message:
                raise InvalidField(f"{name} is missing")
            try:
                values[spec.name] = spec.metadata["read"](value)
            except InvalidField as invalid:
                raise InvalidField(f"{name} {invalid}") from None
        return cls(**values)

    def to_message(self) -> dict[str, object]:
        """The JSON object of this value; an optional field that is not set is left out."""
        message: dict[str, object] = {}
        for spec in fields(self):
            value = getattr(self, spec.name)
            if value is None and spec.default is None:
                continue
            message[spec.metadata["name"]] = _as_json(value)
        return message


def nested(kind: type[WireValue]) -> Reader:
    """A reader of an object of the protocol inside another one."""
    return kind.from_message


def nested_list(kind: type[WireValue]) -> Reader:
    """A reader of an array of such objects."""

    def read(value: object) -> tuple[WireValue, ...]:
        if not isinstance(value, list):
            raise InvalidField("is not an array")
        return tuple(kind.from_message(item) for item in value)

    return read


def wire(name: str, read: Reader) -> Any:
    """Declares a field that every message has, under its wire name."""
    return field(metadata={"name": name, "read": read})


def optional(name: str, read: Reader) -> Any:
    """Declares a field that may be absent: None then, and left out when written."""
    return field(default=None, metadata={"name": name, "read": read})


def _as_json(value: object) -> object:
    if isinstance(value, WireValue):
        return value.to_message()
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    return value


@dataclass(frozen=True, slots=True)
class TypedMessage(WireValue):
    """A message of its own, told apart by the value of one key."""

    KIND_KEY: ClassVar[str] = "type"
    KIND: ClassVar[str]

    def to_message(self) -> dict[str, object]:
        """The message with its `type` first."""
        return {self.KIND_KEY: self.KIND, **WireValue.to_message(self)}
