"""Packages hold the bytecode of their modules where the target's Python is at hand, and work without."""

import importlib.util
import marshal
import os
import stat
import struct
import sys
import zipfile
from pathlib import Path, PurePosixPath
from types import CodeType

import pytest

from project_copy import WITH_SAMPLE_AGENTS, ProjectCopy

TAG = f".{sys.implementation.cache_tag}.pyc"


def bytecode_in(package: Path) -> dict[str, bytes]:
    """Give the bytecode in a package by its module's name in it."""
    with zipfile.ZipFile(package) as archive:
        paths = [PurePosixPath(name) for name in archive.namelist() if name.endswith(".pyc")]
        assert all(path.parent.name == "__pycache__" for path in paths)
        return {str(path.parents[1] / path.name.replace(TAG, ".py")): archive.read(str(path)) for path in paths}


@pytest.mark.parametrize("function", WITH_SAMPLE_AGENTS)
def test_each_module_has_bytecode_of_the_target_s_python_and_the_path_that_it_has_on_lambda(
    host_build: ProjectCopy, function: str
) -> None:
    package = host_build.package(function)
    bytecode = bytecode_in(package)
    with zipfile.ZipFile(package) as archive:
        assert set(bytecode) == {name for name in archive.namelist() if name.endswith(".py")}
    for module, content in bytecode.items():
        assert content[:4] == importlib.util.MAGIC_NUMBER
        # PEP 552: it has its source's hash, in place of a time, and is not held against it.
        assert struct.unpack("<I", content[4:8]) == (1,)
        code = marshal.loads(content[16:])  # noqa: S302 (what this session has built)
        assert isinstance(code, CodeType)
        assert code.co_filename == f"/var/task/{module}"


def test_a_target_whose_python_is_not_here_has_no_bytecode_and_the_build_says_so(built_before: ProjectCopy) -> None:
    version = next(each for each in ("3.12", "3.13") if each != f"{sys.version_info[0]}.{sys.version_info[1]}")
    built = built_before.build("--target", f"python{version}-x86_64", PATH=_path_without_python(built_before))
    assert built.returncode == 0, built.stderr
    assert f"There is no python{version} on this machine" in built.stderr
    assert bytecode_in(built_before.package("message_handler")) == {}


def test_a_target_whose_python_is_here_beside_the_building_one_has_its_bytecode(built_before: ProjectCopy) -> None:
    # Of another version, by its own account; what it compiles is this one's all the same.
    version = next(each for each in ("3.12", "3.13") if each != f"{sys.version_info[0]}.{sys.version_info[1]}")
    there = built_before.root / "bin" / f"python{version}"
    there.parent.mkdir()
    there.write_text(f"""#!/bin/sh
[ "$1" = -c ] && echo python{version} || exec {sys.executable} "$@"
""")
    there.chmod(there.stat().st_mode | stat.S_IXUSR)
    path = f"{there.parent}:{os.environ['PATH']}"
    built = built_before.build("--target", f"python{version}-x86_64", PATH=path)
    assert built.returncode == 0, built.stderr
    assert "message_handler/handler.py" in bytecode_in(built_before.package("message_handler"))


def test_bytecode_can_be_left_out(built_before: ProjectCopy) -> None:
    built = built_before.build("--target", "host", "--no-bytecode")
    assert built.returncode == 0, built.stderr
    assert bytecode_in(built_before.package("message_handler")) == {}


def _path_without_python(project: ProjectCopy) -> str:
    """Make a directory of the commands that are on the PATH, but for Pythons, and give it as a PATH."""
    commands = project.root / "commands"
    commands.mkdir()
    for directory in map(Path, os.environ["PATH"].split(":")):
        for command in directory.iterdir() if directory.is_dir() else ():
            if not command.name.startswith("python") and not (commands / command.name).is_symlink():
                (commands / command.name).symlink_to(command)
    return str(commands)
