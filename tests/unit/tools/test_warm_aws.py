"""The warm AWS CLI behaves as the CLI does."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COLD = Path(sys.executable).with_name("aws")
WARM = ROOT / "tools" / "warm_aws"
# It starts the project's own Python, which the tests run with unless somebody chose another.
pytestmark = pytest.mark.skipif(
    Path(sys.prefix).resolve() != (ROOT / ".venv").resolve(), reason="needs .venv, which ./run_tests.sh makes"
)


@pytest.fixture(scope="module")
def sock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("warm") / "socket"
    server = subprocess.Popen([sys.executable, ROOT / "tools" / "warm_aws.py", "--serve", path])
    deadline = time.monotonic() + 30
    while not path.exists():
        assert server.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)  # between two looks for what another process makes
    yield path
    server.kill()
    server.wait()


def aws(
    program: Path, sock: Path, *arguments: str, cwd: Path | None = None, **environment: str
) -> tuple[int, str, str]:
    done = subprocess.run(
        [program, *arguments],
        env={"PATH": os.environ["PATH"], "WARM_AWS_SOCKET": str(sock), **environment},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--version",), ("nothing-like-it",), ("s3", "cp", "absent", "s3://bucket/"), ("sts", "get-caller-identity")],
)
def test_command_prints_and_ends_as_it_does_cold(sock: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1"}
    environment |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    warm = aws(WARM, sock, *arguments, cwd=tmp_path, **environment)

    assert warm == aws(COLD, sock, *arguments, cwd=tmp_path, **environment)


def test_command_sees_its_callers_environment(sock: Path, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nregion = mars-north-1\n")

    assert aws(WARM, sock, "configure", "get", "region", AWS_CONFIG_FILE=str(config)) == (0, "mars-north-1\n", "")
    # And the next one does not see the one's before it.
    assert aws(WARM, sock, "configure", "get", "region", AWS_CONFIG_FILE=os.devnull)[0] != 0


def test_absent_server_is_said(tmp_path: Path) -> None:
    status, _, said = aws(WARM, tmp_path / "absent", "--version")

    assert status == 255
    assert "nobody serves" in said
