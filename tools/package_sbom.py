"""Writes packages' software bills of materials: CycloneDX 1.6, as JSON (https://cyclonedx.org/docs/1.6/json/).

The same package gives the same bytes: neither the time nor the machine is in them.
"""

import argparse
import hashlib
import json
import sys
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseAcknowledgement
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from installed_wheels import UnreportedWheel, Wheel, installed_wheels

# Whoever adds properties chooses a namespace: https://github.com/CycloneDX/cyclonedx-property-taxonomy
NAMESPACE = "finops-websocket"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the SBOMs that the command line asks for and return the exit status."""
    parser = argparse.ArgumentParser(
        description="Write the SBOM of each package beside it, with the suffix .cdx.json. A package NAME.zip is made "
        "of the directory NAME; where pip installed into that, NAME.report.json is its report."
    )
    parser.add_argument("packages", type=Path, nargs="+", metavar="ZIP", help="a package")
    parser.add_argument("--target", required=True, help="what the packages load on, such as python3.13-arm64")
    options = parser.parse_args(arguments)
    try:
        for package in options.packages:
            report = package.with_suffix(".report.json")
            installed = json.loads(report.read_bytes()) if report.exists() else {"install": []}
            wheels = installed_wheels(package.with_suffix(""), installed, options.target)
            text = JsonV1Dot6(package_bom(package, wheels, options.target)).output_as_string(indent=2) + "\n"
            package.with_suffix(".cdx.json").write_text(text, encoding="utf-8", newline="\n")
    except UnreportedWheel as error:
        sys.stderr.write(f"package_sbom.py: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"package_sbom.py: {error.filename}: {error.strerror}.\n")
        return 1
    return 0


def package_bom(package: Path, wheels: Iterable[Wheel], target: str) -> Bom:
    """Return the bill of materials of a package, a zip file, that holds these wheels for a target.

    Raises OSError if the package cannot be read.
    """
    sha256 = hashlib.sha256(package.read_bytes()).hexdigest()
    root = Component(
        name=package.stem,
        type=ComponentType.APPLICATION,
        bom_ref=package.stem,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=sha256)],
        properties=target_properties(target),
    )
    # A number of its own for each content, as a random one would be, and the same for the same.
    serial_number = uuid.uuid5(uuid.NAMESPACE_OID, f"{package.stem} {sha256} {target}")
    bom = Bom(serial_number=serial_number)
    bom.metadata.component = root
    # The library would tell the time of the build.
    bom.metadata.timestamp = None
    components = {wheel.name: wheel_component(wheel) for wheel in wheels}
    bom.components.update(components.values())
    needed: set[str] = set()
    for wheel in wheels:
        present = wheel.requires & components.keys()
        needed |= present
        bom.register_dependency(components[wheel.name], [components[name] for name in present])
    # What no other wheel asks for is there for our own code.
    bom.register_dependency(root, [component for name, component in components.items() if name not in needed])
    return bom


def target_properties(target: str) -> list[Property]:
    """Return a target, such as python3.13-arm64, as two properties."""
    python, _, processor = target.partition("-")
    return [
        Property(name=f"{NAMESPACE}:target:python", value=python.removeprefix("python")),
        Property(name=f"{NAMESPACE}:target:processor", value=processor),
    ]


def wheel_component(wheel: Wheel) -> Component:
    """Return a wheel, with what is linked into it, as a component."""
    purl = PackageURL("pypi", name=wheel.name, version=wheel.version)
    declared = LicenseAcknowledgement.DECLARED
    licence = wheel.licence and LicenseFactory().make_from_string(wheel.licence, license_acknowledgement=declared)
    return Component(
        name=wheel.name,
        version=wheel.version,
        bom_ref=str(purl),
        purl=purl,
        licenses=[licence] if licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=wheel.sha256)],
        properties=[Property(name=f"{NAMESPACE}:wheel", value=wheel.file_name)],
        components=[bundled_component(each, purl) for each in wheel.bundled],
    )


def bundled_component(bundled: Component, wheel: PackageURL) -> Component:
    """Return a component of a wheel's own SBOM as part of that wheel.

    Its reference there need not be unique here, and may name a directory of the machine that made the wheel.
    """
    return Component(
        name=bundled.name,
        version=bundled.version,
        type=bundled.type,
        bom_ref=f"{wheel}#{bundled.name}@{bundled.version}",
        purl=bundled.purl,
        licenses=bundled.licenses,
        hashes=bundled.hashes,
    )


if __name__ == "__main__":
    sys.exit(main())
