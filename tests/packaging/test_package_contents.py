"""Each package holds what its function needs, and nothing else."""

import re
import shutil
import struct
import zipfile
from pathlib import PurePosixPath

import pytest

from project_copy import COMPILED, PACKAGES, WITH_SAMPLE_AGENTS, ProjectCopy

OURS = {"finops_websocket"}
SHARED_DEPENDENCIES = {"aws_lambda_powertools", "fastjsonschema", "jmespath", "typing_extensions.py"}
TOKEN_DEPENDENCIES = {"jwt", "cryptography", "cffi", "pycparser"}

FORBIDDEN_PARTS = {"tests", "test", "bin", "boto3", "botocore", "s3transfer", "urllib3"}
FORBIDDEN_SUFFIXES = {".pyi", ".c", ".h", ".in", ".js", ".css"}
FORBIDDEN_NAMES = {"requirements.txt", "RECORD", "INSTALLER", "REQUESTED", "METADATA", "WHEEL", "direct_url.json"}

# e_machine in an ELF header: https://man7.org/linux/man-pages/man5/elf.5.html
ELF_MACHINES = {"arm64": 183, "x86_64": 62}


def paths_in(package: zipfile.ZipFile) -> list[PurePosixPath]:
    return [PurePosixPath(name) for name in package.namelist()]


def locked(project: ProjectCopy, function: str) -> set[str]:
    """Return the metadata directories of the releases that a function is locked to."""
    text = (project.root / "src" / function / "requirements.txt").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==([0-9.a-z]+)", text, re.MULTILINE)
    return {f"{name.replace('-', '_')}-{version}.dist-info" for name, version in pins}


@pytest.mark.parametrize("build", ["host_build", "default_build"])
@pytest.mark.parametrize("function", PACKAGES)
def test_the_root_holds_our_code_and_the_locked_releases_alone(
    request: pytest.FixtureRequest, build: str, function: str
) -> None:
    project: ProjectCopy = request.getfixturevalue(build)
    with zipfile.ZipFile(project.package(function)) as package:
        roots = {path.parts[0] for path in paths_in(package)}
    shared_objects = {name for name in roots if name.endswith(".so")}
    # The bytecode of typing_extensions.py.
    roots -= {"__pycache__"}
    expected = OURS | {function} | SHARED_DEPENDENCIES | locked(project, function)
    if function == "connection_manager":
        expected |= TOKEN_DEPENDENCIES
        assert [name.split(".")[0] for name in shared_objects] == ["_cffi_backend"]
    else:
        assert shared_objects == set()
    assert roots - shared_objects == expected


@pytest.mark.parametrize("function", WITH_SAMPLE_AGENTS)
def test_nothing_is_packed_that_no_function_reads(default_build: ProjectCopy, function: str) -> None:
    with zipfile.ZipFile(default_build.package(function)) as package:
        paths = paths_in(package)
    assert not [path for path in paths if FORBIDDEN_PARTS & set(path.parts)]
    assert not [path for path in paths if path.suffix in FORBIDDEN_SUFFIXES or path.name in FORBIDDEN_NAMES]


@pytest.mark.parametrize("function", PACKAGES)
def test_the_root_mirrors_src(default_build: ProjectCopy, function: str) -> None:
    source = default_build.root / "src"
    with zipfile.ZipFile(default_build.package(function)) as package:
        for path in [*source.glob(f"{function}/**/*.py"), *source.glob("finops_websocket/**/*.py")]:
            # The compiled contract may be stale in src/; a package compiles its own.
            if path.name not in COMPILED:
                assert package.read(path.relative_to(source).as_posix()) == path.read_bytes()


@pytest.mark.parametrize("function", PACKAGES)
def test_the_contract_is_compiled_anew(second_build: ProjectCopy, function: str) -> None:
    with zipfile.ZipFile(second_build.package(function)) as package:
        compiled = [package.read(f"finops_websocket/wire/{name}") for name in COMPILED]
    for validator, source in zip((b"validate_finops_query = ", b"validate_figures = "), compiled, strict=True):
        assert validator in source


def test_the_sample_agents_package_holds_their_folder_with_its_data(host_build: ProjectCopy) -> None:
    source = host_build.root / "src" / "sample_agents"
    files = (path for path in source.rglob("*") if path.is_file() and path.suffix not in {".pyc", ".in", ".txt"})
    expected = {f"sample_agents/{path.relative_to(source).as_posix()}" for path in files}
    with zipfile.ZipFile(host_build.package("sample_agents")) as package:
        packed = {path for path in paths_in(package) if path.suffix != ".pyc"}
    roots = {path.parts[0] for path in packed if path.suffix != ".so"}
    assert {str(path) for path in packed if path.parts[0] == "sample_agents"} == expected
    assert roots == {"sample_agents", "duckdb", "adbc_driver_duckdb", *locked(host_build, "sample_agents")}
    assert [path.name.split(".")[0] for path in packed if path.suffix == ".so"] == ["_duckdb"]


def test_lambda_unpacks_the_sample_agents_package(default_build: ProjectCopy) -> None:
    # https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 250 MB, here with bytecode for all
    with zipfile.ZipFile(default_build.package("sample_agents")) as package:
        assert sum(entry.file_size for entry in package.infolist()) < 100_000_000


@pytest.mark.parametrize(("function", "count"), [("connection_manager", 2), ("sample_agents", 1)])
def test_shared_objects_are_for_the_template_s_processor_and_python(
    default_build: ProjectCopy, function: str, count: int
) -> None:
    template = default_build.root / "cloudformation" / "finops-websocket-api-fixed.yaml"
    text = template.read_text(encoding="utf-8")
    runtime = re.search(r"LambdaRuntime:\n.*\n    Default: python3\.(\d+)\n", text)
    architecture = re.search(r"LambdaArchitecture:\n.*\n    Default: (\w+)\n", text)
    assert runtime is not None
    assert architecture is not None
    with zipfile.ZipFile(default_build.package(function)) as package:
        shared_objects = [path for path in paths_in(package) if path.suffix == ".so"]
        machines = {struct.unpack_from("<H", package.read(str(path)), 18)[0] for path in shared_objects}
    assert len(shared_objects) == count
    for path in shared_objects:
        assert path.name.endswith(".abi3.so") or f".cpython-3{runtime[1]}-" in path.name
    assert machines == {ELF_MACHINES[architecture[1]]}


def test_another_target_brings_other_shared_objects(built_before: ProjectCopy, sources: ProjectCopy) -> None:
    requirements = "src/connection_manager/requirements.txt"
    shutil.copy2(sources.root / requirements, built_before.root / requirements)
    built = built_before.build("--target", "python3.11-x86_64")
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(built_before.package("connection_manager")) as package:
        names = {path.name for path in paths_in(package) if path.suffix == ".so"}
    assert names == {"_cffi_backend.cpython-311-x86_64-linux-gnu.so", "_rust.abi3.so"}
