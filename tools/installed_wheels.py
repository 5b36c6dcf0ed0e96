"""The wheels that pip installed into a package's directory: what their metadata and pip's report say of them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from declared_licence import declared_licence


class UnreportedWheel(Exception):
    """A directory holds a distribution that pip's report does not name; the text is a sentence for a person."""


@dataclass(frozen=True)
class Wheel:
    """A wheel as it was installed."""

    name: str
    """Normalised, as in https://packaging.python.org/en/latest/specifications/name-normalization/."""
    version: str
    licence: str | None
    """SPDX expression; None if the metadata declares none."""
    file_name: str
    sha256: str
    """Of the wheel's file, in hexadecimal."""
    requires: frozenset[str]
    """Normalised names of what it needs on the target."""
    bundled: tuple[Component, ...]
    """What the wheel's own SBOMs say is linked into it: https://peps.python.org/pep-0770/."""


def installed_wheels(directory: Path, report: Mapping[str, Any], target: str) -> list[Wheel]:
    """Return the wheels in a directory, sorted by name.

    `report` is pip's, of the installation (https://pip.pypa.io/en/stable/reference/installation-report/). `target` is
    what the wheels are to load on, such as python3.13-arm64. Raises UnreportedWheel if the report does not name one.
    """
    downloads = {canonicalize_name(item["metadata"]["name"]): item["download_info"] for item in report["install"]}
    environment = target_environment(target)
    found = (read_wheel(each, downloads, environment) for each in distributions(path=[str(directory)]))
    return sorted(found, key=lambda wheel: wheel.name)


def target_environment(target: str) -> dict[str, str]:
    """Return a target's values of the variables on which requirements depend.

    https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
    """
    python, _, processor = target.partition("-")
    version = python.removeprefix("python")
    return {
        "python_version": version,
        # No requirement is known to depend on a patch release, and Lambda changes it without notice.
        "python_full_version": f"{version}.0",
        "platform_machine": {"arm64": "aarch64"}.get(processor, processor),
        "extra": "",
    }


def read_wheel(
    distribution: Distribution, downloads: Mapping[str, Mapping[str, Any]], environment: Mapping[str, str]
) -> Wheel:
    """Return what a distribution's metadata and its download say of it; raise UnreportedWheel if there is none."""
    name = canonicalize_name(distribution.name)
    if name not in downloads:
        raise UnreportedWheel(f"{name} is in the package, and pip's report does not name it.")
    download = downloads[name]
    requirements = map(Requirement, distribution.requires or ())
    needed = [each.name for each in requirements if each.marker is None or each.marker.evaluate(dict(environment))]
    return Wheel(
        name=name,
        version=distribution.version,
        licence=declared_licence(distribution.metadata),
        # The file's name alone: the rest of the address is that of whatever index a machine uses.
        file_name=unquote(PurePosixPath(urlsplit(download["url"]).path).name),
        sha256=sha256_of(download["archive_info"]),
        requires=frozenset(map(canonicalize_name, needed)),
        bundled=tuple(bundled_components(distribution)),
    )


def sha256_of(archive: Mapping[str, Any]) -> str:
    """Return the SHA-256 in what pip reports of a downloaded archive.

    pip 22 has it in the older form alone: https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    """
    hashes: Mapping[str, str] = archive.get("hashes") or dict([archive["hash"].split("=", 1)])
    return hashes["sha256"]


def bundled_components(distribution: Distribution) -> Iterator[Component]:
    """Yield what a wheel's own CycloneDX files name, without what was needed only to make the wheel."""
    for path in sorted(map(str, distribution.files or ())):
        if ".dist-info/sboms/" in path and path.endswith(".json"):
            bom = Bom.from_json(json.loads(distribution.locate_file(path).read_text()))
            yield from (each for each in bom.components if each.scope is not ComponentScope.EXCLUDED)
