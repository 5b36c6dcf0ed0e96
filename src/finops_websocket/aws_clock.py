"""The time as AWS has it: what different machines write about one job is compared, and any one's clock may be wrong.

Each reply of DynamoDB has a Date header:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
"""

import time
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

# The header has whole seconds, and clocks are never quite the same: one as near as this is right.
_TOLERANCE_SECONDS = 3.0
# Under this name a call's context has the machine's time at which the call began.
_BEGIN = "aws_clock_begin"


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
        client.meta.events.register("before-call", self._note_begin)
        client.meta.events.register("after-call", self._read_reply)

    def _note_begin(self, context: dict[str, Any], **_event: Any) -> None:
        context[_BEGIN] = self._machine_clock()

    def _read_reply(self, parsed: Mapping[str, Any], context: Mapping[str, Any], **_event: Any) -> None:
        date = parsed.get("ResponseMetadata", {}).get("HTTPHeaders", {}).get("date")
        try:
            replied = parsedate_to_datetime(date or "").timestamp()
        except ValueError:
            # No header, or none that says a time.
            return
        # The reply was made at some moment of the call, which may have been long: a machine that is short of time reads
        # it late. A clock that was right at any of them is not wrong.
        end = self._machine_clock()
        least, most = replied - end, replied - context.get(_BEGIN, end)
        if least > _TOLERANCE_SECONDS:
            self._correction = least
        elif most < -_TOLERANCE_SECONDS:
            self._correction = most
        else:
            self._correction = 0.0
