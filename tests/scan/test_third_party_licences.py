"""THIRD_PARTY_LICENSES.md lists what is installed; here, since the scanners are installed for the scan alone."""

from pathlib import Path

import pytest

from finops_operations.packaging.third_party_licences import DOCUMENT, TablesNotMade, written_anew


def test_the_document_is_up_to_date(scanners: Path) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert written_anew(document) == document
    # Each kind has its table.
    for name in ("pyjwt", "pytest", "dompurify", "checkov"):
        assert f"\n| {name} |" in document


def test_a_row_that_is_missing_comes_back(scanners: Path) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert written_anew(document.replace("\n| pytest |", "\n| another |")) == document


def test_a_document_without_a_place_for_a_table_is_not_written(scanners: Path) -> None:
    with pytest.raises(TablesNotMade, match="no place for the table of what is packaged"):
        written_anew("# Third-party licences\n")
