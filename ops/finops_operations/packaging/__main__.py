"""The steps of build_packages.sh that decide something: `python -m finops_operations.packaging STEP ARGUMENT...`."""

import sys
from collections.abc import Callable
from importlib.metadata import version

from finops_operations.packaging.bytecode import compile_modules, interpreter_for
from finops_operations.packaging.dependencies import BuildFailed, chosen_target, install_dependencies
from finops_operations.packaging.function_zip import pack
from finops_operations.packaging.sbom import write_sboms


def can_build() -> None:
    """Raise BuildFailed unless this Python can build.

    pip's --report came with 22.2: https://pip.pypa.io/en/stable/news/#v22-2
    """
    old_pip = tuple(map(int, version("pip").split(".")[:2])) < (22, 2)
    if old_pip or sys.version_info < (3, 11):
        raise BuildFailed("Python 3.11 or newer with pip 22.2 or newer is needed.")


STEPS: dict[str, Callable[..., str | None]] = {
    "can-build": can_build,
    "target": chosen_target,
    "interpreter": interpreter_for,
    "install": install_dependencies,
    "compile": compile_modules,
    "package": pack,
    "describe": write_sboms,
}


def main(step: str, *arguments: str) -> int:
    """Take a step, print what it gives, and return the exit status: what goes wrong is one sentence on stderr."""
    try:
        if given := STEPS[step](*arguments):
            sys.stdout.write(f"{given}\n")
        return 0
    except BuildFailed as error:
        sentence, status = str(error), error.status
    except OSError as error:
        sentence, status = f"{error.filename}: {error.strerror}.", 1
    except KeyboardInterrupt:
        return 130
    sys.stderr.write(f"Error: {sentence}\n")
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
