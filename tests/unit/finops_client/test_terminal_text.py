import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.terminal_text import clean_line, clean_text

HOSTILE = st.text(st.sampled_from("\x1b\x9b\x9d[]()0;1mHJ?\\\x07\x00\r\n\t\u202e\u2066\u2069\ud800aé😀"))


@given(st.text() | HOSTILE)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    cleaned = clean_text(text)
    assert all(unicodedata.category(char) not in {"Cc", "Cs"} or char in "\n\t" for char in cleaned)
    assert not set(cleaned) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
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
        ("a\ud800b", "ab"),
        ("[bold]markup[/bold]\ttab", "[bold]markup[/bold]\ttab"),
    ],
)
def test_hostile_text(hostile: str, safe: str) -> None:
    assert clean_text(hostile) == safe


def test_a_line_is_one_line() -> None:
    assert clean_line(" two\nlines\x1b[2J\u2028and\tmore ") == "two lines and more"
