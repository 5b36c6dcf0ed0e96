"""THIRD_PARTY_LICENSES.md lists what is installed; here, since the scanners are installed for the scan alone."""

from pathlib import Path

import pytest

from licence_tables import DOCUMENT, REPOSITORY, main, tables


def test_the_document_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().err


def test_an_outdated_document_is_said_and_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = tmp_path / "copy.md"
    outdated = DOCUMENT.read_text(encoding="utf-8").replace("| cffi |", "| other |")
    document.write_text(outdated, encoding="utf-8")
    assert main(["--check", "--document", str(document)]) == 1
    assert capsys.readouterr().err.endswith("copy.md is out of date. Run it without --check.\n")
    assert document.read_text(encoding="utf-8") == outdated
    assert main(["--document", str(document)]) == 0
    assert document.read_text(encoding="utf-8") == DOCUMENT.read_text(encoding="utf-8")


def test_a_packaged_distribution_is_listed_once_with_its_packages() -> None:
    made = tables(REPOSITORY)
    assert [line for line in made["packaged"].splitlines() if line.startswith("| pyjwt |")] == [
        "| pyjwt | 2.15.1 | MIT | connection manager |"
    ]
    assert "| pyjwt |" not in made["development"]
    assert "| pytest |" in made["development"]


def test_the_web_client_s_packages_and_both_kinds_of_scanners_are_listed() -> None:
    made = tables(REPOSITORY)
    assert "| dompurify | 3.4.18 | MPL-2.0 OR Apache-2.0 |" in made["web client"].splitlines()
    assert {"| checkov |", "| @cdklabs/cdk-validator-cfnguard |"} <= {
        row[: row.index("|", 1) + 1] for row in made["scanners"].splitlines()
    }
