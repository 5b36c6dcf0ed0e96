"""What somebody else does between one's own two calls: the race that a conditional write is there for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def just_before(client: Any, operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Act once, just before the first call of a DynamoDB operation."""
    has_acted = False

    def act_once(**_event: Any) -> None:
        nonlocal has_acted
        if not has_acted:
            has_acted = True
            act()

    event = f"provide-client-params.dynamodb.{operation}"
    client.meta.events.register(event, act_once)
    try:
        yield
        assert has_acted
    finally:
        client.meta.events.unregister(event, act_once)
