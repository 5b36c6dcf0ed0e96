"""The local cloud's program, which keeps each line that a function writes in a file of the function's own.

    python tests/local_cloud/serve_with_function_logs.py DIRECTORY

The emulator forgets the lines of functions that a WebSocket invokes, which on AWS are in CloudWatch Logs.
"""

import runpy
import sys
from pathlib import Path

from ministack.core import lambda_runtime


def main() -> None:
    directory = Path(sys.argv.pop())
    directory.mkdir(parents=True)

    class KeepingWorker(lambda_runtime.Worker):
        """Writes what it reads of its function's standard error to a file too."""

        def _read_stderr(self) -> None:
            with (directory / f"{self.func_name}.log").open("a", encoding="utf-8", buffering=1) as log:
                for line in self._proc.stderr:
                    log.write(line)
                    self._stderr_queue.put(line.rstrip("\n"))

    lambda_runtime.Worker = KeepingWorker
    runpy.run_module("ministack", run_name="__main__")


if __name__ == "__main__":
    main()
