"""The functions that answer frames, in a process of their own with the environment that the template gives them."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from function_environment import function_environment

_REPOSITORY = Path(__file__).resolve().parents[2]
_IMPORTED = [_REPOSITORY / "src", _REPOSITORY / "tests"]


@dataclass(frozen=True)
class Answer:
    """What a function gave back or raised, its messages as `(connection, text)`, and its log."""

    outcome: Any
    posted: list[tuple[str, str]]
    log: str


class FrameService:
    """Runs while it is entered. `changes` are environment variables other than the template's."""

    def __init__(self, **changes: str) -> None:
        # What the two have of the same name has the same value, but for their own names.
        self._environment = {
            **function_environment("connection_manager.handler.handler"),
            **function_environment("message_handler.handler.handler"),
            "PYTHONPATH": ":".join(map(str, _IMPORTED)),
            **changes,
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "frames.frame_service_process"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def start_afresh(self) -> None:
        """Forget all that is stored."""
        self._order("start_afresh")

    def serve(self, function: str, event: dict[str, Any]) -> Answer:
        """Hand an event to a function."""
        given = self._order("serve", function, event)
        return Answer(given["outcome"], [(connection, text) for connection, text in given["posted"]], given["log"])

    def put_item(self, table: str, item: dict[str, Any]) -> None:
        """Write an item, as DynamoDB's own API has it, into the table that the environment variable names."""
        self._order("put_item", table, item)

    def items(self, table: str) -> list[dict[str, Any]]:
        """Read all items of the table that the environment variable names."""
        found: list[dict[str, Any]] = self._order("items", table)
        return found

    def _order(self, method: str, *arguments: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([method, arguments]) + "\n")
        self._process.stdin.flush()
        reply = self._process.stdout.readline()
        assert reply, "The functions' process has ended; standard error says why."
        return json.loads(reply)
