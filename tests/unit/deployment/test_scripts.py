"""deploy.sh and ops/rollback.sh as programs: which Python they take, and how a signal ends them."""

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from local_cloud.deploy_script import ROOT, run_script

PATH = os.environ["PATH"]


def test_machine_without_the_project_s_packages(tmp_path: Path) -> None:
    # No virtual environment, and every Python on the PATH is without the packages.
    (tmp_path / "ops").mkdir()
    (tmp_path / "bin").mkdir()
    for script in ("deploy.sh", "ops/operations.sh"):
        shutil.copy(ROOT / script, tmp_path / script)
    for name in ("python3", "python3.11"):
        (tmp_path / "bin" / name).symlink_to("/bin/false")
    run = run_script(tmp_path / "deploy.sh", {"PATH": f"{tmp_path / 'bin'}:{PATH}"})
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("Error: This needs Python 3.11 or newer with the project's packages: python3 -m venv")


def test_help_needs_no_python() -> None:
    run = run_script(ROOT / "deploy.sh", {"PATH": PATH, "PYTHON": "none"}, "--help")
    assert run.returncode == 0
    assert run.stdout.startswith("Usage: ./deploy.sh [options]\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("script", "said"),
    [("deploy.sh", "Nothing was deployed."), ("ops/rollback.sh", "Nothing is being changed now.")],
)
def test_signal_of_a_terminal_is_an_interruption(script: str, said: str, number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        environment = {
            "PATH": PATH,
            "AWS_ENDPOINT_URL": f"http://localhost:{never_answers.getsockname()[1]}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }
        with subprocess.Popen(
            [ROOT / script, "--timeout-minutes", "1"],
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as run:
            assert run.stderr is not None
            never_answers.settimeout(60)
            asking, _ = never_answers.accept()
            os.killpg(run.pid, number)
            assert run.wait(30) == 130
            assert f"Interrupted. {said}" in run.stderr.read()
        asking.close()
