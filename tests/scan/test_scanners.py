"""The scanners that scanners/ pins, on a small project that has a flaw for each, and stand-ins that do nothing."""

import shutil
import subprocess
from pathlib import Path

import pytest

from plant_flaws import made_up_secrets

REPOSITORY = Path(__file__).resolve().parents[2]
SCAN = """
set -euo pipefail
ROOT=$1
source "$ROOT/scripts/messages.sh"
source "$ROOT/scripts/python_environment.sh"
source "$ROOT/scripts/scanners.sh"
scan
"""
TEMPLATE = """\
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: soon}
    DeletionPolicy: Delete
    UpdateReplacePolicy: Delete
"""
WAIVERS = """
[[waiver]]
scanner = "cfn-lint"
rule = "I4010"
files = "*"
reason = "The template is a test's."
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the scanners of this one, a template, and no code."""
    root = tmp_path / "project"
    for folder in ("scripts", "scanners", "tools"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__", "warm_aws"))
    for folder in ("cloudformation", "src", "client", ".local"):
        (root / folder).mkdir()
    for environment in (".venv", ".local/scanners"):
        (root / environment).symlink_to(REPOSITORY / environment)
    (root / ".gitignore").write_text("/.venv\n/.local\n/tools\n/scanners\n/scripts\n", encoding="utf-8")
    (root / "scanners" / "waivers.toml").write_text(WAIVERS, encoding="utf-8")
    (root / "cloudformation" / "stack.yaml").write_text(TEMPLATE, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", str(root)], check=True)
    return root


def scan(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", SCAN, "scan", str(project)], cwd="/", capture_output=True, text=True, check=False
    )


def test_each_scanner_finds_the_project_s_own_flaw(project: Path) -> None:
    (project / "src" / "a.py").write_text("import os\n\nos.system(input())\n", encoding="utf-8")
    (project / "notes.txt").write_text("\n".join(made_up_secrets()), encoding="utf-8")
    scanned = scan(project)
    assert scanned.returncode == 1, scanned.stderr
    for finding in (
        "cloudformation/stack.yaml Queue: cfn-lint E3012",
        "cloudformation/stack.yaml Queue: checkov CKV_AWS_27",
        "cloudformation/stack.yaml Queue: cfn-guard CT.SQS.PR.1",
        "src/a.py:3: bandit B605",
        "notes.txt:1: detect-secrets AWS Access Key",
        "notes.txt:2: detect-secrets JSON Web Token",
        "notes.txt:4: detect-secrets Private Key",
    ):
        assert finding in scanned.stdout
    assert "The template is a test's." in scanned.stdout
    # The secrets themselves are not said again.
    assert made_up_secrets()[0] not in scanned.stdout + scanned.stderr


def test_scanners_that_do_nothing_do_not_pass(project: Path) -> None:
    # As most are with no rules, or a path that is not there: no word, and status 0.
    scanners, venv = project / ".local" / "scanners", project / ".venv"
    scanners.unlink()
    venv.unlink()
    for programs in (scanners / "python" / "bin", venv / "bin"):
        programs.mkdir(parents=True)
    for program in (
        scanners / "python" / "bin" / "checkov",
        scanners / "python" / "bin" / "bandit",
        venv / "bin" / "cfn-lint",
    ):
        program.symlink_to("/bin/true")
    python = venv / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{REPOSITORY}/.venv/bin/python" "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    scanned = scan(project)
    assert scanned.returncode == 1
    # cfn-guard and detect-secrets are not even there.
    for scanner in ("cfn-lint", "checkov", "cfn-guard", "bandit", "detect-secrets"):
        assert f"\n{scanner}: The report is not in the scanner's form" in f"\n{scanned.stdout}"
    assert "No such file" in scanned.stdout


@pytest.mark.parametrize("outer", [False, True])
def test_a_copy_that_is_no_clone_is_not_searched_for_secrets_and_does_not_pass(project: Path, outer: bool) -> None:
    # Where git lists nothing, nothing is searched.
    shutil.rmtree(project / ".git")
    if outer:
        subprocess.run(["git", "init", "--quiet", str(project.parent)], check=True)
        (project.parent / ".gitignore").write_text("/project\n", encoding="utf-8")
    scanned = scan(project)
    assert scanned.returncode == 1
    said = "is a copy in" if outer else "not a git repository"
    assert said in scanned.stderr.splitlines()[-1]
    assert scanned.stderr.splitlines()[-1].startswith("Error: git can")


def test_a_clone_without_a_file_does_not_pass(project: Path) -> None:
    (project / ".gitignore").write_text("*\n", encoding="utf-8")
    scanned = scan(project)
    assert scanned.returncode == 1
    assert scanned.stderr.endswith("Error: git lists no file that may hold a secret.\n")
