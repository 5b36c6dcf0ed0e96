"""run_tests.sh judges what its lanes say; a stand-in for Python plays pytest."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Ends as the file `status` in the first folder of tests says.
PYTEST = """#!/usr/bin/env bash
[[ $* == *' pytest '* ]] || exit 0
echo "$*"
exit "$(cat "$3/status")"
"""
PASSED, FAILED, NOTHING_SELECTED = "0", "1", "5"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose tests all pass."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    shutil.copy2(ROOT / "run_tests.sh", tmp_path)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(PYTEST, encoding="utf-8")
    python.chmod(0o755)
    for name in ("pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).touch()
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / ".venv" / f"installed-{name}").touch()
    for part in ("unit", "security", "frames", "faults"):
        (tmp_path / "tests" / part).mkdir(parents=True)
        set_status(tmp_path, part, PASSED)
    return tmp_path


def set_status(project: Path, part: str, status: str) -> None:
    (project / "tests" / part / "status").write_text(status, encoding="utf-8")


def run_tests(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [project / "run_tests.sh", *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_both_lanes_are_run_with_the_options_for_pytest(project: Path) -> None:
    ran = run_tests(project, "unit", "faults", "--seed", "7", "--", "-k", "one or two")
    assert ran.returncode == 0, ran.stderr
    for part in ("unit", "faults"):
        assert f"-m pytest tests/{part} --seed 7 -k one or two\n" in ran.stdout


def test_the_generated_frames_of_security_run_where_no_local_cloud_is_needed(project: Path) -> None:
    ran = run_tests(project, "security", "--", "-k", "some")
    assert ran.returncode == 0, ran.stderr
    assert "-m pytest tests/frames -k some\n" in ran.stdout
    assert "-m pytest tests/security -k some\n" in ran.stdout


@pytest.mark.parametrize("part", ["unit", "faults"])
@pytest.mark.parametrize("options", [[], ["--", "-k", "some"]])
def test_one_lane_s_failure_is_a_failure(project: Path, part: str, options: list[str]) -> None:
    set_status(project, part, FAILED)
    ran = run_tests(project, "unit", "faults", *options)
    assert ran.returncode == 1
    assert ran.stderr.endswith("Error: Something has failed; see above.\n")


def test_one_lane_may_have_nothing_of_what_an_option_selects(project: Path) -> None:
    set_status(project, "faults", NOTHING_SELECTED)
    assert run_tests(project, "unit", "faults", "--", "-k", "some").returncode == 0


@pytest.mark.parametrize("parts", [["unit"], ["faults"], ["unit", "faults"]])
def test_an_option_that_selects_nothing_at_all_is_a_failure(project: Path, parts: list[str]) -> None:
    for part in parts:
        set_status(project, part, NOTHING_SELECTED)
    ran = run_tests(project, *parts, "--", "-k", "typo")
    assert ran.returncode == 1
    assert ran.stderr.endswith("Error: No test was selected.\n")


def test_a_folder_without_tests_is_a_failure(project: Path) -> None:
    set_status(project, "faults", NOTHING_SELECTED)
    assert run_tests(project, "unit", "faults").returncode == 1
