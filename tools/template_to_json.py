"""Writes CloudFormation templates as JSON, in which every function has its long form."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from awscli.customizations.cloudformation.yamlhelper import yaml_parse


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the templates that the command line names and return the exit status."""
    parser = argparse.ArgumentParser(description="Write templates as JSON.")
    parser.add_argument("folder", type=Path, help="where they go: FOLDER/PATH.json, with the template's own PATH")
    parser.add_argument("templates", type=Path, nargs="+", metavar="PATH", help="a template, by a relative path")
    options = parser.parse_args(arguments)
    for template in options.templates:
        if template.is_absolute() or ".." in template.parts:
            parser.error(f"{template} is no path below the working directory.")
        as_json: Path = options.folder / f"{template}.json"
        as_json.parent.mkdir(parents=True, exist_ok=True)
        as_json.write_text(json.dumps(yaml_parse(template.read_text(encoding="utf-8"))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
