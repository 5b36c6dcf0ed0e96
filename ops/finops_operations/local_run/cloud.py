"""The local cloud: its places, its environment and its callers', and its process: start, find, end.

It answers for AWS on this machine, on loopback only. It is MiniStack (https://github.com/ministackorg/ministack), an
emulator, and stands in for AWS because there is no account on a newcomer's machine. What it writes goes with it.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from finops_operations.operator_messages import heading

ROOT = Path(__file__).resolve().parents[3]
LOCAL = ROOT / ".local"
CLOUD = LOCAL / "cloud"
STACK_ENV = LOCAL / "stack.env"
_LOG = LOCAL / "cloud.log"
PAGE_SERVER = "finops_operations.frontend.serving"

# Of the caller's environment only this goes in: its AWS settings, proxies and PYTHONPATH are for other places, and the
# functions' processes inherit all that the cloud has.
_KEPT = ("PATH", "HOME", "LANG")
# What deploy.sh and ask take from the environment.
_OF_OTHER_STACKS = (
    "LAMBDA_S3_BUCKET", "PROJECT_NAME", "STACK_NAME", "AUTH_MODE", "GIVEN_USER_POOL_ID", "GIVEN_USER_POOL_CLIENT_ID",
    "TEMPLATE", "COST_FORECAST_FUNCTION", "TRUSTED_ADVISOR_FUNCTION", "PACKAGES_DIR", "TIMEOUT_MINUTES", "PYTHON",
    "WEBSOCKET_URL", "USER_POOL_CLIENT_ID", "TEST_USERNAME", "TEST_PASSWORD", "FINOPS_TOKEN",
)  # fmt: skip


class LocalRunFailed(Exception):
    """The local run cannot go on. The text is for the person who started it."""


def cloud_environment(port: int, state_dir: Path, caller: Mapping[str, str]) -> dict[str, str]:
    """Give the environment in which the cloud serves on a port, with IAM enforced, and writes below a directory."""
    return {
        **{name: caller[name] for name in _KEPT if name in caller},
        "AUTH": "true",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret (it takes any)
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        # Listeners of its own that would bind all interfaces.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "STATE_DIR": str(state_dir / "state"),
        "TMPDIR": str(state_dir / "tmp"),
    }


def use_local_credentials() -> None:
    """Take the caller's AWS settings and stacks out of the environment, and put those of the local cloud in."""
    for name in [name for name in os.environ if name.startswith("AWS_") or name in _OF_OTHER_STACKS]:
        del os.environ[name]
    # No proxy leads to this machine.
    excluded = ",".join(["localhost,127.0.0.1", *filter(None, [os.environ.get("no_proxy")])])
    os.environ.update(
        {
            "no_proxy": excluded,
            "NO_PROXY": excluded,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # pragma: allowlist secret (the local cloud takes any)
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    )


def start(port: int) -> subprocess.Popen[bytes]:
    """Start the cloud and wait until it answers."""
    # What a run left that was killed before it could clear up.
    end()
    if _answers(port):
        raise LocalRunFailed(
            f"Port {port} is in use. End what uses it, or choose another: ./run_local.sh --port {port + 1}"
        )
    heading(f"Starting the local cloud on port {port}")
    process = launch(port, CLOUD, _LOG)
    (CLOUD / "pid").write_text(f"{process.pid}\n", encoding="ascii")
    wait_for(process, port, _LOG)
    return process


def launch(port: int, directory: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start a cloud that writes below a directory, in a process group of its own."""
    (directory / "tmp").mkdir(parents=True)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            cwd=directory,
            env=cloud_environment(port, directory, os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # It leads a group of its own: Ctrl-C in the terminal reaches the caller only, and one signal ends it with
            # its workers.
            start_new_session=True,
        )


def wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until a cloud that was launched answers; show the end of its log if it does not."""
    # Seconds. It takes about two, and more on a busy machine.
    deadline = time.monotonic() + 60
    while not _answers(port):
        if process.poll() is not None or time.monotonic() > deadline:
            sys.stderr.write(last_lines(log, 5))
            raise LocalRunFailed(f"The local cloud did not start, or not within a minute. Its log is {log}.")
        time.sleep(0.1)  # between two looks at another process, which cannot wake this one


def running_pid() -> int | None:
    """Give the id of the cloud's process, if the one that a run noted is alive and still the cloud."""
    return _noted(CLOUD / "pid", "ministack")


def page_pid() -> int | None:
    """Give the id of the page's server in the same way."""
    return _noted(CLOUD / "page_pid", PAGE_SERVER)


def _noted(note: Path, program: str) -> int | None:
    try:
        pid = int(note.read_text(encoding="ascii"))
        os.kill(pid, 0)
    except (OSError, ValueError):
        return None
    # Process ids are used again. ps, which not every machine has beside /proc, must not cut to the terminal's width.
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        command = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
        arguments = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 (a list)
    return pid if program in arguments else None


def end() -> bool:
    """End what runs, with its workers and the page, forget what they wrote, and tell whether the cloud ran."""
    pid = running_pid()
    for each in filter(None, (pid, page_pid())):
        # At once: there is nothing that it should save.
        with suppress(ProcessLookupError):
            os.killpg(each, signal.SIGKILL)
    _forget()
    return pid is not None


def _forget() -> None:
    shutil.rmtree(CLOUD, ignore_errors=True)
    STACK_ENV.unlink(missing_ok=True)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def last_lines(log: Path, count: int) -> str:
    """Give the end of a log, each line with its line end."""
    return "".join(log.read_text(encoding="utf-8", errors="replace").splitlines(keepends=True)[-count:])
