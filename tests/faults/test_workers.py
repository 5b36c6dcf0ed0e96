"""Workers are told by their environment and by the connections that they have, and are killed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from faults.workers import Worker, Workers
from local_cloud.running_cloud import free_port

CONNECT_AND_WAIT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(1)"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def cloud_port() -> int:
    return free_port()


@pytest.fixture
def process(listener: socket.socket, cloud_port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is to the local cloud what a worker is, and has a connection to the listener."""
    environment = {**os.environ, "GATEWAY_PORT": str(cloud_port), "AWS_LAMBDA_FUNCTION_NAME": "somebody"}
    port = str(listener.getsockname()[1])
    with subprocess.Popen([sys.executable, "-c", CONNECT_AND_WAIT, port], env=environment) as process:
        yield process
        process.kill()


def test_worker_is_found_by_its_connection(
    process: subprocess.Popen[bytes], listener: socket.socket, cloud_port: int
) -> None:
    connection, (_, port) = listener.accept()
    with connection:
        worker = Worker(process.pid, "somebody")

        assert Workers(cloud_port).that_connected_from(port) == worker
        assert Workers(cloud_port).of_function("somebody") == [worker]
        assert Workers(cloud_port).of_function("another") == []
        assert Workers(free_port()).that_connected_from(port) is None


def test_worker_is_killed_at_once_and_again_without_an_error(
    process: subprocess.Popen[bytes], listener: socket.socket, cloud_port: int
) -> None:
    connection, _ = listener.accept()
    with connection:
        workers = Workers(cloud_port)
        (worker,) = workers.all()

        workers.kill(worker)

        assert process.wait(10) == -signal.SIGKILL
        assert workers.all() == []
        workers.kill(worker)


def test_connection_of_the_tests_own_is_no_workers(listener: socket.socket, cloud_port: int) -> None:
    with socket.create_connection(listener.getsockname()) as own:
        assert Workers(cloud_port).that_connected_from(own.getsockname()[1]) is None
