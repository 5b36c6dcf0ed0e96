"""DynamoDB as the stores use it: an item changed under a condition, several read at once, conflicts tried again."""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finops_websocket.conditions import Condition
from finops_websocket.table import Table, from_attributes, to_attributes

# Seconds before what was left out is asked for again, twice as long each time: DynamoDB leaves out what it has no
# capacity for, and asks for a back-off.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_FIRST_PAUSE = 0.05

# With pauses of up to so many seconds, doubled each time, the tries take three seconds at most: a client waits.
_TRIES = 7
_FIRST_TRY_PAUSE = 0.025


@dataclass(frozen=True)
class Change:
    """What became of a conditional write: whether it was made, and the item as it now is (None: there is none)."""

    made: bool
    item: Mapping[str, Any] | None


def update_item(
    table: Table,
    key: Mapping[str, Any],
    condition: Condition | None = None,
    *,
    assign: Mapping[str, Any] | None = None,
    assign_if_missing: Mapping[str, Any] | None = None,
    add: Mapping[str, Any] | None = None,
    delete: Mapping[str, Any] | None = None,
    remove: Sequence[str] = (),
) -> Change:
    """Assign attributes, add to numbers and sets, delete from sets and remove attributes, if a condition holds.

    Raises botocore's ClientError when DynamoDB refuses. What is there when the condition does not hold comes with the
    refusal, without a second read:
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
    """
    given: Any = {} if condition is None else {"ConditionExpression": condition}
    try:
        changed = table.update_item(
            Key=dict(key),
            **given,
            ReturnValues="ALL_NEW",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
            **_update_arguments(assign or {}, assign_if_missing or {}, add or {}, delete or {}, remove),
        )
    except table.client.exceptions.ConditionalCheckFailedException as refusal:
        response: dict[str, Any] = {**refusal.response}
        return Change(made=False, item=from_attributes(response.get("Item", {})) or None)
    return Change(made=True, item=changed["Attributes"])


def read_items(
    table: Table, keys: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> Iterator[dict[str, Any]]:
    """Give those of the items with these keys, at most 100, that are there; as they are now, and in any order.

    Raises botocore's ClientError when DynamoDB refuses. `sleep` is in seconds.
    """
    pause = _FIRST_PAUSE
    left: Any = [to_attributes(key) for key in keys]
    while left:
        response = table.client.batch_get_item(RequestItems={table.name: {"Keys": left, "ConsistentRead": True}})
        yield from map(from_attributes, response["Responses"].get(table.name, []))
        # At most 16 MB come at once too.
        unprocessed: dict[str, Any] = dict(response["UnprocessedKeys"])
        left = unprocessed.get(table.name, {}).get("Keys", [])
        if left:
            sleep(pause)
            pause *= 2


def retry_on_conflict(sleep: Callable[[float], None] = time.sleep) -> Iterator[int]:
    """Number the tries of an optimistic write, from 0, with a pause before each but the first; `sleep` is in seconds.

    An item is written only as it was read, and who was overtaken reads and tries again.
    """
    for number in range(_TRIES):
        if number:
            # Not predictable on purpose: those that overtook each other must not come back together.
            sleep(random.uniform(0, _FIRST_TRY_PAUSE * 2**number))  # noqa: S311 (no secret)
        yield number


def _update_arguments(
    assign: Mapping[str, Any],
    assign_if_missing: Mapping[str, Any],
    add: Mapping[str, Any],
    delete: Mapping[str, Any],
    remove: Sequence[str],
) -> dict[str, Any]:
    # Each name and value stands behind a placeholder. More than 500 words are reserved and may not stand in an
    # expression, `status` and `partial` among them:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html
    settings = [f"#{name} = :{name}" for name in assign]
    settings += [f"#{name} = if_not_exists(#{name}, :{name})" for name in assign_if_missing]
    clauses = {
        "SET": settings,
        "ADD": [f"#{name} :{name}" for name in add],
        "DELETE": [f"#{name} :{name}" for name in delete],
        "REMOVE": [f"#{name}" for name in remove],
    }
    values = {**assign, **assign_if_missing, **add, **delete}
    arguments: dict[str, Any] = {
        "UpdateExpression": " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts),
        "ExpressionAttributeNames": {f"#{name}": name for name in (*values, *remove)},
    }
    if values:
        # DynamoDB refuses an empty map.
        arguments["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    return arguments
