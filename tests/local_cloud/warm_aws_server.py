"""The AWS CLI loaded once, for the many commands that the scripts under test run."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class WarmAwsServer:
    """A process that `tools/warm_aws` forwards commands to. `environment` leads the scripts there."""

    def __init__(self) -> None:
        # Not below pytest's directory: a socket's path may have about 100 characters.
        self._directory = tempfile.TemporaryDirectory()
        address = Path(self._directory.name) / "socket"
        self.environment = {"WARM_AWS_SOCKET": str(address), "AWS_CLI": str(ROOT / "tools" / "warm_aws")}
        self._process = subprocess.Popen(
            [sys.executable, ROOT / "tools" / "warm_aws.py", "--serve", address], stdin=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while not address.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError("The AWS CLI did not start.")
            time.sleep(0.05)  # between two looks at another process, which cannot wake this one

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._directory.cleanup()
