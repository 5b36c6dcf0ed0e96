from datetime import UTC, datetime
from typing import Any

import pytest

from finops_operations.dead_letter_reader import DeadLetterReader, Reader
from finops_operations.errors import OperationFailed

QUEUE = "arn:aws:sqs:us-east-1:123456789012:project-processing-dlq"


class Mapping:
    """Lambda with one event source mapping, which takes some looks to change."""

    def __init__(self, state: str | None, looks: int = 0) -> None:
        self._state = state
        self._wanted = state
        self._looks = looks
        self.asked: list[Any] = []
        self.switched: list[tuple[str, bool]] = []

    def list_event_source_mappings(self, **asked: str) -> Any:
        self.asked.append(asked)
        if self._state is None:
            return {"EventSourceMappings": []}
        if self._state != self._wanted:
            self._looks -= 1
            self._state = self._wanted if self._looks < 0 else self._state
        since = datetime.fromtimestamp(1_000_000, UTC)
        return {"EventSourceMappings": [{"UUID": "uuid-1", "State": self._state, "LastModified": since}]}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> Any:  # noqa: N803 - boto3's names
        self.switched.append((UUID, Enabled))
        self._state, self._wanted = ("Enabling", "Enabled") if Enabled else ("Disabling", "Disabled")


class Sleeper:
    """Time that passes by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def reader_of(mapping: Any) -> DeadLetterReader:
    sleeper = Sleeper()
    return DeadLetterReader(mapping, "project-background-processor", QUEUE, sleeper.clock, sleeper.sleep)


def test_the_reader_is_the_processor_s_mapping_on_this_queue() -> None:
    mapping = Mapping("Enabled")
    assert reader_of(mapping).look() == Reader("uuid-1", "Enabled", 1_000_000)
    assert mapping.asked == [{"EventSourceArn": QUEUE, "FunctionName": "project-background-processor"}]


@pytest.mark.parametrize(
    ("state", "is_on"),
    [("Enabled", True), ("Enabling", True), ("Updating", True), ("Disabling", False), ("Disabled", False)],
)
def test_a_reader_is_on_or_off(state: str, is_on: bool) -> None:
    assert Reader("uuid-1", state, 0).is_on is is_on


@pytest.mark.parametrize("looks", [0, 5])
def test_a_pause_lasts_until_the_reader_is_off_and_a_resume_until_it_is_on(looks: int) -> None:
    mapping = Mapping("Enabled", looks)
    assert reader_of(mapping).pause().state == "Disabled"
    assert reader_of(mapping).resume().state == "Enabled"
    assert mapping.switched == [("uuid-1", False), ("uuid-1", True)]


def test_what_is_so_already_is_not_changed() -> None:
    off, on = Mapping("Disabled"), Mapping("Enabled")
    reader_of(off).pause()
    reader_of(on).resume()
    assert off.switched == on.switched == []


def test_a_change_that_does_not_come_is_told() -> None:
    with pytest.raises(OperationFailed, match="not Disabled after 180 seconds, it is Disabling"):
        reader_of(Mapping("Enabled", looks=1000)).pause()


def test_a_missing_reader_is_seen_and_only_its_switching_fails() -> None:
    gone: Any = Mapping(None)
    reader = DeadLetterReader(gone, "project-background-processor", QUEUE, way_back="make it anew")
    found = reader.look()
    assert (found.state, found.is_on, found.is_missing) == ("Missing", False, True)
    for switch in (reader.pause, reader.resume):
        with pytest.raises(OperationFailed, match="make it anew"):
            switch()
