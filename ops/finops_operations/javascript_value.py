"""Values of a JavaScript object literal, and how they are written."""

from __future__ import annotations

import re
from typing import TypeAlias

Value: TypeAlias = "str | bool | int | float | list[Value] | dict[str, Value] | None"

# A key that needs no quotes. The few letters beyond ASCII that JavaScript would take as well are quoted.
IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")

_INDENT = "    "
_SHORT_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# Where a page has the literal inside its HTML, these would end the script or change how it is read.
_MARKUP = (("</", "<\\/"), ("<!--", "<\\!--"))


def written(value: Value, depth: int = 0) -> str:
    """The value as JavaScript, its blocks indented by four spaces for each level from `depth` on.

    As in the guide's example, the last entry of a block ends in a comma if it is a string, and in none if it is not.
    """
    if isinstance(value, dict):
        entries = [(f"{_key(name)}: {written(entry, depth + 1)}", entry) for name, entry in value.items()]
        return _block("{", entries, "}", depth)
    if isinstance(value, list):
        return _block("[", [(written(entry, depth + 1), entry) for entry in value], "]", depth)
    if isinstance(value, str):
        return _string(value)
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _block(opening: str, entries: list[tuple[str, Value]], closing: str, depth: int) -> str:
    if not entries:
        return opening + closing
    lines = [f"{_INDENT * (depth + 1)}{text}," for text, _ in entries]
    if not isinstance(entries[-1][1], str):
        lines[-1] = lines[-1][:-1]
    return "\n".join([opening, *lines, _INDENT * depth + closing])


def _key(name: str) -> str:
    return name if IDENTIFIER.fullmatch(name) else _string(name)


def _string(text: str) -> str:
    literal = "".join(map(_character, text))
    for markup, escaped in _MARKUP:
        literal = literal.replace(markup, escaped)
    return f"'{literal}'"


def _character(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    # Line separators, which end a line in older JavaScript, and whatever cannot be seen.
    if not character.isprintable():
        code = ord(character)
        return f"\\u{code:04x}" if code < 0x10000 else f"\\u{{{code:x}}}"
    return character
