from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sample_agents.money import amount, change, money, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1234567.891", "1,234,567.89"),
        ("-12.345", "-12.34"),
        ("0", "0.00"),
        ("-0.00", "0.00"),
        ("0.01", "0.01"),
        ("0.0000008", "less than 0.01 (0.00000080)"),
        ("-0.004", "more than -0.01 (-0.0040)"),
    ],
)
def test_amount(value, text):
    assert amount(Decimal(value), "USD") == text


def test_currency_without_cents():
    assert money(Decimal("1234.4"), "JPY") == "1,234 JPY"
    assert money(Decimal("0.4"), "JPY") == "less than 1 (0.40) JPY"


@given(st.decimals(-(10**15), 10**15, allow_nan=False, allow_infinity=False))
def test_only_zero_reads_as_zero(value):
    text = amount(value, "USD")
    assert (text == "0.00") == (value == 0)


def test_share_and_change():
    assert share(Decimal(1), Decimal(3)) == "33.3 %"
    assert share(Decimal(1), Decimal(0)) == ""
    assert change(Decimal(100), Decimal(95)) == "-5.0 %"
    assert change(Decimal(-100), Decimal(-50)) == "+50.0 %"
    assert change(Decimal(0), Decimal(5)) == "new"
    assert change(Decimal(5), Decimal(5)) == "none"
