import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.writing import amount, change, plain, table


@given(st.text())
def test_any_name_is_one_printable_line_without_live_markdown_and_one_cell(text):
    name = plain(text)
    assert name.isprintable()
    assert not re.search(r"(?<!\\)[|`*_\[\]#~]|[<>]", name.replace("\\\\", ""))
    for line in table(["Service", "Cost"], [[name, "1.00"]]).split("\n"):
        assert len(re.findall(r"(?<!\\)\|", line.replace("\\\\", ""))) == 3


def test_direction_marks_are_dropped_and_long_names_cut():
    assert plain("a\u202eb\r\nc") == "a b c"
    assert len(plain("x" * 1000)) == 80


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1234567.891", "USD", "1,234,567.89"),
        ("-12.345", "USD", "-12.34"),
        ("-0.00", "USD", "0.00"),
        ("0.01", "USD", "0.01"),
        ("0.0000008", "USD", "less than 0.01 (0.00000080)"),
        ("-0.004", "USD", "more than -0.01 (-0.0040)"),
        ("1234.4", "JPY", "1,234"),
        ("0.4", "JPY", "less than 1 (0.40)"),
    ],
)
def test_amount(value, currency, text):
    assert amount(Decimal(value), currency) == text


@given(st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False))
def test_only_zero_reads_as_zero(value):
    assert (amount(value, "USD") == "0.00") == (value == 0)


def test_change_where_a_percentage_means_nothing():
    assert change(Decimal(-100), Decimal(-50)) == "+50.0 %"
    assert change(Decimal(0), Decimal(5)) == "new"
    assert change(Decimal(5), Decimal(5)) == "unchanged"
