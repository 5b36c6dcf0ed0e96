import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.component import Component
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given, settings
from hypothesis import strategies as st

from installed_wheels import Wheel
from package_sbom import main, package_bom

TARGET = "python3.13-arm64"
VALIDATOR = JsonStrictValidator(SchemaVersion.V1_6)

NAMES = st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True)
WHEELS = st.lists(
    st.builds(
        Wheel,
        name=NAMES,
        version=st.from_regex(r"[0-9]+(\.[0-9]+){0,3}", fullmatch=True),
        licence=st.sampled_from([None, "MIT", "Apache-2.0 OR BSD-3-Clause", "LicenseRef-ours"]),
        file_name=st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1),
        sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
        requires=st.frozensets(NAMES, max_size=3),
        bundled=st.lists(st.builds(Component, name=NAMES, version=NAMES), max_size=2, unique_by=lambda c: c.name).map(
            tuple
        ),
    ),
    max_size=5,
    unique_by=lambda wheel: wheel.name,
)


def wheel(name: str, *requires: str, licence: str | None = "MIT", bundled: tuple[Component, ...] = ()) -> Wheel:
    return Wheel(
        name=name,
        version="1.0",
        licence=licence,
        file_name=f"{name}-1.0-py3-none-any.whl",
        sha256="ab" * 32,
        requires=frozenset(requires),
        bundled=bundled,
    )


def text_of(package: Path, wheels: list[Wheel], target: str = TARGET) -> str:
    text: str = JsonV1Dot6(package_bom(package, wheels, target)).output_as_string(indent=2)
    return text


def sbom_of(package: Path, wheels: list[Wheel], target: str = TARGET) -> dict[str, Any]:
    sbom: dict[str, Any] = json.loads(text_of(package, wheels, target))
    return sbom


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("build") / "websocket-message-handler.zip"
    path.write_bytes(b"a package")
    return path


def test_the_package_itself_is_described_with_its_hash_and_target(package: Path) -> None:
    sbom = sbom_of(package, [])
    component = sbom["metadata"]["component"]
    assert component["name"] == "websocket-message-handler"
    assert component["hashes"] == [{"alg": "SHA-256", "content": hashlib.sha256(b"a package").hexdigest()}]
    assert {each["name"]: each["value"] for each in component["properties"]} == {
        "finops-websocket:target:python": "3.13",
        "finops-websocket:target:processor": "arm64",
    }


def test_a_wheel_is_a_component_with_its_licence_hash_and_file(package: Path) -> None:
    (component,) = sbom_of(package, [wheel("one")])["components"]
    assert (component["name"], component["version"], component["purl"]) == ("one", "1.0", "pkg:pypi/one@1.0")
    assert component["licenses"] == [{"license": {"id": "MIT", "acknowledgement": "declared"}}]
    assert component["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert component["properties"] == [{"name": "finops-websocket:wheel", "value": "one-1.0-py3-none-any.whl"}]


def test_an_expression_stays_one_and_no_licence_is_invented(package: Path) -> None:
    wheels = [wheel("a", licence="Apache-2.0 OR MIT"), wheel("b", licence=None)]
    either, unknown = sbom_of(package, wheels)["components"]
    assert [each["expression"] for each in either["licenses"]] == ["Apache-2.0 OR MIT"]
    assert "licenses" not in unknown


def test_what_is_linked_into_a_wheel_is_part_of_it_without_a_path_of_its_maker(package: Path) -> None:
    there = HashType(alg=HashAlgorithm.SHA_256, content="cd" * 32)
    openssl = Component(name="openssl", version="4.0.3", bom_ref="path+file:///home/maker", hashes=[there])
    text = text_of(package, [wheel("one", bundled=(openssl,))])
    (bundled,) = json.loads(text)["components"][0]["components"]
    assert bundled["bom-ref"] == "pkg:pypi/one@1.0#openssl@4.0.3"
    assert bundled["hashes"][0]["content"] == "cd" * 32
    assert "/home/maker" not in text


def test_the_package_depends_on_what_no_wheel_asks_for(package: Path) -> None:
    sbom = sbom_of(package, [wheel("a", "b", "absent"), wheel("b"), wheel("c")])
    graph = {each["ref"]: each.get("dependsOn", []) for each in sbom["dependencies"]}
    assert graph == {
        "websocket-message-handler": ["pkg:pypi/a@1.0", "pkg:pypi/c@1.0"],
        "pkg:pypi/a@1.0": ["pkg:pypi/b@1.0"],
        "pkg:pypi/b@1.0": [],
        "pkg:pypi/c@1.0": [],
    }


def test_no_time_is_told_and_the_serial_number_goes_with_the_content(package: Path, tmp_path: Path) -> None:
    other = tmp_path / package.name
    other.write_bytes(b"another package")
    sbom = sbom_of(package, [])
    assert "timestamp" not in sbom["metadata"]
    numbers = [sbom_of(package, [])["serialNumber"], sbom_of(other, [])["serialNumber"]]
    numbers.append(sbom_of(package, [], "python3.13-x86_64")["serialNumber"])
    assert numbers[0] == sbom["serialNumber"]
    assert len(set(numbers)) == 3


# Validation takes a while, against the whole of the official schema.
@settings(max_examples=30, deadline=None)
@given(WHEELS, st.randoms())
def test_any_wheels_make_a_valid_sbom_whatever_their_order(package: Path, wheels: list[Wheel], random: Any) -> None:
    text = text_of(package, wheels)
    assert VALIDATOR.validate_str(text) is None
    random.shuffle(wheels)
    assert text_of(package, wheels) == text


def test_main_writes_beside_each_package(tmp_path: Path) -> None:
    packages = [tmp_path / "sample-agents.zip", tmp_path / "websocket-message-handler.zip"]
    for package in packages:
        package.write_bytes(b"a package")
    assert main([*map(str, packages), "--target", TARGET]) == 0
    for package in packages:
        written = package.with_suffix(".cdx.json").read_text(encoding="utf-8")
        assert written.endswith("}\n")
        assert json.loads(written)["metadata"]["component"]["name"] == package.stem


def test_main_describes_what_is_in_the_directory_of_the_package_s_name(tmp_path: Path) -> None:
    information = tmp_path / "a" / "one-1.0.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text("Name: one\nVersion: 1.0\n", encoding="utf-8")
    download = {"url": "https://example.org/one-1.0-py3-none-any.whl", "archive_info": {"hash": f"sha256={'ab' * 32}"}}
    report = {"install": [{"metadata": {"name": "one"}, "download_info": download}]}
    (tmp_path / "a.report.json").write_text(json.dumps(report), encoding="utf-8")
    (tmp_path / "a.zip").write_bytes(b"a package")
    assert main([str(tmp_path / "a.zip"), "--target", TARGET]) == 0
    (component,) = json.loads((tmp_path / "a.cdx.json").read_bytes())["components"]
    assert component["purl"] == "pkg:pypi/one@1.0"


def test_main_says_in_a_sentence_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "absent.zip"), "--target", TARGET]) == 1
    assert capsys.readouterr().err.endswith("absent.zip: No such file or directory.\n")


def test_main_refuses_what_pip_did_not_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a" / "stowaway-1.0.dist-info").mkdir(parents=True)
    (tmp_path / "a" / "stowaway-1.0.dist-info" / "METADATA").write_text("Name: stowaway\nVersion: 1.0\n")
    assert main([str(tmp_path / "a.zip"), "--target", TARGET]) == 1
    assert capsys.readouterr().err.startswith("package_sbom.py: stowaway is in the package")
    assert not (tmp_path / "a.cdx.json").exists()
