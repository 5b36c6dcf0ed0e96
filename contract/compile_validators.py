"""Compile the contract's client messages to a Python module, with a function for each that checks a message.

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
OUTPUT = CONTRACT.parents[1] / "src" / "finops_websocket" / "wire" / "contract_validators.py"

HEAD = '''"""Checks what clients send: returns a valid message, and raises JsonSchemaValueException on any other value.

Made by contract/compile_validators.py from contract/messages.schema.json. Do not edit: change the contract.
"""

# mypy: ignore-errors
'''


def main() -> None:
    """Compile the contract as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=OUTPUT, help="module to write")
    output: Path = parser.parse_args().output
    try:
        text = compile_validators(json.loads(CONTRACT.read_bytes()))
    except (ValueError, KeyError, fastjsonschema.JsonSchemaDefinitionException) as error:
        sys.exit(f"compile_validators.py: The contract cannot be compiled: {error}.")
    # A module that is read elsewhere at this moment is left alone if it is right.
    if not output.is_file() or output.read_text(encoding="utf-8") != text:
        output.write_text(text, encoding="utf-8", newline="\n")


def compile_validators(schema: dict[str, Any]) -> str:
    """Return the module's source; the same schema and the same fastjsonschema give the same text."""
    definitions = schema["definitions"].items()
    names = [name for name, each in definitions if "action" in each.get("required", ()) and name != "Pong"]
    # One schema that refers to every message makes one module in which shared definitions appear once.
    messages = {**schema, "properties": {name: {"$ref": f"#/definitions/{name}"} for name in names}}
    source = fastjsonschema.compile_to_code(messages, use_default=False).strip()
    snake_case = {name: re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower() for name in names}
    aliases = (f"validate_{snake_case[name]} = validate___definitions_{name.lower()}\n" for name in names)
    return f"{HEAD}{source}\n\n\n{''.join(aliases)}"


if __name__ == "__main__":
    main()
