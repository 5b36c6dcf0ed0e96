"""THIRD_PARTY_LICENSES.md lists what is installed; here, since the scanners are installed for the scan alone."""

from pathlib import Path

from finops_operations.packaging.third_party_licences import DOCUMENT, written_anew


def test_the_document_is_up_to_date(scanners: Path) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    # Each kind has its table.
    for name in ("pyjwt", "pytest", "dompurify", "checkov"):
        assert f"\n| {name} |" in document
    assert written_anew(document.replace("\n| pytest |", "\n| another |")) == document
