"""The time as AWS has it: what different machines write about one job is compared, and any one's clock may be wrong.

Each reply of DynamoDB has a Date header:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

# The header has whole seconds and the reply was under way for a while: a clock as near as this is right.
_TOLERANCE_SECONDS = 3.0


class AwsClock:
    """Tells the time in epoch seconds: the machine's own, put right by the last reply if it is plainly wrong."""

    def __init__(self, machine_clock: Callable[[], float] = time.time) -> None:
        """Go by the machine's clock until a reply is seen."""
        self._machine_clock = machine_clock
        self._correction = 0.0

    def __call__(self) -> float:
        """Tell the time in epoch seconds."""
        return self._machine_clock() + self._correction

    def read_replies_of(self, client: Any) -> None:
        """Compare with the Date header of each reply that a boto3 client gets from now on."""
        client.meta.events.register("after-call", self._read_reply)

    def _read_reply(self, parsed: Mapping[str, Any], **_event: Any) -> None:
        date = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            difference = parsedate_to_datetime(date or "").timestamp() - self._machine_clock()
        except ValueError:
            # No header, or none that says a time.
            return
        self._correction = difference if abs(difference) > _TOLERANCE_SECONDS else 0.0
