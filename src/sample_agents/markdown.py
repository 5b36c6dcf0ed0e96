"""The markdown of answers. Names from data and questions pass through `plain` and cannot break it. Pure."""

import re
from collections.abc import Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]|~#!&])")

# A name longer than this is cut: it would push the amounts out of sight.
_LONGEST_NAME = 80


def plain(text: str) -> str:
    """Text from outside as one line of inert markdown.

    Control characters, line breaks and direction marks become spaces; characters with a meaning in markdown
    or HTML lose it.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > _LONGEST_NAME:
        line = line[: _LONGEST_NAME - 1] + "…"
    return _SPECIAL.sub(r"\\\1", line).replace("<", "&lt;").replace(">", "&gt;")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """A markdown table of inert cells; after the first `text_columns` columns, all hold amounts."""
    rule = ["---"] * text_columns + ["---:"] * (len(header) - text_columns)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def bullets(lines: Sequence[str]) -> str:
    """A bullet list."""
    return "\n".join(f"- {line}" for line in lines)


def paragraphs(*parts: str) -> str:
    """The parts that are not empty, one blank line between them."""
    return "\n\n".join(part for part in parts if part)
