"""With a stand-in for npm; the real one builds in tests/local_cloud/test_frontend_scripts.py."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from finops_operations.errors import OperationFailed
from finops_operations.frontend_build import FrontendBuild, mentions

NPM = """#!/bin/sh
echo "$PWD $*" >>"$CALLS"
env | grep AWS_ >>"$CALLS"
[ "$1" != ci ] || mkdir node_modules
exit ${NPM_STATUS:-0}
"""


@pytest.fixture
def frontend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "npm").write_text(NPM)
    (tmp_path / "bin" / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "finops-ui").mkdir()
    return tmp_path / "finops-ui"


def describe(frontend: Path, **package: Any) -> FrontendBuild:
    (frontend / "package.json").write_text(json.dumps({"scripts": {"build": "x"}, **package}))
    return FrontendBuild(frontend)


def run(build: FrontendBuild) -> None:
    build.check()
    build.run()


def calls(frontend: Path) -> list[str]:
    path = frontend.parent / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_frontend_is_built_in_its_folder(frontend: Path) -> None:
    run(describe(frontend))

    assert calls(frontend) == [f"{frontend} run build"]


def test_missing_packages_are_installed_without_their_scripts(frontend: Path) -> None:
    (frontend / "package-lock.json").write_text("{}")
    build = describe(frontend, dependencies={"a": "1"})

    run(build)
    run(build)

    ci, *builds = calls(frontend)
    assert ci.startswith(f"{frontend} ci --ignore-scripts")
    assert builds == [f"{frontend} run build"] * 2


def test_packages_without_a_lock_are_left_to_the_operator(frontend: Path) -> None:
    with pytest.raises(OperationFailed, match=r"neither node_modules nor package-lock\.json\. Run there: npm install"):
        describe(frontend, devDependencies={"a": "1"}).check()


def test_build_that_fails_ends_it(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_STATUS", "3")

    with pytest.raises(OperationFailed, match=r"npm run ended with status 3 .* Nothing was uploaded"):
        run(describe(frontend))


def test_build_gets_no_credentials(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.setenv(name, "x")

    run(describe(frontend))

    assert calls(frontend)[1:] == ["AWS_REGION=x"]


@pytest.mark.parametrize(
    ("package", "why"),
    [
        (None, "There is no .*package.json. Name the frontend's folder with --frontend"),
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ("{}", "has no script named build"),
        ('{"scripts": {"build": ""}}', "has no script named build"),
        ('{"scripts": []}', "has no script named build"),
    ],
)
def test_folder_that_cannot_be_built_is_refused(frontend: Path, package: str | None, why: str) -> None:
    if package is not None:
        (frontend / "package.json").write_text(package)

    with pytest.raises(OperationFailed, match=why):
        FrontendBuild(frontend).check()
    assert calls(frontend) == []


def test_missing_npm_is_named(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(frontend))

    with pytest.raises(OperationFailed, match="npm is missing"):
        describe(frontend).check()


def test_text_is_found_in_any_file_of_the_build(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "main.js").write_bytes(b"\xff wss://a.example/prod")

    assert mentions(tmp_path, "wss://a.example/prod")
    assert not mentions(tmp_path, "wss://b.example/prod")
