"""Text from elsewhere made safe to print: an answer must not move the cursor or reverse a line."""

import re

# Escape sequences go as a whole, or their rest would stand in the text: CSI (colours, cursor), then strings
# such as OSC (title, links, clipboard) up to their end or the end of the line, then the short ones.
_ESCAPE_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)

_LINE_ENDS = re.compile(r"\r\n|[\u2028\u2029]")

# What is left of C0 and C1 but tab and newline; lone surrogates, which cannot be encoded; and the format characters
# (https://www.unicode.org/reports/tr9/, https://www.unicode.org/charts/PDF/U2000.pdf) that show as nothing: marks,
# embeddings, overrides and isolates, which show a text in another order than it has, spaces without width, invisible
# operators, soft hyphens, annotations and tags, which hide a text in another. The two joiners (U+200C, U+200D) stay:
# languages and emoji are spelt with them.
_UNPRINTABLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\U000e0000-\U000e007f]"
)


def clean_text(text: str) -> str:
    """A text of several lines without anything that a terminal would obey or that hides something from its reader."""
    return _UNPRINTABLE.sub("", _ESCAPE_SEQUENCES.sub("", _LINE_ENDS.sub("\n", text)))


def clean_line(text: str, longest: int | None = None) -> str:
    """The same as one line: each run of white space is one space. Cut to `longest` characters if that is given."""
    line = " ".join(clean_text(text).split())
    # By characters: not all languages have spaces.
    return line if longest is None or len(line) <= longest else line[: longest - 1] + "…"
