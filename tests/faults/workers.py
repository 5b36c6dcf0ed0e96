"""The processes in which the local cloud runs the functions: found, told apart, and killed. Linux only.

The local cloud keeps a pool of worker processes for each function and gives each one invocation at a time. A worker
that dies in an invocation makes it fail, as a crash on AWS does; the next invocation gets a new one.
"""

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROCESSES = Path("/proc")


@dataclass(frozen=True)
class Worker:
    """A process, and the function that it runs."""

    pid: int
    function: str


class Workers:
    """The workers of the local cloud that listens on `cloud_port`."""

    def __init__(self, cloud_port: int) -> None:
        self._cloud = f"GATEWAY_PORT={cloud_port}".encode()

    def all(self) -> list[Worker]:
        """The workers that are there now."""
        found = (self._worker(int(entry.name)) for entry in _PROCESSES.iterdir() if entry.name.isdigit())
        return [worker for worker in found if worker is not None]

    def that_connected_from(self, port: int) -> Worker | None:
        """The worker that has the connection whose end on its side is this port of 127.0.0.1."""
        socket = _socket_at(port)
        if socket is None:
            return None
        return next((worker for worker in self.all() if socket in _sockets_of(worker.pid)), None)

    def kill(self, worker: Worker) -> None:
        """End a worker as a machine's failure does: it can do nothing about it. It may have ended already."""
        with suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)

    def _worker(self, pid: int) -> Worker | None:
        try:
            environment = (_PROCESSES / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is another user's
            return None
        if self._cloud not in environment:
            return None
        names = (entry.partition(b"=")[2] for entry in environment if entry.startswith(b"AWS_LAMBDA_FUNCTION_NAME="))
        name = next(names, None)
        return None if name is None else Worker(pid, name.decode())


def _socket_at(port: int) -> str | None:
    # https://docs.kernel.org/networking/proc_net_tcp.html : address and port in hexadecimal; the tenth field is the
    # socket's inode.
    local_end = f"0100007F:{port:04X}"
    for line in (_PROCESSES / "net" / "tcp").read_text().splitlines()[1:]:
        fields = line.split()
        # A connection that has ended lingers without a socket, and its port may have a new one already.
        if fields[1] == local_end and fields[9] != "0":
            return f"socket:[{fields[9]}]"
    return None


def _sockets_of(pid: int) -> set[str]:
    sockets = set()
    with suppress(OSError):  # it has ended
        for descriptor in (_PROCESSES / str(pid) / "fd").iterdir():
            with suppress(OSError):  # it has closed this one meanwhile
                sockets.add(str(descriptor.readlink()))
    return sockets
