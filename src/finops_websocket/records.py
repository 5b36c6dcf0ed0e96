"""Dataclasses as records with names in camelCase, as the tables and the wire have them. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from types import NoneType, UnionType
from typing import Any, ClassVar, Protocol, TypeVar, get_args, get_origin, get_type_hints


class Dataclass(Protocol):
    """Any dataclass's value."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=Dataclass)


def camel_case(name: str) -> str:
    """Give a field's name as records have it: `job_id` is `jobId`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def to_record(value: Dataclass) -> dict[str, Any]:
    """Give a dataclass's fields as a record, without those that are None."""
    values = {camel_case(each.name): getattr(value, each.name) for each in fields(value)}
    return {name: each for name, each in values.items() if each is not None}


def from_record(kind: type[T], record: Mapping[str, Any]) -> T:
    """Make a dataclass of a record, in which numbers may be Decimals; what it lacks has its default.

    Raises TypeError if it lacks a field without one.
    """
    readers = _readers(kind)
    return kind(**{name: read(record[field]) for name, (field, read) in readers.items() if field in record})


@cache
def _readers(kind: type[Dataclass]) -> dict[str, tuple[str, Callable[[Any], Any]]]:
    types = get_type_hints(kind)
    return {each.name: (camel_case(each.name), _reader(types[each.name])) for each in fields(kind)}


def _reader(annotation: Any) -> Callable[[Any], Any]:
    if isinstance(annotation, UnionType):
        # Of X | None, X: a record has no None.
        [annotation] = [each for each in get_args(annotation) if each is not NoneType]
    if annotation == tuple[int, ...]:
        return lambda numbers: tuple(map(int, numbers))
    kind = get_origin(annotation) or annotation
    return kind if kind in (int, bool, tuple, frozenset) else lambda value: value
