"""A frontend is built with a stand-in for npm, and packed. The real npm builds in tests/local_cloud."""

import os
import re
import zipfile
from pathlib import Path

import pytest

from finops_operations.errors import OperationFailed
from finops_operations.frontend.build import build, check_buildable, pack
from finops_operations.frontend.packages import are_installed, install_packages

NPM = """#!/bin/sh
echo "$PWD $*" >>"$CALLS"
env | grep AWS_ >>"$CALLS"
[ "$1" != ci ] || { mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json; }
"""
LOCK = '{"packages": {"": {}, "node_modules/a": {"integrity": "%s"}, "node_modules/of-mac": {"optional": true}}}'


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
    (tmp_path / "finops-ui" / "package.json").write_text("{}")
    return tmp_path / "finops-ui"


def test_missing_packages_are_installed_once_without_their_scripts_and_no_build_gets_credentials(
    frontend: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"):
        monkeypatch.setenv(name, "x")
    (frontend / "package-lock.json").write_text(LOCK % "sha512-1")
    check_buildable(frontend)
    build(frontend)
    build(frontend)
    ci, *builds = (frontend.parent / "calls").read_text().splitlines()
    assert ci.startswith(f"{frontend} ci --ignore-scripts")
    assert builds == ["AWS_REGION=x", *[f"{frontend} run build", "AWS_REGION=x"] * 2]


def test_packages_are_installed_anew_when_others_are_locked_or_some_are_missing(frontend: Path) -> None:
    lock, installed = frontend / "package-lock.json", frontend / "node_modules" / ".package-lock.json"
    lock.write_text(LOCK % "sha512-1")
    install_packages(frontend)
    # What is only for other machines is not missing.
    installed.write_text('{"packages": {"node_modules/a": {"integrity": "sha512-1"}}}')
    assert are_installed(frontend)
    for wrong in (
        LOCK % "sha512-2",
        '{"packages": {"node_modules/of-mac": {}}}',
        '{"packages": {"node_modules/b": {}}}',
    ):
        installed.write_text(wrong)
        assert not are_installed(frontend)
        install_packages(frontend)
        assert are_installed(frontend)


def test_what_a_build_lacks_is_said(
    frontend: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    build(frontend)
    assert "neither node_modules nor package-lock.json. If the build misses packages" in capsys.readouterr().err
    (frontend.parent / "bin" / "npm").write_text("#!/bin/sh\nexit 3\n")
    with pytest.raises(OperationFailed, match=r"npm run ended with status 3 in .*; its output above says why"):
        build(frontend)
    (frontend / "package.json").unlink()
    with pytest.raises(OperationFailed, match=r"There is no .*package.json\. Name the .* with --frontend"):
        check_buildable(frontend)
    monkeypatch.setenv("PATH", str(frontend))
    with pytest.raises(OperationFailed, match="npm is missing"):
        check_buildable(frontend)


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


def test_what_is_no_build_or_cannot_be_packed_is_said(built: Path, tmp_path: Path) -> None:
    os.close(os.open(os.fsencode(built) + b"/\xff.js", os.O_CREAT))
    with pytest.raises(OperationFailed, match=r"build cannot be packed: .*surrogates not allowed"):
        pack(built, tmp_path / "a.zip")
    with pytest.raises(OperationFailed, match=r"build cannot be packed: .*Is a directory"):
        pack(built, tmp_path)
    with pytest.raises(OperationFailed, match=r"There is no .*index\.html: Amplify serves the .* --build-dir"):
        pack(tmp_path / "none", tmp_path / "a.zip")


@pytest.mark.parametrize("target", ["secret.txt", "folder", "nowhere"])
def test_a_symbolic_link_is_refused_by_name(built: Path, tmp_path: Path, target: str) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "folder").mkdir()
    (built / "static" / "link").symlink_to(tmp_path / target)
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
