"""A function's package without one of its protections, to see whether the suite would notice."""

import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from local_cloud.journey_stack import JourneyStack

CONNECTION_MANAGER, MESSAGE_HANDLER = "connection-manager", "message-handler"
BACKGROUND_PROCESSOR = "background-processor"


class Weakness(NamedTuple):
    """A function, the text of one of its modules that protects, and what stands there without the protection."""

    function: str
    module: str
    protected: str
    unprotected: str = "if False:"


def _module_of(name: str) -> str:
    """Give the name of the module that a file in a package is the bytecode of; an empty one of other files."""
    path = PurePosixPath(name)
    return str(path.parents[1] / f"{path.name.split('.')[0]}.py") if path.suffix == ".pyc" else ""


@contextmanager
def weakened(stack: JourneyStack, packages: Path, weakness: Weakness) -> Iterator[None]:
    """Run the function without the protection, whose text must be there exactly once."""
    whole = packages / f"websocket-{weakness.function}.zip"
    changed = io.BytesIO()
    with zipfile.ZipFile(whole) as package, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as copy:
        for entry in package.infolist():
            # Bytecode is loaded in place of its module, whatever that says.
            if _module_of(entry.filename) == weakness.module:
                continue
            content = package.read(entry)
            if entry.filename == weakness.module:
                assert content.count(weakness.protected.encode()) == 1, f"{weakness.module} has changed"
                content = content.replace(weakness.protected.encode(), weakness.unprotected.encode())
            copy.writestr(entry, content)
    assert weakness.module in copy.namelist()
    functions, name = stack.cloud.client("lambda"), f"{stack.project}-{weakness.function}"
    functions.update_function_code(FunctionName=name, ZipFile=changed.getvalue())
    try:
        yield
    finally:
        functions.update_function_code(FunctionName=name, ZipFile=whole.read_bytes())
