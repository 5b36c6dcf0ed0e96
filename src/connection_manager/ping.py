"""ping: keeps a connection open that API Gateway would close after 10 idle minutes."""

import time
from collections.abc import Callable

from finops_websocket.client_channel import ClientChannel
from finops_websocket.client_messages import Ping
from finops_websocket.server_messages import Pong


class AnswerPing:
    """Answers with the server's time."""

    def __init__(self, channel: ClientChannel, clock: Callable[[], float] = time.time) -> None:
        """Keep the channel; `clock` tells the time in epoch seconds."""
        self._channel = channel
        self._clock = clock

    def __call__(self, connection_id: str, _message: Ping) -> None:
        """Serve ping."""
        self._channel.send(connection_id, Pong(timestamp=int(self._clock())))
