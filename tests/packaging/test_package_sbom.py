"""Beside each package lies a bill of materials that names what is in it, no less and no more, and allowed licences."""

import hashlib
import json
import re
import zipfile
from collections.abc import Sequence
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import LicenseExpression, get_spdx_licensing

from finops_operations.packaging.dependencies import BuildFailed
from finops_operations.packaging.sbom import write_sboms
from finops_operations.packaging.third_party_licences import declared_licence
from project_copy import WITH_SAMPLE_AGENTS, ProjectCopy

# They ask for nothing but that their text goes along. Another one is for a person to decide on.
ALLOWED = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "PSF-2.0", "Unicode-3.0"}

# Words by which a licence's text is known.
TEXTS = {
    "Apache-2.0": "Apache License",
    "BSD-3-Clause": "Redistribution and use in source and binary forms",
    "MIT": "Permission is hereby granted, free of charge",
    "MIT-0": "Permission is hereby granted, free of charge",
    "PSF-2.0": "PYTHON SOFTWARE FOUNDATION LICENSE",
}

SPDX = get_spdx_licensing()
BUILDS = pytest.mark.parametrize("build", ["host_build", "default_build"])
FUNCTIONS = pytest.mark.parametrize("function", WITH_SAMPLE_AGENTS)


def sbom_of(package: Path) -> dict[str, Any]:
    sbom: dict[str, Any] = json.loads(package.with_suffix(".cdx.json").read_bytes())
    return sbom


def expression_of(component: dict[str, Any]) -> str:
    """Return a component's licence as an SPDX expression; an empty one if it has none."""
    told = [each.get("expression") or each["license"].get("id") or "" for each in component.get("licenses", [])]
    return " AND ".join(told)


def is_allowed(expression: LicenseExpression) -> bool:
    """Say whether allowed licences alone fulfil an expression."""
    if expression.isliteral:
        return str(expression) in ALLOWED
    choose = any if isinstance(expression, SPDX.OR) else all
    return choose(map(is_allowed, expression.args))


def refused(components: Sequence[dict[str, Any]]) -> list[str]:
    """Name the components that have no licence, or one that is not allowed."""
    expressions = {each["name"]: expression_of(each) for each in components}
    return [name for name, text in expressions.items() if not (text and is_allowed(SPDX.parse(text)))]


@pytest.mark.parametrize("name", WITH_SAMPLE_AGENTS.values())
def test_it_is_valid_cyclonedx_1_6(host_build: ProjectCopy, name: str) -> None:
    text = (host_build.root / "build" / name).with_suffix(".cdx.json").read_text(encoding="utf-8")
    assert json.loads(text)["specVersion"] == "1.6"
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@BUILDS
@FUNCTIONS
def test_it_names_the_locked_wheels_in_the_zip_and_no_others(
    request: pytest.FixtureRequest, build: str, function: str
) -> None:
    project: ProjectCopy = request.getfixturevalue(build)
    package = project.package(function)
    with zipfile.ZipFile(package) as archive:
        packed = {name.split("/")[0] for name in archive.namelist() if name.split("/")[0].endswith(".dist-info")}
    components = sbom_of(package)["components"]
    assert {f"{each['name'].replace('-', '_')}-{each['version']}.dist-info" for each in components} == packed
    locked = (project.root / "src" / function / "requirements.txt").read_text(encoding="utf-8")
    hashes_by_name = {
        requirement.split("==")[0]: set(re.findall(r"sha256:(\w+)", requirement))
        for requirement in re.split(r"^(?=[a-z])", locked, flags=re.MULTILINE)
    }
    for component in components:
        assert component["hashes"][0]["content"] in hashes_by_name[component["name"]]
        assert component["properties"][0]["value"].endswith(".whl")


