"""Several items of a table at once, however many replies that takes."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

# Seconds before what was left out is asked for again, twice as long each time: DynamoDB leaves out what it has no
# capacity for, and asks for a back-off.
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
_FIRST_PAUSE = 0.05


def read_items(
    table: "Table", keys: Sequence[dict[str, Any]], sleep: Callable[[float], None] = time.sleep
) -> Iterator[dict[str, Any]]:
    """Give those of the items with these keys, at most 100, that are there; as they are now, and in any order.

    Raises botocore's ClientError when DynamoDB refuses. `sleep` is in seconds.
    """
    pause = _FIRST_PAUSE
    while keys:
        response = table.meta.client.batch_get_item(
            RequestItems={table.name: {"Keys": list(keys), "ConsistentRead": True}}
        )
        yield from response["Responses"].get(table.name, [])
        # At most 16 MB come at once too.
        unprocessed: dict[str, Any] = dict(response["UnprocessedKeys"])
        keys = unprocessed.get(table.name, {}).get("Keys", [])
        if keys:
            sleep(pause)
            pause *= 2
