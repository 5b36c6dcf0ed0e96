"""A local cloud for the tests: a process of its own, on a free port, that leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3

from finops_operations.local_run.cloud import cloud_environment

ROOT = Path(__file__).resolve().parents[2]
Answer = TypeVar("Answer")


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def until(condition: Callable[[], Answer], seconds: float = 30, every: float = 0.05) -> Answer:
    """Asks until the answer is true, and fails if it is not by the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := condition():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"Not true after {seconds} seconds: {condition}")
        time.sleep(every)  # between two looks at another process, which cannot wake this one


class LocalCloud:
    """The cloud's process. `environment` is for programs that talk to it, free of the caller's AWS settings.

    `log` is what the process writes, and below `function_logs` is each function's log, as FUNCTION.log.
    """

    def __init__(self, state_dir: Path) -> None:
        self.port = free_port()
        self.endpoint_url = f"http://localhost:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        # Each takes as long to make as some calls take.
        self._clients: dict[str, Any] = {}
        self.log = state_dir / "log"
        self.function_logs = state_dir / "functions"
        environment = cloud_environment(self.port, state_dir, dict(os.environ))
        Path(environment["TMPDIR"]).mkdir(parents=True)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                # Without the program's folder among the places where modules are found.
                [sys.executable, "-P", Path(__file__).with_name("serve_with_function_logs.py"), self.function_logs],
                cwd=state_dir,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # It leads a group of its own, in which its workers are.
                start_new_session=True,
            )
        until(self._answers, 60)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._clients[service]

    def quiet_alarms(self, project: str) -> None:
        """Set a new project's alarms to OK: when one is made, the emulator judges it by the errors of all functions.

        Whatever its dimensions are (`_evaluate_alarm` of ministack/services/cloudwatch.py).
        """
        alarms = self.client("cloudwatch")
        for alarm in alarms.describe_alarms(AlarmNamePrefix=f"{project}-")["MetricAlarms"]:
            alarms.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="new")

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            # It starts a worker again to tell it of each connection that is cut now, and waits for that one.
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"The local cloud ended: {self.log.read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
