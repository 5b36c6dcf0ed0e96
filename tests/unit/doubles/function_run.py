"""Starts a function as Lambda does, in a process of its own with the environment that the template gives it."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from function_environment import function_environment
from unit.doubles.embedded_metrics import is_metric
from unit.doubles.loopback_aws import LoopbackAws

_REPOSITORY = Path(__file__).resolve().parents[3]
_IMPORTED = [_REPOSITORY / "src", _REPOSITORY / "tests", _REPOSITORY / "tests" / "packaging"]


@dataclass(frozen=True)
class FunctionRun:
    """What a function did: what each event gave back or raised, what is stored and queued now, and its log.

    `raised` are the texts of what it raised: Lambda writes them into the log too.
    """

    outcomes: list[Any]
    raised: list[str]
    items: dict[str, list[dict[str, Any]]]
    queued: list[str]
    log: str

    def log_lines(self) -> list[dict[str, Any]]:
        """Read the log, each line of which is JSON, or fail; without the metrics in it."""
        return [json.loads(line) for line in self.log.splitlines() if not is_metric(line)]


def run_function(
    handler: str,
    loopback: LoopbackAws,
    events: list[dict[str, Any]],
    items: dict[str, list[dict[str, Any]]],
    **changes: str,
) -> FunctionRun:
    """Hand events to the function with this handler, one after another.

    `items` are what is stored before, by the environment variable that names the table; a table that is not there
    does not exist. `changes` are environment variables other than the template's.
    """
    environment = {
        **function_environment(handler),
        "MANAGEMENT_ENDPOINT": loopback.management_endpoint,
        "AWS_ENDPOINT_URL_LAMBDA": loopback.endpoint,
        "RESULTS_BUCKET": "results",
        # The most that a function ever logs.
        "POWERTOOLS_LOG_LEVEL": "DEBUG",
        "PYTHONPATH": ":".join(map(str, _IMPORTED)),
        **changes,
    }
    with tempfile.TemporaryDirectory() as directory:
        report = Path(directory) / "report.json"
        finished = subprocess.run(
            [sys.executable, "-m", "unit.doubles.function_process", handler, report],
            input=json.dumps({"events": events, "items": items}),
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return FunctionRun(**json.loads(report.read_text(encoding="utf-8")), log=finished.stdout + finished.stderr)
