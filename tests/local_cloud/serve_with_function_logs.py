"""The local cloud's program, which keeps each line that a function writes in a file of the function's own.

    python tests/local_cloud/serve_with_function_logs.py DIRECTORY

The emulator forgets the lines of functions that a WebSocket invokes, which on AWS are in CloudWatch Logs. And it
unpacks a package for each process of a function, which is a third of its work: here, each is unpacked once.
"""

import hashlib
import runpy
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace

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
    lambda_runtime.zipfile = SimpleNamespace(
        ZipFile=unpacked_once(Path(tempfile.mkdtemp())), BadZipFile=zipfile.BadZipFile
    )
    runpy.run_module("ministack", run_name="__main__")


def unpacked_once(directory: Path) -> type[zipfile.ZipFile]:
    """Give a ZipFile that unpacks the same content once below a directory, and then is linked to from elsewhere."""
    unpacking = threading.Lock()

    class UnpackedOnce(zipfile.ZipFile):
        def extractall(self, path: str) -> None:  # type: ignore[override]
            content = directory / hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
            with unpacking:
                if not content.exists():
                    super().extractall(content)
            Path(path).rmdir()
            Path(path).symlink_to(content)

    return UnpackedOnce


if __name__ == "__main__":
    main()
