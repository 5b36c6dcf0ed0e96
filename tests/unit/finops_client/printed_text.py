"""What a terminal may be sent, and pieces from which hostile texts are made."""

import re

from hypothesis import strategies as st

# Colours and the like; a terminal does nothing else at them.
SGR = re.compile(r"\x1b\[[0-9;]*m")
CONTROLS = {chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)]}
UNSEEN = set("\xad\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff\U000e0041")

# Each a piece of its own between two spaces.
_PIECES = (
    "\x1b \x1b[2J \x1b[31m \x1b]0;title\x07 \x1b]8;;http://evil.example\x1b\\ \x1b]52;c;ZQ==\x07 \x9b2J \x9d0;t\x9c "
    "\x90q\x9c \x85 \x7f \x00 \x07 \x08 \r \r\n \x0b \x0c \x0e \u2028 \u2029 \ud800 \u200d \u0301 \n \n\n \t "
    "&#x202e; &#27; &#x9b; &#13; &Tab; &NewLine; &rlm; &#xad; 1. > # ---\n *** _ ~~ ` ``` ```python\n | \n|-|-|\n [ "
    "]( ) ![ ](javascript:x) ](https://x.example) <https://x.example> <b> </kbd> <kbd> <!-- --> <script> [/bold] "
    "[link=http://x] :smile: \\ a あ 👩"
)
FRAGMENTS = [*_PIECES.split(" "), *sorted(UNSEEN), " ", "- ", "  - "]
HOSTILE_TEXTS = st.text() | st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=3), max_size=20).map("".join)


def assert_harmless(printed: str, *, allowed: str = "\n") -> None:
    """Nothing in it but text, these controls and colours: no cursor, title, clipboard, link, or reversed text."""
    text = SGR.sub("", printed)
    assert not (CONTROLS - set(allowed)) & set(text), repr(printed)
    assert not UNSEEN & set(text), repr(printed)
    text.encode()
