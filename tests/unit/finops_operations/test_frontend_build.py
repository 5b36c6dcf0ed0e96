"""A frontend is built with a stand-in for npm, and packed. The real npm builds in tests/local_cloud."""

import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from finops_operations.errors import OperationFailed
from finops_operations.frontend.build import build as run_build
from finops_operations.frontend.build import check_buildable, mentions, pack

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


def describe(frontend: Path, **package: Any) -> Path:
    (frontend / "package.json").write_text(json.dumps({"scripts": {"build": "x"}, **package}))
    return frontend


def run(frontend: Path) -> None:
    check_buildable(frontend)
    run_build(frontend)


def calls(frontend: Path) -> list[str]:
    path = frontend.parent / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_frontend_is_built_in_its_folder(frontend: Path) -> None:
    run(describe(frontend))

    assert calls(frontend) == [f"{frontend} run build"]


def test_missing_packages_are_installed_without_their_scripts(frontend: Path) -> None:
    (frontend / "package-lock.json").write_text("{}")
    described = describe(frontend, dependencies={"a": "1"})

    run(described)
    run(described)

    ci, *builds = calls(frontend)
    assert ci.startswith(f"{frontend} ci --ignore-scripts")
    assert builds == [f"{frontend} run build"] * 2


def test_packages_without_a_lock_are_left_to_the_operator(frontend: Path) -> None:
    with pytest.raises(OperationFailed, match=r"neither node_modules nor package-lock\.json\. Run there: npm install"):
        check_buildable(describe(frontend, devDependencies={"a": "1"}))


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
        check_buildable(frontend)
    assert calls(frontend) == []


def test_missing_npm_is_named(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(frontend))

    with pytest.raises(OperationFailed, match="npm is missing"):
        check_buildable(describe(frontend))


def test_text_is_found_in_any_file_of_the_build(tmp_path: Path) -> None:
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "main.js").write_bytes(b"\xff wss://a.example/prod")

    assert mentions(tmp_path, "wss://a.example/prod")
    assert not mentions(tmp_path, "wss://b.example/prod")


@pytest.fixture
def build(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    (folder / "static" / "js").mkdir(parents=True)
    (folder / "static" / "js" / "main.js").write_text("main")
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "security.txt").write_text("contact")
    (folder / "index.html").write_text("<!doctype html>")
    return folder


def test_contents_stand_at_the_root_in_order(build: Path, tmp_path: Path) -> None:
    assert pack(build, tmp_path / "a.zip") == 3

    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [".well-known/security.txt", "index.html", "static/js/main.js"]
        assert archive.read("static/js/main.js") == b"main"
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_same_files_make_the_same_bytes(build: Path, tmp_path: Path) -> None:
    pack(build, tmp_path / "a.zip")
    os.utime(build / "index.html", (0, 1_000_000_000))
    (build / "index.html").chmod(0o600)
    pack(build, tmp_path / "b.zip")

    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_build_without_index_is_refused(build: Path, tmp_path: Path) -> None:
    (build / "index.html").unlink()

    with pytest.raises(OperationFailed, match=r"There is no .*index\.html: Amplify serves the site from there"):
        pack(build, tmp_path / "a.zip")


def test_missing_build_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match="--build-dir"):
        pack(tmp_path / "none", tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["secret.txt", "folder", "nowhere"])
def test_symbolic_link_is_refused_by_name(build: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder").mkdir()
    (build / "static" / "link").symlink_to(tmp_path / name)

    with pytest.raises(OperationFailed, match=r"build/static/link is a symbolic link"):
        pack(build, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize("name", [".env", "static/.env", ".well-known/.env", ".git/config", ".well-known.txt"])
def test_hidden_file_or_folder_is_refused_by_name(build: Path, tmp_path: Path, name: str) -> None:
    (build / name).parent.mkdir(exist_ok=True)
    (build / name).write_text("secret")

    with pytest.raises(OperationFailed, match=re.escape(f"build/{name.removesuffix('/config')} is hidden")):
        pack(build, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_what_is_neither_file_nor_folder_is_refused_by_name(build: Path, tmp_path: Path) -> None:
    os.mkfifo(build / "pipe")

    with pytest.raises(OperationFailed, match=r"build/pipe is neither a file nor a folder"):
        pack(build, tmp_path / "a.zip")


def test_file_that_the_system_refuses_is_named(build: Path, tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"taken cannot be packed: Is a directory"):
        (tmp_path / "taken").mkdir()
        pack(build, tmp_path / "taken")


def test_name_that_is_no_text_is_refused(build: Path, tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(build) + b"/\xff.js", os.O_CREAT))

    with pytest.raises(OperationFailed, match="is no text"):
        pack(build, tmp_path / "a.zip")
