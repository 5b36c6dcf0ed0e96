"""Text from elsewhere made safe to print: an answer must not move the cursor or reverse a line."""

from __future__ import annotations

import re

# Escape sequences go as a whole, or their rest would stand in the text: CSI (colours, cursor), then strings
# such as OSC (title, links, clipboard) up to their end or the end of the line, then the short ones.
_ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)

# What is left of C0 and C1 but tab and newline; the bidirectional overrides and isolates, which show a text in
# another order than it has; lone surrogates, which cannot be encoded.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def clean_text(text: str) -> str:
    """A text of several lines without anything that a terminal would obey."""
    text = text.replace("\r\n", "\n")
    return _UNPRINTABLE.sub("", _ESCAPE_SEQUENCES.sub("", text))


def clean_line(text: str) -> str:
    """The same as one line: each run of white space is one space."""
    return " ".join(clean_text(text).split())
