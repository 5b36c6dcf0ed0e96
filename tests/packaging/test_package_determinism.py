"""The same sources give the same bytes, wherever, whenever and by whomever they are built."""

import hashlib
import os
import sys
from pathlib import Path

import pytest

from project_copy import PACKAGES, ProjectCopy


@pytest.fixture(scope="session")
def second_build(tmp_path_factory: pytest.TempPathFactory, sources: ProjectCopy) -> ProjectCopy:
    """A build of the same sources in another directory, with another umask, time zone, locale and hash seed."""
    project = ProjectCopy.make(tmp_path_factory.mktemp("second") / "another place", sources.root)
    for path in (project.root / "src").rglob("*.py"):
        path.chmod(0o700)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    built = project.build(
        "--target",
        "host",
        "--with-sample-agents",
        umask=0o077,
        TZ="Asia/Kathmandu",
        LC_ALL="C",
        PYTHONHASHSEED="7",
        SOURCE_DATE_EPOCH="1",
    )
    assert built.returncode == 0, built.stderr
    return project


ZIPS = [*PACKAGES.values(), "sample-agents.zip"]
SBOMS = [name.removesuffix(".zip") + ".cdx.json" for name in ZIPS]


@pytest.mark.parametrize("name", [*ZIPS, *SBOMS])
def test_built_twice_is_identical(host_build: ProjectCopy, second_build: ProjectCopy, name: str) -> None:
    first, second = (project.root / "build" / name for project in (host_build, second_build))
    assert first.read_bytes() == second.read_bytes()


def test_the_output_gives_each_package_s_name_size_and_hash(host_build: ProjectCopy) -> None:
    lines = (host_build.root / "stdout").read_text(encoding="utf-8").splitlines()
    packages: list[Path] = [host_build.package(function) for function in PACKAGES]
    packages.append(host_build.root / "build" / "sample-agents.zip")
    assert [line.split() for line in lines] == [
        [
            path.name,
            f"{path.stat().st_size:,}",
            "bytes",
            "sha256",
            hashlib.sha256(path.read_bytes()).hexdigest(),
        ]
        for path in packages
    ]
    assert len({line.index("sha256") for line in lines}) == 1


def test_a_build_leaves_nothing_but_packages_their_sboms_and_what_they_load_on(host_build: ProjectCopy) -> None:
    assert {path.name for path in (host_build.root / "build").iterdir()} == {
        *ZIPS,
        *SBOMS,
        "target",
    }
    assert not list((host_build.root / "tools").rglob("__pycache__"))
    version, _, processor = (host_build.root / "build" / "target").read_text().strip().partition("-")
    assert version == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert processor in {"x86_64", "arm64"}


def test_target_is_said_by_its_name(default_build: ProjectCopy) -> None:
    assert (default_build.root / "build" / "target").read_text() == "python3.13-arm64\n"
