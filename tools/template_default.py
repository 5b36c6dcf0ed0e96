"""Prints the default of a parameter of a CloudFormation template.

Packages are built on machines that have no YAML library, so this reads the one form that our template has:
block mappings, indented by two spaces, with a plain value after `Default:`.
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path


class NoDefaultError(Exception):
    """The template gives no default for the parameter; the text is a sentence for a person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the default that the command line asks for and return the exit status."""
    parser = argparse.ArgumentParser(description="Print the default of a template's parameter.")
    parser.add_argument("template", type=Path, help="CloudFormation template")
    parser.add_argument("parameter", help="the parameter's name")
    options = parser.parse_args(arguments)
    try:
        default = template_default(options.template.read_text(encoding="utf-8"), options.parameter)
    except NoDefaultError as error:
        sys.stderr.write(f"template_default.py: {options.template}: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"template_default.py: {options.template} cannot be read: {error.strerror}.\n")
        return 1
    except UnicodeDecodeError:
        sys.stderr.write(f"template_default.py: {options.template} is not UTF-8 text.\n")
        return 1
    sys.stdout.write(default + "\n")
    return 0


def template_default(template: str, parameter: str) -> str:
    """Return the plain default of a parameter in a template's text.

    Raises NoDefaultError if there is no such parameter, or its default is missing or not a plain value.
    """
    block = mapping_entry(mapping_entry(template + "\n", "Parameters", indent=0), parameter, indent=2)
    default = re.search(r"^    Default: *([\w.-]+)$", block, re.MULTILINE)
    if default is None:
        raise NoDefaultError(f"Parameter {parameter} with a plain default is not found.")
    return default[1]


def mapping_entry(text: str, key: str, indent: int) -> str:
    """Return the lines below a key that are indented deeper than it; nothing if the key is not there."""
    entry = re.search(rf"^ {{{indent}}}{re.escape(key)}:\n((?: {{{indent + 1}}}.*\n|\n)*)", text, re.MULTILINE)
    return entry[1] if entry else ""


if __name__ == "__main__":
    sys.exit(main())
