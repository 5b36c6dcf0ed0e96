import os
import re
import zipfile
from pathlib import Path

import pytest

from finops_operations.errors import OperationFailed
from finops_operations.frontend_zip import pack, sha256_of


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

    assert sha256_of(tmp_path / "a.zip") == sha256_of(tmp_path / "b.zip")
    (build / "index.html").write_text("changed")
    pack(build, tmp_path / "c.zip")
    assert sha256_of(tmp_path / "a.zip") != sha256_of(tmp_path / "c.zip")


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
