"""The file src/config.js, by which a frontend knows where its API is: const config = {...}; export default config;"""

from __future__ import annotations

import math
import os
import re
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

import json5

from finops_client.terminal_text import clean_line
from finops_operations.errors import OperationFailed

Value: TypeAlias = "str | bool | int | float | list[Value] | dict[str, Value] | None"

# Possessive, so that no text makes it try twice.
_STRING_OR_COMMENT = re.compile(
    r"""'(?:[^'\\\n\r]|\\.)*+'|"(?:[^"\\\n\r]|\\.)*+"|(?P<comment>//[^\n\r\u2028\u2029]*+|/\*.*?\*/)""", re.DOTALL
)
_MODULE = re.compile(
    r"(?P<before>\s*const\s+config\s*=\s*)(?P<values>\{.*\})\s*;?\s*export\s+default\s+config\s*;?\s*", re.DOTALL
)
_FAULT = re.compile(r"<string>:(?P<line>\d+) (?P<what>.*) at column (?P<column>\d+)", re.DOTALL)


class NotUnderstood(Exception):
    """The text is not of that shape. Says why, and where."""


@dataclass(frozen=True)
class ParsedConfig:
    """What stands in the file. Of its comments only their number is kept."""

    text: str
    values: dict[str, Value]
    comments: int


def parse(text: str) -> ParsedConfig:
    """Read the values of the file's text, which are those of JSON5, and count its comments.

    Raises:
        NotUnderstood: it is anything else. It is never guessed at, because what is read here is written again.
    """
    comments = sum(bool(found["comment"]) for found in _STRING_OR_COMMENT.finditer(text))
    module = _MODULE.fullmatch(_STRING_OR_COMMENT.sub(lambda found: _blank(found[0], found["comment"]), text))
    if module is None:
        raise NotUnderstood("here must stand const config = {...}; export default config; and nothing else")
    try:
        # What stands before is blank too, so that a fault has its place in the file.
        values = json5.loads(_blank(module["before"], module["before"]) + module["values"], allow_duplicate_keys=False)
    except RecursionError as error:
        raise NotUnderstood("this is nested too deep") from error
    except ValueError as error:
        fault = _FAULT.search(str(error))
        place = f"line {fault['line']}, column {fault['column']}: {fault['what']}" if fault else str(error)
        raise NotUnderstood(clean_line(place)) from error
    return ParsedConfig(text, cast("dict[str, Value]", _checked(values)), comments)


def written(value: Value) -> str:
    """Write a value as JavaScript, laid out as in the guide's Step 7.

    There the last entry of a block ends in a comma if it is a string, and in none if it is not.
    """
    text = json5.dumps(
        value, indent=4, quote_style=json5.QuoteStyle.ALWAYS_SINGLE, trailing_commas=True, ensure_ascii=False
    )
    text = re.sub(r"(?<!'),(?=\n *[}\]])", "", text)
    # A digit behind \0 would make another character of it.
    text = re.sub(r"\\.", lambda escape: r"\x00" if escape[0] == r"\0" else escape[0], text)
    # What cannot be seen, or is half a character, which cannot be saved as UTF-8.
    text = re.sub(r"[^\n -~]", lambda found: _visible(found[0]), text)
    # Where a page has it inside its HTML, these would end the script or change how it is read.
    return text.replace("</", r"<\/").replace("<!--", r"<\!--")


def config_text(values: dict[str, Value]) -> str:
    """Give the file's text for these values."""
    return f"const config = {written(values)};\nexport default config;\n"


def read_config(path: Path) -> ParsedConfig | None:
    """Read the file, or give None where there is none.

    Raises:
        OperationFailed: it cannot be read, or not be understood. Names line and column.
    """
    try:
        return parse(path.read_bytes().decode())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OperationFailed(f"{path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise OperationFailed(f"{path} is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from error
    except NotUnderstood as fault:
        raise OperationFailed(
            f"{path}, {fault}. Only plain values are understood there; write this one out, or move the file away"
            " to have a new one."
        ) from fault


def replace(path: Path, text: str) -> None:
    """Put the text into the file, all of it or nothing: a build that reads it at this moment finds one or the other.

    A link stays a link, and the file it leads to keeps its mode.

    Raises:
        OperationFailed: it cannot be written. What was there is there.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        # In the same folder, because a rename works within one file system only.
        with tempfile.NamedTemporaryFile(prefix=f".{target.name}.", dir=target.parent, delete=False) as file:
            try:
                file.write(text.encode())
                file.flush()
                os.fsync(file.fileno())
                os.fchmod(file.fileno(), mode)
                Path(file.name).replace(target)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise
    except FileNotFoundError as error:
        raise OperationFailed(
            f"There is no folder {target.parent}. Name the frontend's with --frontend, or the file with --output."
        ) from error
    except OSError as error:
        raise OperationFailed(f"{path} cannot be written: {error.strerror}.") from error


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return re.sub("(.{4})", r"\\u\1", character.encode("utf-16-be", "surrogatepass").hex())


def _blank(text: str, hidden: str | None) -> str:
    """Give as many spaces on as many lines if the text is to be hidden, and the text if it is not."""
    return re.sub(r"[^\n\r\u2028\u2029]", " ", text) if hidden else text


def _checked(value: Value) -> Value:
    """Give a value as JavaScript has it; it counts in UTF-16, so two escapes may be the halves of one character."""
    if isinstance(value, dict):
        # In a literal that is no key: it would set what the object inherits.
        if "__proto__" in value:
            raise NotUnderstood("__proto__ is no key for a value")
        return {cast("str", _checked(name)): _checked(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_checked(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise NotUnderstood(f"the number {value} cannot be written again")
    return (
        value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass") if isinstance(value, str) else value
    )
