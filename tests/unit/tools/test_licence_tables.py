import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licence_tables import TablesNotMade, licence_of, main, npm_rows, pins, table, with_tables

PLACE = "Before\n<!-- packaged: made by tools/licence_tables.py -->\n\n{}\n\n<!-- end of packaged -->\nAfter\n"
CELLS = st.text(alphabet="abc-.=2 ", min_size=1, max_size=8)


def test_a_missing_document_is_said_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--document", str(tmp_path / "absent.md")]) == 1
    assert capsys.readouterr().err.endswith("absent.md: No such file or directory.\n")


def test_a_distribution_that_is_not_installed_has_no_licence() -> None:
    with pytest.raises(TablesNotMade, match=r"no-such-distribution 1\.0 is not installed here"):
        licence_of("no-such-distribution", "1.0", sys.path)


def test_another_version_s_licence_is_not_taken() -> None:
    with pytest.raises(TablesNotMade, match=r"pytest is installed here as .*, and required as 0\.0"):
        licence_of("pytest", "0.0", sys.path)


def test_a_licence_is_that_of_the_distribution_on_the_path(tmp_path: Path) -> None:
    information = tmp_path / "pytest-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Name: pytest\nVersion: 1.0\nLicense-Expression: ISC\n", encoding="utf-8")
    assert licence_of("pytest", "1.0", [str(tmp_path)]) == "ISC"
    with pytest.raises(TablesNotMade, match=r"rich 1\.0 is not installed here"):
        licence_of("rich", "1.0", [str(tmp_path)])


def test_an_npm_lock_s_packages_have_a_row_each(tmp_path: Path) -> None:
    packages = {
        "": {"name": "ours", "version": "0.1.0"},
        "node_modules/@scope/a": {"version": "1.0", "license": "(MPL-2.0 OR Apache-2.0)"},
        "node_modules/@scope/a/node_modules/b": {"version": "2.0", "license": "(MIT OR ISC) AND (0BSD OR MIT)"},
    }
    (tmp_path / "lock.json").write_text(json.dumps({"packages": packages}), encoding="utf-8")
    assert npm_rows(tmp_path / "lock.json") == [
        ("@scope/a", "1.0", "MPL-2.0 OR Apache-2.0"),
        ("b", "2.0", "(MIT OR ISC) AND (0BSD OR MIT)"),
    ]


def test_an_npm_package_without_a_licence_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lock.json").write_text('{"packages": {"node_modules/b": {"version": "2.0"}}}', encoding="utf-8")
    with pytest.raises(TablesNotMade, match=r"/lock\.json does not tell the licence of b\."):
        npm_rows(tmp_path / "lock.json")


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
