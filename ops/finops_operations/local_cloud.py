"""Become the local cloud: one process that answers for AWS on this machine, on loopback only.

    python -m finops_operations.local_cloud --port 4566 --state-dir .local/cloud

It runs in the foreground until it is told to stop (SIGTERM, SIGINT), with IAM enforced. What it writes goes below the
state directory, which can be deleted afterwards. It is MiniStack (https://github.com/ministackorg/ministack), an
emulator, and stands in for AWS because there is no account on a newcomer's machine.
"""

import argparse
import os
import sys
from pathlib import Path

# Of the caller's environment only this goes in: its AWS settings, proxies and PYTHONPATH are for other places, and the
# functions' processes inherit all that the cloud has.
_KEPT = ("PATH", "HOME", "LANG")


def cloud_environment(port: int, state_dir: Path, caller: dict[str, str]) -> dict[str, str]:
    """Give the environment in which the cloud serves on `port` and writes below `state_dir`."""
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
        "PYTHONDONTWRITEBYTECODE": "1",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "STATE_DIR": str(state_dir / "state"),
        "TMPDIR": str(state_dir / "tmp"),
    }


def main(arguments: list[str]) -> None:
    """Replace this process by the cloud's, so that its process id is the one that the caller knows."""
    parser = argparse.ArgumentParser(description="Serve the local cloud on loopback until stopped.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True)
    options = parser.parse_args(arguments)
    state_dir = options.state_dir.resolve()
    environment = cloud_environment(options.port, state_dir, dict(os.environ))
    Path(environment["TMPDIR"]).mkdir(parents=True, exist_ok=True)
    # A process group of its own: Ctrl-C in the terminal reaches the caller only, and one signal ends it with its
    # workers.
    if os.getpgrp() != os.getpid():
        os.setsid()
    os.chdir(state_dir)
    os.execve(sys.executable, [sys.executable, "-m", "ministack"], environment)  # noqa: S606 (nothing to quote)


if __name__ == "__main__":
    main(sys.argv[1:])
