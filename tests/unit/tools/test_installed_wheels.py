import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from installed_wheels import UnreportedWheel, installed_wheels, target_environment

TARGET = "python3.13-arm64"


def install(
    directory: Path, name: str, version: str = "1.0", *, requires: Sequence[str] = (), sbom: object = None
) -> dict[str, Any]:
    """Lay out a distribution as pip does, and return what pip reports of it."""
    information = directory / f"{name}-{version}.dist-info"
    information.mkdir(parents=True)
    fields = [
        "Metadata-Version: 2.4",
        f"Name: {name}",
        f"Version: {version}",
        "License-Expression: MIT",
        *(f"Requires-Dist: {requirement}" for requirement in requires),
    ]
    (information / "METADATA").write_text("\n".join(fields) + "\n", encoding="utf-8")
    record = [f"{information.name}/METADATA,,"]
    if sbom is not None:
        (information / "sboms").mkdir()
        (information / "sboms" / "own.json").write_text(json.dumps(sbom), encoding="utf-8")
        record.append(f"{information.name}/sboms/own.json,,")
    (information / "RECORD").write_text("\n".join(record) + "\n", encoding="utf-8")
    return {
        "metadata": {"name": name, "version": version},
        "download_info": {
            "url": f"https://example.org/files/{name}-{version}%2Blocal-py3-none-any.whl",
            "archive_info": {"hashes": {"sha256": "ab" * 32}},
        },
    }


def test_a_wheel_is_what_its_metadata_and_the_report_say(tmp_path: Path) -> None:
    report = {"install": [install(tmp_path, "Some_Name", "1.2")]}
    (wheel,) = installed_wheels(tmp_path, report, TARGET)
    assert (wheel.name, wheel.version, wheel.licence) == ("some-name", "1.2", "MIT")
    assert wheel.file_name == "Some_Name-1.2+local-py3-none-any.whl"
    assert wheel.sha256 == "ab" * 32
    assert wheel.requires == frozenset()
    assert wheel.bundled == ()


def test_the_hash_is_read_as_pip_22_reports_it(tmp_path: Path) -> None:
    item = install(tmp_path, "one")
    item["download_info"]["archive_info"] = {"hash": f"sha256={'cd' * 32}"}
    (wheel,) = installed_wheels(tmp_path, {"install": [item]}, TARGET)
    assert wheel.sha256 == "cd" * 32


def test_wheels_are_sorted_and_code_of_our_own_is_none(tmp_path: Path) -> None:
    (tmp_path / "message_handler").mkdir()
    report = {"install": [install(tmp_path, name) for name in ("zeta", "Alpha", "mid")]}
    assert [wheel.name for wheel in installed_wheels(tmp_path, report, TARGET)] == ["alpha", "mid", "zeta"]


def test_requirements_are_those_of_the_target_without_extras(tmp_path: Path) -> None:
    requires = [
        "Always_There>=1",
        "older-python; python_version < '3.13'",
        "this-python; python_full_version >= '3.13'",
        "this-processor; platform_machine == 'aarch64'",
        "other-processor; platform_machine == 'x86_64'",
        "only-extra; extra == 'all'",
    ]
    report = {"install": [install(tmp_path, "one", requires=requires)]}
    (wheel,) = installed_wheels(tmp_path, report, TARGET)
    assert wheel.requires == {"always-there", "this-python", "this-processor"}


def test_what_is_linked_into_a_wheel_is_what_its_own_sbom_says(tmp_path: Path) -> None:
    sbom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "components": [
            {"type": "library", "name": "openssl", "version": "4.0.3", "bom-ref": "path+file:///there"},
            {"type": "library", "name": "compiler", "scope": "excluded", "bom-ref": "compiler"},
        ],
    }
    report = {"install": [install(tmp_path, "one", sbom=sbom)]}
    (wheel,) = installed_wheels(tmp_path, report, TARGET)
    assert [component.name for component in wheel.bundled] == ["openssl"]


def test_a_distribution_that_pip_did_not_report_is_refused(tmp_path: Path) -> None:
    install(tmp_path, "stowaway")
    with pytest.raises(UnreportedWheel, match=r"^stowaway is in the package, .*\.$"):
        installed_wheels(tmp_path, {"install": []}, TARGET)


@pytest.mark.parametrize(
    ("target", "version", "machine"),
    [("python3.13-arm64", "3.13", "aarch64"), ("python3.11-x86_64", "3.11", "x86_64")],
)
def test_a_target_s_environment(target: str, version: str, machine: str) -> None:
    environment = target_environment(target)
    assert environment["python_version"] == version
    assert environment["python_full_version"].startswith(f"{version}.")
    assert environment["platform_machine"] == machine
