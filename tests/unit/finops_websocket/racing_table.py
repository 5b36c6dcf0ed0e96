"""A table whose readers all read before any of them writes, so that they race for what they have read."""

import threading
from typing import Any


class RacingTable:
    """Holds the first `racers` reads back until all of them have been made.

    UpdateItem is atomic, as DynamoDB's is and moto's is not.
    """

    def __init__(self, table: Any, racers: int) -> None:
        self._table = table
        self._racers = threading.Barrier(racers)
        self._reads_left = racers
        self._reading, self._writing = threading.Lock(), threading.Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def get_item(self, **arguments: Any) -> Any:
        with self._reading:
            found = self._table.get_item(**arguments)
            is_racer = self._reads_left > 0
            self._reads_left -= is_racer
        if is_racer:
            self._racers.wait(10)
        return found

    def update_item(self, **arguments: Any) -> Any:
        with self._writing:
            return self._table.update_item(**arguments)
