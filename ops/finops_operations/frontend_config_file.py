"""The file src/config.js, by which a frontend knows where its API is."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from finops_operations.errors import OperationFailed
from finops_operations.javascript_parser import NotUnderstood, ParsedConfig, parse
from finops_operations.javascript_value import Value, written


def config_text(values: dict[str, Value]) -> str:
    """The file's text for these values, laid out as in the guide's Step 7."""
    return f"const config = {written(values)};\nexport default config;\n"


def read_text(path: Path) -> str | None:
    """The file's text, or None where there is no file.

    Raises:
        OperationFailed: it is there, but is no text, or cannot be read.
    """
    try:
        return path.read_bytes().decode()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise OperationFailed(f"{path} is not UTF-8 (byte {error.start + 1}). Save it as UTF-8.") from error
    except OSError as error:
        raise OperationFailed(f"{path} cannot be read: {error.strerror}.") from error


def parse_config(path: Path, text: str) -> ParsedConfig:
    """What the file's text says.

    Raises:
        OperationFailed: it cannot be understood. Names line and column.
    """
    try:
        return parse(text)
    except NotUnderstood as fault:
        raise OperationFailed(
            f"{path}, {fault}. Only plain values are understood there; write this one out, or move the file away"
            " to have a new one."
        ) from fault


def replace(path: Path, text: str) -> None:
    """Puts the text into the file, all of it or nothing: a build that reads it at this moment finds one or the other.

    A link stays a link, and the file it leads to keeps its mode.

    Raises:
        OperationFailed: it cannot be written. What was there is there.
    """
    target = Path(os.path.realpath(path))
    try:
        _replace(target, text.encode())
    except FileNotFoundError as error:
        raise OperationFailed(
            f"There is no folder {target.parent}. Name the frontend's with --frontend, or the file with --output."
        ) from error
    except OSError as error:
        raise OperationFailed(f"{path} cannot be written: {error.strerror}.") from error


def _replace(target: Path, content: bytes) -> None:
    mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
    # In the same folder, because a rename works within one file system only.
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
