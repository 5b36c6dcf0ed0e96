import re

from hypothesis import given
from hypothesis import strategies as st

from sample_agents.markdown import bullets, paragraphs, plain, table


@given(st.text())
def test_plain_text_is_one_printable_line_without_live_markdown(text):
    line = plain(text)
    assert line.isprintable()
    assert not re.search(r"(?<!\\)[|`*_\[\]#~]", line.replace("\\\\", ""))
    assert "<" not in line
    assert ">" not in line


@given(st.text())
def test_any_name_makes_one_row_with_as_many_cells_as_the_header(name):
    header, rule, row = table(["Service", "Cost"], [[plain(name), "1.00"]]).split("\n")
    bars = [len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) for line in (header, rule, row)]
    assert bars == [3, 3, 3]


def test_plain_drops_direction_marks_and_cuts_long_names():
    assert plain("a\u202eb\r\nc") == "a b c"
    assert len(plain("x" * 1000)) == 80


def test_amounts_are_aligned_right_after_the_text_columns():
    assert table(["A", "B", "C"], [], text_columns=2).endswith("| --- | --- | ---: |")


def test_paragraphs_leave_out_what_is_empty():
    assert paragraphs("a", "", bullets(["b", "c"])) == "a\n\n- b\n- c"
