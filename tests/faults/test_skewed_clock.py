"""A process whose PYTHONPATH names the folder has a wrong clock; its datetime is right."""

import os
import subprocess
import sys
from pathlib import Path

from faults.faulty_stack import SKEWED_CLOCK

DIFFERENCE = "import datetime, time; print(round(time.time() - datetime.datetime.now().timestamp()))"


def test_first_process_is_fast_and_the_others_are_slow(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "AWS_LAMBDA_FUNCTION_NAME": "somebody",
        "CLOCK_SKEW_DIRECTORY": str(tmp_path / "clocks"),
        "CLOCK_SKEW_SECONDS": "300",
        "PYTHONPATH": str(SKEWED_CLOCK),
    }

    def difference() -> int:
        shown = subprocess.run(
            [sys.executable, "-c", DIFFERENCE], env=environment, capture_output=True, text=True, check=True
        )
        return int(shown.stdout)

    assert [difference() for _ in range(3)] == [300, -300, -300]
