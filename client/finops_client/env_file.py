"""Files of KEY=value lines, such as the one that the local run leaves in `.local/stack.env`."""

from __future__ import annotations

import re
from pathlib import Path

_LINE = re.compile(r"(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)")


class InvalidEnvFile(ValueError):
    """The file cannot be read; the text is a sentence and holds no value from it."""


def read_env_file(path: Path) -> dict[str, str]:
    """The values in a file.

    Raises:
        InvalidEnvFile: the file is not there, is no text, or has a line that is none of ours.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as unreadable:
        raise InvalidEnvFile(f"{path} cannot be read: {unreadable.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidEnvFile(f"{path} is not a UTF-8 text.") from None
    try:
        return parse_env(text)
    except InvalidEnvFile as invalid:
        raise InvalidEnvFile(f"{path}: {invalid}") from None


def parse_env(text: str) -> dict[str, str]:
    """The values in KEY=value lines. Empty lines, `#` lines, `export` and a pair of quotes are understood.

    Raises:
        InvalidEnvFile: a line is something else.
    """
    values = {}
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.strip()
        if not stripped or stripped.startswith("#"):
            continue
        match = _LINE.fullmatch(stripped)
        if match is None:
            raise InvalidEnvFile(f"line {number} is not KEY=value.")
        values[match[1]] = _unquoted(match[2].strip())
    return values


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "'\"":
        return value[1:-1]
    return value
