from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence_tables import TablesNotMade, licence_of, main, pins, table, tables, with_tables

REPOSITORY = Path(__file__).resolve().parents[3]
DOCUMENT = REPOSITORY / "THIRD_PARTY_LICENSES.md"

PLACE = "Before\n<!-- packaged: made by tools/licence_tables.py -->\n\n{}\n\n<!-- end of packaged -->\nAfter\n"
CELLS = st.text(alphabet="abc-.=2 ", min_size=1, max_size=8)


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


def test_a_missing_document_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--document", str(tmp_path / "absent.md")]) == 1
    assert capsys.readouterr().err.endswith("absent.md: No such file or directory.\n")


def test_a_distribution_that_is_not_installed_has_no_licence() -> None:
    with pytest.raises(TablesNotMade, match=r"no-such-distribution 1\.0 is not installed here"):
        licence_of("no-such-distribution", "1.0")


def test_another_version_s_licence_is_not_taken() -> None:
    with pytest.raises(TablesNotMade, match=r"pytest is installed here as .*, and required as 0\.0"):
        licence_of("pytest", "0.0")


def test_a_document_without_a_place_is_refused() -> None:
    with pytest.raises(TablesNotMade, match="no place for the table of what is packaged"):
        with_tables("no marks", {"packaged": "x"})


def test_pins_are_read_with_hashes_and_markers_around_them(tmp_path: Path) -> None:
    lines = ["# made", "--only-binary :all:", "a-b==1.0 ; python_version < '4' \\", "    --hash=sha256:00", "c==2", ""]
    (tmp_path / "r.txt").write_text("\n".join(lines), encoding="utf-8")
    assert pins(tmp_path / "r.txt") == [("a-b", "1.0"), ("c", "2")]


@given(st.lists(st.tuples(CELLS, CELLS)), CELLS)
def test_a_table_is_put_in_and_taken_out_again_and_nothing_else_changes(
    rows: list[tuple[str, str]], earlier: str
) -> None:
    made = table(("One", "Two"), rows)
    assert made.count("\n") == len(rows) + 1
    once = with_tables(PLACE.format(earlier), {"packaged": made})
    assert once == PLACE.format(made)
    assert with_tables(once, {"packaged": made}) == once
