"""What happens around a client's calls to DynamoDB: somebody else's write, a reply that is lost, a worker's end."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

BEFORE, AFTER = "before-call", "after-call"


class Crash(BaseException):
    """Like a process's end, it is nothing that the code could catch."""


@contextmanager
def handled(client: Any, event: str, handler: Callable[..., object]) -> Iterator[None]:
    """Have the SDK call a handler at each of a client's events of a kind, before its own handlers."""
    client.meta.events.register_first(event, handler)
    try:
        yield
    finally:
        client.meta.events.unregister(event, handler)


@contextmanager
def calls_to(client: Any, moment: str = BEFORE, crash_at: int | None = None) -> Iterator[list[str]]:
    """Note the operations that a client is asked for; raise Crash at the one with that number, counted from 0.

    It is raised just before the call is made, or just after it is done.
    """
    operations: list[str] = []

    def note(model: Any, **_event: Any) -> None:
        operations.append(model.name)
        if len(operations) - 1 == crash_at:
            raise Crash

    with handled(client, moment, note):
        yield operations


@contextmanager
def before_each(client: Any, operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Act just before each call of an operation: the race that a conditional write is there for."""

    def act_before(**_event: Any) -> None:
        act()

    with handled(client, f"provide-client-params.dynamodb.{operation}", act_before):
        yield


@contextmanager
def just_before(client: Any, operation: str, act: Callable[[], object]) -> Iterator[None]:
    """Act once, just before the first call of an operation."""
    acts = [act]
    with before_each(client, operation, lambda: acts and acts.pop()()):
        yield
    assert not acts


def always_overtaken(table: Any, key: dict[str, str], operation: str) -> AbstractContextManager[None]:
    """Have somebody else write an item, and so its version, just before each call of an operation."""
    one_more = {"UpdateExpression": "ADD version :one", "ExpressionAttributeValues": {":one": 1}}
    return before_each(table.client, operation, lambda: table.update_item(Key=key, **one_more))


def all_at_once(client: Any, operation: str, acts: Sequence[Callable[[], object]]) -> None:
    """Act so that each act is just before its first call of an operation when the next begins; the last is through
    first."""
    first, *others = acts
    if not others:
        first()
        return
    with just_before(client, operation, lambda: all_at_once(client, operation, others)):
        first()


@contextmanager
def lost_reply(client: Any, operation: str, which: int = 1) -> Iterator[list[str]]:
    """Lose one reply to an operation, the first or which it is; the list notes each reply, the lost one included.

    The SDK asks the handlers of its event `needs-retry` after how many seconds to try again; None is no.
    """
    replies: list[str] = []

    def retry_one(**_event: Any) -> int | None:
        replies.append(operation)
        return 0 if len(replies) == which else None

    with handled(client, f"needs-retry.dynamodb.{operation}", retry_one):
        yield replies
