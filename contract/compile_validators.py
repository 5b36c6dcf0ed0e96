"""Compile the contract to Python modules: one that checks what clients send, and one that checks agents' figures.

Done when a package is built and before tests run, and not when a function starts: a cold start reads no schema.
"""

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

import fastjsonschema

CONTRACT = Path(__file__).resolve().parent / "messages.schema.json"
OUTPUT = CONTRACT.parents[1] / "src" / "finops_websocket" / "wire"

HEAD = '''"""Checks {what}: returns what is valid, and raises JsonSchemaValueException on any other value.

Made by contract/compile_validators.py from contract/messages.schema.json. Do not edit: change the contract.
"""

# mypy: ignore-errors
'''


def main() -> None:
    """Compile the contract as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="folder to write the modules to")
    output: Path = parser.parse_args().output
    try:
        modules = compile_validators(json.loads(CONTRACT.read_bytes()))
    except (ValueError, KeyError, fastjsonschema.JsonSchemaDefinitionException) as error:
        sys.exit(f"compile_validators.py: The contract cannot be compiled: {error}.")
    for name, text in modules.items():
        module = output / name
        # A module that is read elsewhere at this moment is left alone if it is right.
        if not module.is_file() or module.read_text(encoding="utf-8") != text:
            module.write_text(text, encoding="utf-8", newline="\n")


def compile_validators(schema: dict[str, Any]) -> dict[str, str]:
    """Return the modules' sources by file name; the same schema and the same fastjsonschema give the same text."""
    definitions = schema["definitions"].items()
    client_messages = [name for name, each in definitions if "action" in each.get("required", ()) and name != "Pong"]
    return {
        "contract_validators.py": _module("what clients send", schema, client_messages, detailed=True),
        # Whose figures are refused is told where, and not why: half the module, which is loaded at each cold start.
        "figures_validator.py": _module("agents' figures", schema, ["figures"], detailed=False),
    }


def _module(what: str, schema: dict[str, Any], names: list[str], *, detailed: bool) -> str:
    # One schema that refers to every definition makes one module in which shared ones appear once.
    wanted = {**schema, "properties": {name: {"$ref": f"#/definitions/{name}"} for name in names}}
    source = fastjsonschema.compile_to_code(wanted, use_default=False, detailed_exceptions=detailed).strip()
    snake_case = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names}
    aliases = (f"validate_{snake_case[name]} = validate___definitions_{name.lower()}\n" for name in names)
    return f"{HEAD.format(what=what)}{source}\n\n\n{''.join(aliases)}"


if __name__ == "__main__":
    main()
