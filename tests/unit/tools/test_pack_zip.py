import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from pack_zip import main, pack_zip, summary


def make_tree(root: Path, names: list[str]) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"content of {name}", encoding="utf-8")
    return root


def test_the_zip_holds_names_and_contents_and_nothing_of_the_machine(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", ["a/b.py", "a/ü.py", "a/__pycache__/b.pyc"])
    pack_zip(tree, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as package:
        assert package.namelist() == ["a/b.py", "a/ü.py"]
        assert package.read("a/ü.py").decode() == "content of a/ü.py"
        for entry in package.infolist():
            assert entry.date_time == (1980, 1, 1, 0, 0, 0)
            assert entry.external_attr == 0o100644 << 16
            assert entry.create_system == 3
            assert entry.extra == b""
            assert entry.compress_type == zipfile.ZIP_DEFLATED


def test_order_of_making_times_and_modes_make_no_difference(tmp_path: Path) -> None:
    names = [f"package/{letter}.py" for letter in "abcdef"]
    first = make_tree(tmp_path / "first", names)
    second = make_tree(tmp_path / "second", names[::-1])
    for path in second.rglob("*.py"):
        path.chmod(0o755)
        os.utime(path, (1, 1))
    pack_zip(first, tmp_path / "first.zip")
    pack_zip(second, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_a_byte_more_makes_another_zip(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", ["a.py"])
    pack_zip(tree, tmp_path / "first.zip")
    (tree / "a.py").write_text("content of a.py ", encoding="utf-8")
    pack_zip(tree, tmp_path / "second.zip")
    assert (tmp_path / "first.zip").read_bytes() != (tmp_path / "second.zip").read_bytes()


def test_the_summary_gives_name_size_and_hash_in_columns(tmp_path: Path) -> None:
    lines = []
    for name, size in (("websocket-background-processor.zip", 12_345_678), ("b.zip", 1)):
        (tmp_path / name).write_bytes(b"x" * size)
        lines.append(summary(tmp_path / name))
    assert lines[1].split() == ["b.zip", "1", "bytes", "sha256", hashlib.sha256(b"x").hexdigest()]
    assert "12,345,678 bytes" in lines[0]
    assert lines[0].index("sha256") == lines[1].index("sha256")


def test_main_packs_and_prints_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = make_tree(tmp_path / "tree", ["a.py"])
    assert main([str(tree), str(tmp_path / "out.zip")]) == 0
    assert capsys.readouterr().out == summary(tmp_path / "out.zip") + "\n"


def test_a_zip_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = make_tree(tmp_path / "tree", ["a.py"])
    assert main([str(tree), str(tmp_path / "absent" / "out.zip")]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("pack_zip.py: ")
    assert "No such file or directory." in said.err
    assert said.out == ""
