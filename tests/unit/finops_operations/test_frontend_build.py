"""A frontend is built with a stand-in for npm, and packed. The real npm builds in tests/local_cloud."""

from __future__ import annotations

import json
import os
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest

from finops_operations.errors import OperationFailed
from finops_operations.frontend.build import build, check_buildable, pack

NPM = """#!/bin/sh
echo "$PWD $*" >>"$CALLS"
env | grep AWS_ >>"$CALLS"
[ "$1" != ci ] || mkdir node_modules
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


def described(frontend: Path, **package: Any) -> Path:
    (frontend / "package.json").write_text(json.dumps({"scripts": {"build": "x"}, **package}))
    return frontend


def calls(frontend: Path) -> list[str]:
    path = frontend.parent / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_missing_packages_are_installed_once_without_their_scripts_and_no_build_gets_credentials(
    frontend: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.setenv(name, "x")
    (frontend / "package-lock.json").write_text("{}")
    check_buildable(described(frontend, dependencies={"a": "1"}))
    build(frontend)
    build(frontend)
    ci, *builds = calls(frontend)
    assert ci.startswith(f"{frontend} ci --ignore-scripts")
    assert builds == ["AWS_REGION=x", *[f"{frontend} run build", "AWS_REGION=x"] * 2]


@pytest.mark.parametrize(
    ("package", "why"),
    [
        (None, "There is no .*package.json. Name the frontend's folder with --frontend"),
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ("{}", "has no script named build"),
        ('{"scripts": {"build": ""}}', "has no script named build"),
        ('{"scripts": []}', "has no script named build"),
        (
            '{"scripts": {"build": "x"}, "devDependencies": {"a": "1"}}',
            r"neither node_modules nor package-lock\.json\. Run there: npm install",
        ),
    ],
)
def test_a_folder_that_cannot_be_built_is_refused(frontend: Path, package: str | None, why: str) -> None:
    if package is not None:
        (frontend / "package.json").write_text(package)
    with pytest.raises(OperationFailed, match=why):
        check_buildable(frontend)
    assert calls(frontend) == []


def test_a_missing_npm_is_named(frontend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(frontend))
    with pytest.raises(OperationFailed, match="npm is missing"):
        check_buildable(described(frontend))


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "build"
    (folder / "static" / "js").mkdir(parents=True)
    (folder / "static" / "js" / "main.js").write_bytes(b"\xff wss://a.example/prod")
    (folder / ".well-known").mkdir()
    (folder / ".well-known" / "security.txt").write_text("contact")
    (folder / "index.html").write_text("<!doctype html>")
    return folder


def test_contents_stand_at_the_root_in_order_and_the_same_files_make_the_same_bytes(
    built: Path, tmp_path: Path
) -> None:
    assert pack(built, tmp_path / "a.zip") == 3
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == [".well-known/security.txt", "index.html", "static/js/main.js"]
        assert archive.read("index.html") == b"<!doctype html>"
    os.utime(built / "index.html", (0, 1_000_000_000))
    (built / "index.html").chmod(0o600)
    pack(built, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_build_without_index_is_refused(built: Path, tmp_path: Path) -> None:
    (built / "index.html").unlink()
    for folder in (built, tmp_path / "none"):
        with pytest.raises(OperationFailed, match=r"There is no .*index\.html: Amplify serves the .* --build-dir"):
            pack(folder, tmp_path / "a.zip")


@pytest.mark.parametrize("name", ["secret.txt", "folder", "nowhere"])
def test_a_symbolic_link_is_refused_by_name(built: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder").mkdir()
    (built / "static" / "link").symlink_to(tmp_path / name)
    with pytest.raises(OperationFailed, match=r"build/static/link is a symbolic link"):
        pack(built, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize("name", [".env", "static/.env", ".well-known/.env", ".git/config", ".well-known.txt"])
def test_a_hidden_file_or_folder_is_refused_by_name(built: Path, tmp_path: Path, name: str) -> None:
    (built / name).parent.mkdir(exist_ok=True)
    (built / name).write_text("secret")
    with pytest.raises(OperationFailed, match=re.escape(f"build/{name.removesuffix('/config')} is hidden")):
        pack(built, tmp_path / "a.zip")
    assert not (tmp_path / "a.zip").exists()


def test_what_cannot_be_packed_is_refused_by_name(built: Path, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OperationFailed, match=r"taken cannot be packed: Is a directory"):
        pack(built, tmp_path / "taken")
    os.mkfifo(built / "pipe")
    with pytest.raises(OperationFailed, match=r"build/pipe is neither a file nor a folder"):
        pack(built, tmp_path / "a.zip")
    (built / "pipe").unlink()
    os.close(os.open(os.fsencode(built) + b"/\xff.js", os.O_CREAT))
    with pytest.raises(OperationFailed, match="is no text"):
        pack(built, tmp_path / "a.zip")
