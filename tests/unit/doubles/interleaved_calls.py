"""What somebody else does between one's own two calls: the race that a conditional write is there for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any


@contextmanager
def just_before(client: Any, operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Act once, just before the first call of a DynamoDB operation."""
    has_acted = False

    def act_once() -> None:
        nonlocal has_acted
        if not has_acted:
            has_acted = True
            act()

    with before_each(client, operation, act_once):
        yield
    assert has_acted


@contextmanager
def before_each(client: Any, operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Act just before each call of a DynamoDB operation."""
    event = f"provide-client-params.dynamodb.{operation}"

    def act_before(**_event: Any) -> None:
        act()

    client.meta.events.register(event, act_before)
    try:
        yield
    finally:
        client.meta.events.unregister(event, act_before)


def all_at_once(client: Any, operation: str, acts: Sequence[Callable[[], object]]) -> None:
    """Act so that each act is just before its first call of an operation when the next begins; the last is through
    first."""
    first, *others = acts
    if not others:
        first()
        return
    with just_before(client, operation, lambda: all_at_once(client, operation, others)):
        first()
