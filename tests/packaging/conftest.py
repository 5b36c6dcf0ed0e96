"""Builds that the packaging tests look at: each is made once, in a copy of the project."""

import os
import re
import shutil
from pathlib import Path

import pytest

from project_copy import COMPILED, PACKAGES, ProjectCopy


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """The project's sources as the session found them."""
    return ProjectCopy.make(tmp_path_factory.mktemp("sources") / "project")


@pytest.fixture(scope="session")
def host_build(tmp_path_factory: pytest.TempPathFactory, sources: ProjectCopy, packages: Path) -> ProjectCopy:
    """A copy of the project with the session's packages for this machine, the sample agents' among them."""
    project = ProjectCopy.make(tmp_path_factory.mktemp("host") / "project", sources.root)
    shutil.copytree(packages, project.root / "build")
    return project


@pytest.fixture(scope="session")
def second_build(tmp_path_factory: pytest.TempPathFactory, sources: ProjectCopy) -> ProjectCopy:
    """A build of the same sources in another directory, with another umask, time zone, locale and hash seed.

    The module that is made of the contract is stale, as it may be; what the build printed is in the file stdout.
    """
    project = ProjectCopy.make(tmp_path_factory.mktemp("second") / "another place", sources.root)
    for name in COMPILED:
        stale = project.root / "src" / "finops_websocket" / "wire" / name
        stale.write_text("stale = True\n", encoding="utf-8")
    # What an editor and a run leave behind.
    (project.root / "src" / "message_handler" / ".handler.py.swp").write_text("hidden", encoding="utf-8")
    (project.root / "src" / "message_handler" / "handler.pyc").write_text("bytecode", encoding="utf-8")
    for path in (project.root / "src").rglob("*.py"):
        path.chmod(0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    other = {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    built = project.build("--target", "host", "--with-sample-agents", umask=0o077, **other)
    assert built.returncode == 0, built.stderr
    (project.root / "stdout").write_text(built.stdout, encoding="utf-8")
    return project


@pytest.fixture(scope="session")
def default_build(tmp_path_factory: pytest.TempPathFactory, sources: ProjectCopy) -> ProjectCopy:
    """A copy of the project with all packages for the template's runtime and architecture."""
    project = ProjectCopy.make(tmp_path_factory.mktemp("default") / "project", sources.root)
    built = project.build("--with-sample-agents")
    assert built.returncode == 0, built.stderr
    return project


@pytest.fixture
def built_before(tmp_path: Path, sources: ProjectCopy) -> ProjectCopy:
    """A copy of the project whose build/ holds stand-ins for the packages of an earlier build.

    So that it builds fast, each function has one small dependency, locked as the message handler's is.
    """
    project = ProjectCopy.make(tmp_path / "project", sources.root)
    requirements = [project.root / "src" / function / "requirements.txt" for function in PACKAGES]
    locked = re.search(r"^fastjsonschema==.*(\n .*)*\n", requirements[1].read_text(encoding="utf-8"), re.MULTILINE)
    assert locked is not None
    for path in requirements:
        path.write_text(locked[0], encoding="utf-8")
    (project.root / "build").mkdir()
    for function in PACKAGES:
        project.package(function).write_text("earlier build", encoding="utf-8")
    return project
