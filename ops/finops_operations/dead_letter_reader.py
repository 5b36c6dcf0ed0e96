"""The reader of the dead-letter queue: the event source mapping that takes its messages to the background processor.

While it is on, it hides each message that it cannot use for the queue's visibility timeout, again and again. Paused, it
lets an operator see them; a job that dies meanwhile is not ended before it reads again, or the sweep comes by.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops_operations.errors import OperationFailed

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient
    from types_boto3_lambda.type_defs import EventSourceMappingConfigurationTypeDef

ON, OFF = "Enabled", "Disabled"
# Not one of Lambda's states: there is no mapping.
MISSING = "Missing"

# Seconds: Lambda takes up to a minute or so for a change of a mapping.
_LONGEST_CHANGE = 180
_BETWEEN_LOOKS = 2


@dataclass(frozen=True)
class Reader:
    """The mapping: its state in Lambda's word, and since when it has been changing or so, in epoch seconds.

    The states: https://docs.aws.amazon.com/lambda/latest/api/API_EventSourceMappingConfiguration.html
    """

    uuid: str
    state: str
    since: int
    way_back: str = ""
    """The commands that bring it back if it is missing."""

    @property
    def is_on(self) -> bool:
        """Tell whether it reads, or is about to."""
        return self.state not in {OFF, "Disabling", MISSING}

    @property
    def is_missing(self) -> bool:
        """Tell whether there is none; then it has no id, and `since` is 0."""
        return self.state == MISSING


class DeadLetterReader:
    """Looks at the reader, pauses and resumes it. Its calls raise botocore's ClientError when Lambda refuses."""

    def __init__(
        self,
        client: LambdaClient,
        function: str,
        queue_arn: str,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        way_back: str = "",
    ) -> None:
        """Keep the client, the processor's name, the queue's ARN, and the commands that bring a missing reader back.

        `clock` and `sleep` are in seconds.
        """
        self._way_back = way_back
        self._client = client
        self._function = function
        self._queue_arn = queue_arn
        self._clock = clock
        self._sleep = sleep

    def look(self) -> Reader:
        """The reader as it now is."""
        listed = self._client.list_event_source_mappings(EventSourceArn=self._queue_arn, FunctionName=self._function)
        if not listed["EventSourceMappings"]:
            return Reader("", MISSING, 0, self._way_back)
        return _reader(listed["EventSourceMappings"][0])

    def pause(self) -> Reader:
        """Switch it off, if it is on, and wait until it is; raises what `resume` raises."""
        return self._switch(enabled=False)

    def resume(self) -> Reader:
        """Switch it on, if it is off, and wait until it is.

        Raises:
            OperationFailed: there is no reader, or it takes too long.
        """
        return self._switch(enabled=True)

    def _switch(self, *, enabled: bool) -> Reader:
        wanted = ON if enabled else OFF
        reader = self.look()
        if reader.is_missing:
            raise OperationFailed(
                f"Nothing reads {self._queue_arn}. Bring its event source mapping back:\n{reader.way_back}"
            )
        if reader.is_on != enabled:
            self._client.update_event_source_mapping(UUID=reader.uuid, Enabled=enabled)
            reader = self.look()
        deadline = self._clock() + _LONGEST_CHANGE
        while reader.state != wanted:
            if self._clock() >= deadline:
                raise OperationFailed(
                    f"The reader is not {wanted} after {_LONGEST_CHANGE} seconds, it is {reader.state}. Run this again."
                )
            self._sleep(_BETWEEN_LOOKS)
            reader = self.look()
        return reader


def _reader(mapping: EventSourceMappingConfigurationTypeDef) -> Reader:
    return Reader(mapping["UUID"], mapping["State"], int(mapping["LastModified"].timestamp()))
