"""Runs the scripts as their users do, with packages that are small enough to upload in no time."""

from __future__ import annotations

import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "cloudformation" / "finops-websocket-api-fixed.yaml"


def make_packages(directory: Path) -> None:
    """Write packages whose handlers accept everything, the sample agents' included."""
    directory.mkdir(exist_ok=True)
    for function in ("connection_manager", "message_handler", "background_processor"):
        with zipfile.ZipFile(directory / f"websocket-{function.replace('_', '-')}.zip", "w") as package:
            package.writestr(f"{function}/__init__.py", "")
            package.writestr(f"{function}/handler.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
    with zipfile.ZipFile(directory / "sample-agents.zip", "w") as package:
        package.writestr("sample_agents/__init__.py", "")


def run_script(script: Path, environment: Mapping[str, str], *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [script, *options], env=dict(environment), capture_output=True, text=True, check=False, timeout=180
    )
