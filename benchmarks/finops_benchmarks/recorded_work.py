"""What the functions do for one thing that a client does: each AWS call, what it writes, and what it says."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

ANSWER_CHARACTERS = 1500
"""How long each agent's answer is: some paragraphs and a table."""


@dataclass(frozen=True)
class Write:
    """One item's write: its size in bytes, the larger of before and after, and the write units of the table and of
    each index by its name. `changed` are the attributes that it changes, none of an item that was not there before;
    `added` are the bytes that are stored more than before.
    """

    item: str
    size: int
    units: int
    indexes: Mapping[str, int]
    changed: tuple[str, ...]
    added: int

    @property
    def all_units(self) -> int:
        """Give the units of the table and its indexes."""
        return self.units + sum(self.indexes.values())


@dataclass(frozen=True)
class Call:
    """A function's call to AWS, with the bytes of its request's and its response's body.

    `message` is the kind of message that a post has sent, `refused` whether the service has answered with an error.
    """

    function: str
    service: str
    operation: str
    sent: int
    received: int
    writes: tuple[Write, ...] = ()
    read_units: float = 0
    message: str | None = None
    refused: bool = False


@dataclass(frozen=True)
class Invocation:
    """A function's run: milliseconds of processor time that it took on the machine that measured, and bytes logged."""

    function: str
    processor_ms: float
    log_bytes: int


@dataclass(frozen=True)
class Work:
    """All that was done, in order. `frames` are the bytes of each that the client sent."""

    name: str
    calls: tuple[Call, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    frames: tuple[int, ...] = ()

    def calls_by_kind(self) -> Counter[str]:
        """Count the calls of each operation."""
        return Counter(f"{call.service}.{call.operation}" for call in self.calls)

    def messages(self) -> Counter[str]:
        """Count the messages to clients of each kind."""
        return Counter(call.message for call in self.calls if call.message is not None)

    def writes(self) -> list[Write]:
        """Give all writes of items."""
        return [write for call in self.calls for write in call.writes]

    @property
    def write_units(self) -> int:
        """Give DynamoDB's write units, those of indexes included."""
        return sum(write.all_units for write in self.writes())

    @property
    def read_units(self) -> float:
        """Give DynamoDB's read units."""
        return sum(call.read_units for call in self.calls)

    @property
    def message_sizes(self) -> list[int]:
        """Give the bytes of each message to a client."""
        return [call.sent for call in self.calls if call.message is not None]

    @property
    def message_bytes(self) -> int:
        """Give the bytes that went to clients."""
        return sum(self.message_sizes)

    @property
    def log_bytes(self) -> int:
        """Give the bytes that the functions have logged."""
        return sum(invocation.log_bytes for invocation in self.invocations)

    def and_then(self, other: "Work") -> "Work":
        """Give the same with what was done later."""
        return Work(
            self.name, self.calls + other.calls, self.invocations + other.invocations, self.frames + other.frames
        )
