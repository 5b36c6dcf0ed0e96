"""A build that cannot succeed says why in a sentence and leaves the packages of the build before."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from project_copy import PACKAGES, ProjectCopy, build_environment

# Nothing of the machine's own configuration may answer in place of the index that a test names.
NO_OTHER_INDEX: dict[str, str | None] = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_EXTRA_INDEX_URL": None,
    "PIP_FIND_LINKS": None,
    "PIP_NO_CACHE_DIR": "1",
}


def assert_refused(
    project: ProjectCopy, result: subprocess.CompletedProcess[str], sentence: str, status: int = 1
) -> None:
    assert result.returncode == status, result.stderr
    last_line = result.stderr.strip().splitlines()[-1]
    assert re.search(sentence, last_line), result.stderr
    assert last_line.endswith(".")
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert_earlier_build_is_left(project)


def assert_earlier_build_is_left(project: ProjectCopy) -> None:
    for function in PACKAGES:
        assert project.package(function).read_text(encoding="utf-8") == "earlier build"
    assert len(list((project.root / "build").iterdir())) == len(PACKAGES)


@pytest.fixture
def closed_port() -> int:
    """A loopback port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--target", "python3.10-arm64"], r"There is no target python3\.10-arm64.*--help"),
        (["--target", "python3.13"], r"There is no target python3\.13\."),
        (["--target", ""], "--target needs a value"),
        (["--target", "python3.11-arm64", "--with-sample-agents"], r"do not run on Lambda's python3\.11: choose"),
        (["--fast"], "There is no option --fast"),
    ],
)
def test_a_mistake_in_the_command_line(built_before: ProjectCopy, arguments: list[str], sentence: str) -> None:
    assert_refused(built_before, built_before.build(*arguments), sentence, status=2)


def test_no_network(built_before: ProjectCopy, closed_port: int) -> None:
    index = f"http://127.0.0.1:{closed_port}/simple"
    result = built_before.build("--target", "host", **{**NO_OTHER_INDEX, "PIP_INDEX_URL": index})
    assert_refused(built_before, result, "connection_manager for host.*index does not answer")


def test_no_wheel_for_the_target(built_before: ProjectCopy, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    only_links = {**NO_OTHER_INDEX, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path / "links")}
    result = built_before.build("--target", "python3.12-arm64", **only_links)
    assert_refused(built_before, result, "for python3.12-arm64.*no wheel for this target")


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("src/message_handler/requirements.txt", r"message_handler/requirements\.txt is missing"),
        ("src/finops_websocket", "The directory .*/src/finops_websocket is missing"),
        ("cloudformation", r"finops-websocket-api-fixed\.yaml: No such file"),
    ],
)
def test_a_source_that_is_missing(built_before: ProjectCopy, path: str, sentence: str) -> None:
    (built_before.root / path).rename(built_before.root / "elsewhere")
    assert_refused(built_before, built_before.build(), sentence)


@pytest.mark.parametrize(
    ("path", "right", "wrong", "sentence"),
    [
        ("src/connection_manager/requirements.txt", r"sha256:\w+", f"sha256:{'0' * 64}", "not what .* was locked to"),
        (
            "src/connection_manager/requirements.txt",
            r" \\\n.*",
            "",
            "dependencies of connection_manager .* cannot be",
        ),
        ("contract/messages.schema.json", r"(?s)^.*$", "{}", "contract cannot be compiled: 'definitions'"),
        (
            "cloudformation/finops-websocket-api-fixed.yaml",
            r"    Default: python3\.13\n",
            "",
            "Parameter LambdaRuntime with a plain default is not found",
        ),
    ],
)
def test_a_source_that_is_wrong(built_before: ProjectCopy, path: str, right: str, wrong: str, sentence: str) -> None:
    source = built_before.root / path
    source.write_text(re.sub(right, wrong, source.read_text(encoding="utf-8")), encoding="utf-8")
    assert_refused(built_before, built_before.build(), sentence)


def test_a_python_that_cannot_build(built_before: ProjectCopy, tmp_path: Path) -> None:
    for python in ("false", "/no/such/python"):
        result = built_before.build(PYTHON=python)
        assert_refused(built_before, result, f"PYTHON={python} is not Python 3.11 or newer with pip")
    # It cannot report what it installs.
    (tmp_path / "pip-22.1.2.dist-info").mkdir()
    (tmp_path / "pip-22.1.2.dist-info" / "METADATA").write_text("Name: pip\nVersion: 22.1.2\n", encoding="utf-8")
    result = built_before.build(PYTHON=sys.executable, PYTHONPATH=str(tmp_path))
    assert_refused(built_before, result, r"with pip 22\.2 or newer")


def test_no_python_at_all(built_before: ProjectCopy, tmp_path: Path) -> None:
    for tool in ("bash", "dirname"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    result = built_before.build(PYTHON=None, PATH=str(tmp_path))
    assert_refused(built_before, result, r"Python 3\.11 or newer with pip 22\.2 or newer is needed")


def test_a_build_directory_that_cannot_be_made(sources: ProjectCopy, tmp_path: Path) -> None:
    project = ProjectCopy.make(tmp_path / "project", sources.root)
    (project.root / "build").write_text("a file", encoding="utf-8")
    result = project.build("--target", "host")
    assert result.returncode == 1
    assert re.search(r"The directory .*/build cannot be made\.$", result.stderr.strip())
    assert (project.root / "build").read_text(encoding="utf-8") == "a file"


@pytest.mark.parametrize(("interrupt", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_cleans_up(built_before: ProjectCopy, interrupt: signal.Signals, status: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent_index:
        index = f"http://127.0.0.1:{silent_index.getsockname()[1]}/simple"
        build = subprocess.Popen(
            built_before.command("--target", "host"),
            env=build_environment(**{**NO_OTHER_INDEX, "PIP_INDEX_URL": index}),
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # pip has connected and waits for an answer: the build is in its middle.
        connection, _ = silent_index.accept()
        with connection:
            os.killpg(build.pid, interrupt)
            assert build.wait(timeout=30) == status
    assert_earlier_build_is_left(built_before)


def test_help_needs_nothing(built_before: ProjectCopy) -> None:
    result = built_before.build("--help", PYTHON="false")
    assert result.returncode == 0
    for word in ("--target", "--with-sample-agents", "PYTHON", *PACKAGES.values()):
        assert word in result.stdout
