"""The clients' recording server in a thread of its own, for tests that drive a browser and have no event loop."""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Self

from websockets.protocol import State

from unit.finops_client.recording_server import Answer, RecordingServer

SECONDS = 10


class RecordingServerThread:
    """Serves while it is entered; what it has received can be read at any time."""

    def __init__(self, **answers: Answer) -> None:
        self._answers = answers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(SECONDS)
        return self

    def __exit__(self, *raised: object) -> None:
        ended = self._server.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(ended, self._loop).result(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def received(self) -> list[dict[str, Any]]:
        return list(self._server.received)

    def actions(self) -> list[str]:
        return [message["action"] for message in self.received]

    def has_closed_sockets(self, count: int) -> bool:
        """Tell whether so many of the sockets that were open are closed."""
        return sum(socket.state is State.CLOSED for socket in self._server.sockets) == count

    async def _start(self) -> RecordingServer:
        return await RecordingServer(**self._answers).__aenter__()
