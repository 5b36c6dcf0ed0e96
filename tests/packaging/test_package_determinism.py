"""The same sources give the same bytes, wherever, whenever and by whomever they are built."""

import hashlib
import sys
from pathlib import Path

import pytest

from project_copy import WITH_SAMPLE_AGENTS, ProjectCopy

ZIPS = list(WITH_SAMPLE_AGENTS.values())
SBOMS = [name.removesuffix(".zip") + ".cdx.json" for name in ZIPS]


@pytest.mark.parametrize("name", [*ZIPS, *SBOMS])
def test_built_twice_is_identical(host_build: ProjectCopy, second_build: ProjectCopy, name: str) -> None:
    first, second = (project.root / "build" / name for project in (host_build, second_build))
    assert first.read_bytes() == second.read_bytes()


def test_the_output_gives_each_package_s_name_size_and_hash(second_build: ProjectCopy) -> None:
    lines = (second_build.root / "stdout").read_text(encoding="utf-8").splitlines()
    packages: list[Path] = [second_build.package(function) for function in WITH_SAMPLE_AGENTS]
    assert [line.split() for line in lines] == [
        [path.name, f"{path.stat().st_size:,}", "bytes", "sha256", hashlib.sha256(path.read_bytes()).hexdigest()]
        for path in packages
    ]
    assert len({line.index("sha256") for line in lines}) == 1


def test_a_build_leaves_nothing_but_packages_their_sboms_and_what_they_load_on(
    default_build: ProjectCopy, second_build: ProjectCopy
) -> None:
    assert {path.name for path in (second_build.root / "build").iterdir()} == {*ZIPS, *SBOMS, "target"}
    assert (default_build.root / "build" / "target").read_text() == "python3.13-arm64\n"
    assert not list((second_build.root / "ops").rglob("__pycache__"))
    version, _, processor = (second_build.root / "build" / "target").read_text().strip().partition("-")
    assert version == f"python{sys.version_info.major}.{sys.version_info.minor}"
    assert processor in {"x86_64", "arm64"}
