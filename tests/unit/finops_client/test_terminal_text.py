import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.terminal_text import clean_line, clean_text
from unit.finops_client.printed_text import FRAGMENTS, assert_harmless

HOSTILE = st.lists(st.sampled_from([*FRAGMENTS, *"[]()0;1mHJ?\\é😀"])).map("".join)


@given(st.text() | HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    cleaned = clean_text(text)
    assert all(unicodedata.category(char) not in {"Cc", "Cs"} or char in "\n\t" for char in cleaned)
    assert_harmless(cleaned, allowed="\n\t")
    assert clean_text(cleaned) == cleaned
    cleaned.encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S", "Zs"])))
def test_plain_text_is_left_alone(text: str) -> None:
    assert clean_text(text) == text


@pytest.mark.parametrize(
    ("hostile", "safe"),
    [
        ("a\x1b[31mb\x1b[0mc", "abc"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"),
        ("\x1b]52;c;ZXZpbA==\x07", ""),
        ("\x9b2Jcleared", "cleared"),
        ("\x9d0;owned\x9ctitle", "title"),
        ("\x1bcreset", "reset"),
        ("50%\rfake", "50%fake"),
        ("a\r\nb", "a\nb"),
        ("\x1b\x1b[31m[31mx", "[31mx"),
        ("\x1b]unfinished\nnext line", "\nnext line"),
        ("abc\u202edef\u2066", "abcdef"),
        ("a\u200eb\u200fc\u061cd", "abcd"),
        ("pay\u200bpal\u2060\ufeff\xad", "paypal"),
        ("a\U000e0041\U000e007f\ufff9b\u206f", "ab"),
        ("\u0646\u200c\u0647 \U0001f469\u200d\U0001f469", "\u0646\u200c\u0647 \U0001f469\u200d\U0001f469"),
        ("a\u2028b\u2029c", "a\nb\nc"),
        ("a\x85b\x0bc\x0cd", "abcd"),
        ("\x90q\x9c\x98x\x9c\x9ey\x9c\x9fz\x9cend", "end"),
        ("a\ud800b", "ab"),
        ("[bold]markup[/bold]\ttab", "[bold]markup[/bold]\ttab"),
    ],
)
def test_hostile_text(hostile: str, safe: str) -> None:
    assert clean_text(hostile) == safe


def test_a_line_is_one_line() -> None:
    assert clean_line(" two\nlines\x1b[2J\u2028and\tmore ") == "two lines and more"


def test_a_line_can_have_a_longest_length() -> None:
    assert clean_line("four", 4) == "four"
    assert clean_line("fives", 4) == "fiv…"
    assert clean_line("a " * 1_000_000, 10) == "a a a a a…"
