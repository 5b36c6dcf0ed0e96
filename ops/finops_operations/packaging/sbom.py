"""Packages' software bills of materials: CycloneDX 1.6, as JSON (https://cyclonedx.org/docs/1.6/json/).

The same package gives the same bytes: neither the time nor the machine is in them.
"""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from importlib.metadata import Distribution, distributions
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from finops_operations.packaging.dependencies import BuildFailed, actual_target, report_of
from finops_operations.packaging.third_party_licences import declared_licence

# Whoever adds properties chooses a namespace: https://github.com/CycloneDX/cyclonedx-property-taxonomy
_NAMESPACE = "finops-websocket"
Component = dict[str, Any]


def write_sboms(target: str, *packages: str) -> str:
    """Write packages' SBOMs beside them, with the suffix .cdx.json, and return what they load on.

    A package NAME.zip is made of the directory NAME; where pip has installed into that, its report is beside it.
    """
    loads_on = actual_target(target)
    for package in map(Path, packages):
        _write_sbom(package, loads_on)
    return loads_on


def _write_sbom(package: Path, target: str) -> None:
    tree = package.with_suffix("")
    report = report_of(tree)
    installed = json.loads(report.read_bytes())["install"] if report.exists() else []
    downloads = {normalised(each["metadata"]["name"]): each["download_info"] for each in installed}
    wheels = sorted(distributions(path=[str(tree)]), key=lambda wheel: normalised(wheel.name))
    text = json.dumps(_bom(package, wheels, downloads, target), indent=2) + "\n"
    package.with_suffix(".cdx.json").write_text(text, encoding="utf-8", newline="\n")


def _bom(
    package: Path, wheels: list[Distribution], downloads: Mapping[str, Mapping[str, Any]], target: str
) -> dict[str, Any]:
    name, sha256 = package.stem, hashlib.sha256(package.read_bytes()).hexdigest()
    components = {normalised(wheel.name): _component(wheel, downloads) for wheel in wheels}
    references = {name: component["bom-ref"] for name, component in components.items()}
    needs = {references[normalised(wheel.name)]: sorted(_needed(wheel, references)) for wheel in wheels}
    # What no other wheel asks for is there for our own code.
    needs[name] = sorted(set(references.values()).difference(*needs.values()))
    python, _, processor = target.partition("-")
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        # A number of its own for each content, as a random one would be, and the same for the same.
        "serialNumber": uuid.uuid5(uuid.NAMESPACE_OID, f"{name} {sha256} {target}").urn,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": name,
                "name": name,
                "hashes": [{"alg": "SHA-256", "content": sha256}],
                "properties": [
                    {"name": f"{_NAMESPACE}:target:processor", "value": processor},
                    {"name": f"{_NAMESPACE}:target:python", "value": python.removeprefix("python")},
                ],
            }
        },
        "components": list(components.values()),
        "dependencies": [{"ref": reference, "dependsOn": needed} for reference, needed in sorted(needs.items())],
    }


def _component(wheel: Distribution, downloads: Mapping[str, Mapping[str, Any]]) -> Component:
    name = normalised(wheel.name)
    if name not in downloads:
        raise BuildFailed(f"{name} is in the package, and pip's report does not name it.")
    purl = f"pkg:pypi/{name}@{wheel.version}"
    licence, bundled, download = declared_licence(wheel.metadata), _bundled_in(wheel, purl), downloads[name]
    # pip 22 has the hash in the older form alone:
    # https://packaging.python.org/en/latest/specifications/direct-url-data-structure/
    archive = download["archive_info"]
    sha256 = archive["hashes"]["sha256"] if "hashes" in archive else archive["hash"].removeprefix("sha256=")
    # The file's name alone: the rest of the address is that of whatever index a machine uses.
    file = unquote(PurePosixPath(urlsplit(download["url"]).path).name)
    return {
        "type": "library",
        "bom-ref": purl,
        "name": name,
        "version": wheel.version,
        "hashes": [{"alg": "SHA-256", "content": sha256}],
        **({"licenses": [_licence(licence)]} if licence else {}),
        "purl": purl,
        "properties": [{"name": f"{_NAMESPACE}:wheel", "value": file}],
        **({"components": bundled} if bundled else {}),
    }


def _licence(expression: str) -> dict[str, Any]:
    if " " in expression:
        return {"expression": expression, "acknowledgement": "declared"}
    return {"license": {"id": expression, "acknowledgement": "declared"}}


def _needed(wheel: Distribution, references: Mapping[str, str]) -> set[str]:
    # By name, whatever version of Python a requirement is for, as cyclonedx-py has it: what is in the package serves
    # whoever asks for it. Those of extras are asked for by our own requirements.
    asked_for = (each for each in wheel.requires or () if "extra ==" not in each)
    names = {normalised(found[0]) for each in asked_for if (found := re.match(r"[\w.-]+", each))}
    return {references[name] for name in names if name in references}


def _bundled_in(wheel: Distribution, purl: str) -> list[Component]:
    """Return what a wheel's own SBOMs name (https://peps.python.org/pep-0770/), but what was only needed to make it."""
    paths = sorted(path for path in map(str, wheel.files or ()) if ".dist-info/sboms/" in path)
    sboms = [json.loads(Path(str(wheel.locate_file(path))).read_bytes()) for path in paths if path.endswith(".json")]
    # Their references need not be unique here, and may name a directory of the machine that made the wheel.
    return [
        {name: each[name] for name in ("type", "name", "version", "hashes", "licenses", "purl") if name in each}
        | {"bom-ref": f"{purl}#{each['name']}@{each.get('version', '')}"}
        for sbom in sboms
        for each in sbom.get("components", [])
        if each.get("scope") != "excluded"
    ]


def normalised(name: str) -> str:
    """Give a distribution's normalised name.

    https://packaging.python.org/en/latest/specifications/name-normalization/
    """
    return re.sub(r"[-_.]+", "-", name).lower()
