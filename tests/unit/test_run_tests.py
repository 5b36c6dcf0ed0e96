"""run_tests.sh judges what its lanes say, and leaves nothing running; a stand-in for Python plays pytest."""

import os
import select
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# Ends as the file `status` in the first folder of tests says, if there is one.
PYTEST = """#!/usr/bin/env bash
[[ $* == *' pytest '* ]] || exit 0
echo "$*"
[[ ! -f $3/status ]] || exit "$(cat "$3/status")"
"""
# Is interrupted, and tidies up, as pytest does. What a shell starts in the background knows nothing of an interrupt.
WAITING_PYTEST = """#!/usr/bin/env bash
[[ $* == *' pytest '* ]] || exit 0
trap "echo tidied >>tidied; exit" INT
sleep 300 &
echo >&3
wait
"""
# Ends as the file `status` of what it is asked to run says, if there is one.
NPM = """#!/usr/bin/env bash
echo "npm $*"
[[ ! -f $2/$5/status ]] || exit "$(cat "$2/$5/status")"
"""
FAILED, NOTHING_SELECTED = "1", "5"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose tests all pass."""
    for folder in (".venv/bin", "ops", "tests/unit", "tests/faults"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("run_tests.sh", "ops/python_environment.sh", "tests/installations.sh", "tests/lanes.sh"):
        shutil.copy2(ROOT / name, tmp_path / name)
    for name in ("pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).touch()
        (tmp_path / ".venv" / f"installed-{name}").touch()
    for folder in ("bin", "finops-ui/check", "finops-ui/test"):
        (tmp_path / folder).mkdir(parents=True)
    set_program(tmp_path / "bin" / "npm", NPM)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    set_python(tmp_path, PYTEST)
    return tmp_path


def set_python(project: Path, program: str) -> None:
    set_program(project / ".venv" / "bin" / "python", program)


def set_program(path: Path, program: str) -> None:
    path.write_text(program, encoding="utf-8")
    path.chmod(0o755)


def run_tests(project: Path, *arguments: str, **status: str) -> tuple[int, str, str]:
    """Run parts of which some end with a status, and give the script's own, and what it says."""
    for part, each in status.items():
        (project / "tests" / part / "status").write_text(each, encoding="utf-8")
    ran = subprocess.run(
        [project / "run_tests.sh", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    return ran.returncode, ran.stdout, ran.stderr


def test_each_part_is_run_with_the_options_for_pytest(project: Path) -> None:
    status, said, _ = run_tests(project, "unit", "faults", "security", "--seed", "7", "--", "-k", "one or two")
    assert status == 0
    # The generated frames of security run in the lane of the faults, which has time left.
    for parts in ("tests/unit", "tests/security", "tests/faults tests/frames"):
        assert f"-m pytest {parts} --seed 7 -k one or two\n" in said


@pytest.mark.parametrize("part", ["unit", "faults"])
@pytest.mark.parametrize("options", [[], ["--", "-k", "some"]])
def test_one_lane_s_failure_is_a_failure(project: Path, part: str, options: list[str]) -> None:
    status, _, said = run_tests(project, "unit", "faults", *options, **{part: FAILED})
    assert status == 1
    assert said.endswith("Error: Something has failed; see above.\n")


def test_one_lane_may_have_nothing_of_what_an_option_selects_but_not_all_and_no_folder_is_empty(project: Path) -> None:
    assert run_tests(project, "unit", "faults", "--", "-k", "some", faults=NOTHING_SELECTED)[0] == 0
    status, _, said = run_tests(project, "faults", "--", "-k", "typo")
    assert (status, said.endswith("Error: No test was selected.\n")) == (1, True)
    assert run_tests(project, "unit", "faults")[0] == 1


def test_the_web_client_is_tested_with_the_other_modules_and_not_with_options_for_pytest(project: Path) -> None:
    assert "npm --prefix finops-ui run --silent test\n" in run_tests(project, "unit", "--seed", "7")[1]
    assert "npm" not in run_tests(project, "unit", "--", "-k", "some")[1] + run_tests(project, "faults")[1]
    (project / "finops-ui" / "test" / "status").write_text(FAILED, encoding="utf-8")
    assert run_tests(project, "unit")[0] == 1


def test_a_part_that_is_not_there_is_said(project: Path) -> None:
    status, _, said = run_tests(project, "units")
    assert status == 2
    assert "There is no part units. The parts are: lint" in said


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_nothing_outlives_an_ended_run_and_each_lane_may_tidy_up(
    project: Path, sent: signal.Signals, status: int
) -> None:
    set_python(project, WAITING_PYTEST)
    reading, writing = os.pipe()
    script = f'exec 3>&{writing} {writing}>&-; exec "$@"'
    process = subprocess.Popen(
        ["bash", "-c", script, "bash", project / "run_tests.sh", "unit", "faults"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    assert os.read(reading, 1) == os.read(reading, 1) == b"\n"
    # To the script alone, not to its group.
    process.send_signal(sent)
    assert process.wait(30) == status
    # The pipe ends with the last process that holds it: no lane is left, and no sleep.
    assert select.select([reading], [], [], 30)[0] == [reading]
    assert os.read(reading, 1) == b""
    os.close(reading)
    assert (project / "tidied").read_text(encoding="utf-8") == "tidied\ntidied\n"
