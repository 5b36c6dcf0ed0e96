"""Builds that the packaging tests look at: each is made once, in a copy of the project."""

from pathlib import Path

import pytest

from project_copy import PACKAGES, ProjectCopy


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> ProjectCopy:
    """The project's sources as the session found them."""
    return ProjectCopy.make(tmp_path_factory.mktemp("sources") / "project")


@pytest.fixture(scope="session")
def host_build(tmp_path_factory: pytest.TempPathFactory, sources: ProjectCopy) -> ProjectCopy:
    """A copy of the project with packages for this machine, the sample agents' among them."""
    project = ProjectCopy.make(tmp_path_factory.mktemp("host") / "project", sources.root)
    built = project.build("--target", "host", "--with-sample-agents")
    assert built.returncode == 0, built.stderr
    (project.root / "stdout").write_text(built.stdout, encoding="utf-8")
    return project


@pytest.fixture(scope="session")
def default_build(tmp_path_factory: pytest.TempPathFactory, sources: ProjectCopy) -> ProjectCopy:
    """A copy of the project with packages for the template's runtime and architecture."""
    project = ProjectCopy.make(tmp_path_factory.mktemp("default") / "project", sources.root)
    built = project.build()
    assert built.returncode == 0, built.stderr
    return project


@pytest.fixture
def built_before(tmp_path: Path, sources: ProjectCopy) -> ProjectCopy:
    """A copy of the project whose build/ holds stand-ins for the packages of an earlier build."""
    project = ProjectCopy.make(tmp_path / "project", sources.root)
    (project.root / "build").mkdir()
    for function in PACKAGES:
        project.package(function).write_text("earlier build", encoding="utf-8")
    return project
