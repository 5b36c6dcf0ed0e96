import argparse

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.origin_option import origin


@pytest.mark.parametrize("text", ["https://finops.example", "http://localhost:5173", "null", "http://[::1]:80"])
def test_an_origin_is_taken_as_it_is(text: str) -> None:
    assert origin(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "finops.example", "https://", "https://a/", "https://a/b", "https://a b", "https://a\r\nX: y", "https://u@a",
     "https://a\n", "https://ä", "https://a,https://b/"],
)  # fmt: skip
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="not an origin"):
        origin(text)


@given(st.text() | st.text().map("https://".__add__))
def test_what_is_taken_is_one_header_of_printable_characters(text: str) -> None:
    try:
        taken = origin(text)
    except argparse.ArgumentTypeError:
        return
    assert taken.isascii()
    assert taken.isprintable()
    assert " " not in taken
