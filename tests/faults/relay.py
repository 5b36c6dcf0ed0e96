"""A TCP relay in front of the local cloud, whose connections can be cut as a network cuts them."""

import asyncio
from types import TracebackType
from typing import Self


class Relay:
    """Listens on `port` of loopback and passes everything on to the cloud's."""

    def __init__(self, cloud_port: int) -> None:
        self.port = 0
        self.connections = 0
        self._cloud_port = cloud_port
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        self.cut()
        await self._server.wait_closed()

    def cut(self) -> None:
        """Break all connections, without a closing handshake."""
        for writer in self._writers:
            writer.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        cloud_reader, cloud_writer = await asyncio.open_connection("127.0.0.1", self._cloud_port)
        both = {writer, cloud_writer}
        self._writers |= both
        try:
            await asyncio.gather(_pass_on(reader, cloud_writer), _pass_on(cloud_reader, writer))
        finally:
            self._writers -= both
            for each in both:
                each.transport.abort()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:  # cut
        pass
    finally:
        writer.close()
