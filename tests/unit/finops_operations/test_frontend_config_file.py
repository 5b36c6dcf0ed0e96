import stat
from pathlib import Path

import pytest

from finops_operations.errors import OperationFailed
from finops_operations.frontend_config_file import config_text, parse_config, read_text, replace


def test_text_is_the_module_that_frontends_import() -> None:
    assert (
        config_text({"region": "us-east-1"})
        == "const config = {\n    region: 'us-east-1',\n};\nexport default config;\n"
    )


def test_missing_file_has_no_text(tmp_path: Path) -> None:
    assert read_text(tmp_path / "config.js") is None


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "config.js").write_bytes(b"const \xff")

    with pytest.raises(OperationFailed, match=r"config\.js is not UTF-8 \(byte 7\)"):
        read_text(tmp_path / "config.js")


def test_folder_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "config.js"
    folder.mkdir()

    with pytest.raises(OperationFailed, match="cannot be read"):
        read_text(folder)
    with pytest.raises(OperationFailed, match="cannot be written"):
        replace(folder, "x")
    assert list(tmp_path.iterdir()) == [folder]


def test_fault_names_file_line_and_column(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"config\.js, line 1, column 1: here must stand const"):
        parse_config(tmp_path / "config.js", "let x")


def test_replaced_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "config.js"
    path.write_text("old")
    path.chmod(0o640)

    replace(path, "new ü")

    assert path.read_text() == "new ü"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_new_file_can_be_read_by_everybody(tmp_path: Path) -> None:
    replace(tmp_path / "config.js", "new")

    assert stat.S_IMODE((tmp_path / "config.js").stat().st_mode) == 0o644


def test_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "config.js").write_text("old")
    (tmp_path / "config.js").symlink_to("real/config.js")

    replace(tmp_path / "config.js", "new")

    assert (tmp_path / "config.js").is_symlink()
    assert (tmp_path / "real" / "config.js").read_text() == "new"


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"There is no folder .*src\. Name the frontend's with --frontend"):
        replace(tmp_path / "src" / "config.js", "new")


def test_write_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "config.js"
    path.write_text("old")

    with pytest.raises(UnicodeEncodeError):
        replace(path, "\ud800")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