@FUNCTIONS
def test_it_is_of_this_very_package(default_build: ProjectCopy, function: str) -> None:
    package = default_build.package(function)
    component = sbom_of(package)["metadata"]["component"]
    assert component["name"] == package.stem
    assert component["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(package.read_bytes()).hexdigest()}]
    assert [each["value"] for each in component["properties"]] == ["arm64", "3.13"]


@FUNCTIONS
def test_everything_is_reached_from_the_package(default_build: ProjectCopy, function: str) -> None:
    package = default_build.package(function)
    sbom = sbom_of(package)
    graph = {each["ref"]: each.get("dependsOn", []) for each in sbom["dependencies"]}
    reached = [package.stem]
    for reference in reached:
        reached.extend(found for found in graph[reference] if found not in reached)
    assert set(reached) == {package.stem} | {each["bom-ref"] for each in sbom["components"]}


@FUNCTIONS
def test_nothing_in_it_comes_from_the_machine_that_built(host_build: ProjectCopy, function: str) -> None:
    text = json.dumps(sbom_of(host_build.package(function)))
    assert str(host_build.root) not in text
    assert "timestamp" not in text
    # Where machines in general keep what is theirs.
    assert not re.search(r"file:///|/home/|/root/|/tmp/", text)


@FUNCTIONS
def test_everything_in_it_has_an_allowed_licence(default_build: ProjectCopy, function: str) -> None:
    components = sbom_of(default_build.package(function))["components"]
    linked = [each for component in components for each in component.get("components", [])]
    assert ({"openssl", "pyo3"} <= {each["name"] for each in linked}) == (function == "connection_manager")
    # The wheel's own SBOM leaves OpenSSL's own out: Apache-2.0, https://www.openssl.org/source/license.html.
    assert refused([*components, *(each for each in linked if each["name"] != "openssl")]) == []


@FUNCTIONS
def test_the_text_of_every_licence_is_packed(default_build: ProjectCopy, function: str) -> None:
    package = default_build.package(function)
    with zipfile.ZipFile(package) as archive:
        for component in sbom_of(package)["components"]:
            metadata = f"{component['name'].replace('-', '_')}-{component['version']}.dist-info/"
            files = [name for name in archive.namelist() if name.startswith(metadata)]
            text = "\n".join(archive.read(name).decode() for name in files)
            for licence in SPDX.license_keys(expression_of(component)):
                assert TEXTS[licence] in text, (component["name"], licence)


@pytest.mark.parametrize(
    ("licences", "is_refused"),
    [
        ([{"expression": "(MIT OR GPL-2.0-only) AND Unicode-3.0"}], False),
        ([{"expression": "MIT AND GPL-3.0-or-later"}], True),
        ([{"license": {"id": "AGPL-3.0-only"}}], True),
        ([], True),
    ],
)
def test_a_licence_that_is_unknown_or_not_allowed_is_refused(licences: list[Any], is_refused: bool) -> None:
    assert refused([{"name": "one", "licenses": licences}]) == ["one"] * is_refused


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License-Expression": "Apache-2.0 OR MIT", "License": "MIT"}, "Apache-2.0 OR MIT"),
        ({"License": "BSD-3-Clause", "Classifier": "License :: OSI Approved :: BSD License"}, "BSD-3-Clause"),
        ({"License": "MIT License\n\nCopyright", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License": "BSD", "Classifier": "License :: OSI Approved :: BSD License"}, None),
        ({}, None),
    ],
)
def test_a_licence_is_told_by_the_clearest_field_and_never_guessed(fields: dict[str, str], licence: str | None) -> None:
    metadata = Message()
    for name, value in fields.items():
        metadata[name] = value
    assert declared_licence(metadata) == licence


def test_a_wheel_that_pip_did_not_report_is_refused(tmp_path: Path) -> None:
    stowaway = tmp_path / "package" / "stowaway-1.0.dist-info"
    stowaway.mkdir(parents=True)
    (stowaway / "METADATA").write_text("Name: stowaway\nVersion: 1.0\n", encoding="utf-8")
    (tmp_path / "package.zip").write_bytes(b"a package")
    with pytest.raises(BuildFailed, match="stowaway is in the package"):
        write_sboms("python3.13-arm64", str(tmp_path / "package.zip"))
