"""Compiles the contract's client messages to one Python module of validators.

The functions check what clients send against `contract/messages.schema.json`. Compiling the schema when a
package is built, and not when a function starts, keeps cold starts short and the check fast. The module needs
nothing but fastjsonschema's exception class (https://horejsek.github.io/python-fastjsonschema/).
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import fastjsonschema

REPOSITORY = Path(__file__).resolve().parent.parent
CONTRACT = REPOSITORY / "contract" / "messages.schema.json"
DEFAULT_OUTPUT = REPOSITORY / "src" / "finops_websocket" / "contract_validators.py"

CLIENT_MESSAGES = ("Authenticate", "Ping", "FinopsQuery", "ResumeJob", "CancelJob", "ListJobs")

BANNER = f'''"""Validators of the messages that clients send, one function each.

Made by tools/compile_contract.py from contract/messages.schema.json, with fastjsonschema
{fastjsonschema.VERSION}. Do not edit: change the contract and compile it again.
Each function returns a valid message and raises fastjsonschema.JsonSchemaValueException on any other value.
"""

# mypy: ignore-errors
from typing import Any

'''

FUNCTION = '''

def validate_{name}(message: object) -> dict[str, Any]:
    """Return the message if it is a valid {definition}; raise JsonSchemaValueException if not."""
    return {generated}(message)
'''


class ContractError(Exception):
    """The contract cannot be read or compiled; the text is a sentence for a person."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Compile the contract as the command line says and return the exit status."""
    parser = argparse.ArgumentParser(description="Compile the contract to Python validators.")
    parser.add_argument("--contract", type=Path, default=CONTRACT, help="JSON Schema to compile")
    parser.add_argument("--output", type=Path, default=DEFAULT_OUTPUT, help="module to write")
    options = parser.parse_args(arguments)
    try:
        write_if_changed(options.output, compile_contract(read_contract(options.contract)))
    except ContractError as error:
        sys.stderr.write(f"compile_contract.py: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"compile_contract.py: {error.filename}: {error.strerror}.\n")
        return 1
    return 0


def read_contract(path: Path) -> dict[str, Any]:
    """Return the schema in a file.

    Raises ContractError if it is not a JSON object, OSError if it cannot be read.
    """
    try:
        schema = json.loads(path.read_bytes())
    except ValueError as error:
        raise ContractError(f"{path} is not JSON: {error}") from error
    if not isinstance(schema, dict):
        raise ContractError(f"{path} holds no JSON object.")
    return schema


def compile_contract(schema: dict[str, Any]) -> str:
    """Return the source of a module with one `validate_*` function for each client message.

    The same schema and the same fastjsonschema give the same text. Raises ContractError if a client message
    has no definition or a definition is not JSON Schema.
    """
    definitions = schema.get("definitions", {})
    missing = [definition for definition in CLIENT_MESSAGES if definition not in definitions]
    if missing:
        raise ContractError(f"The contract does not define {', '.join(missing)}.")
    # One schema that refers to every message makes one module in which shared definitions appear once.
    all_messages = {
        "$schema": schema.get("$schema", "http://json-schema.org/draft-07/schema#"),
        "definitions": definitions,
        "properties": {name: {"$ref": f"#/definitions/{name}"} for name in CLIENT_MESSAGES},
    }
    try:
        generated = fastjsonschema.compile_to_code(all_messages, use_default=False)
    except fastjsonschema.JsonSchemaDefinitionException as error:
        raise ContractError(f"The contract cannot be compiled: {error}") from error
    return BANNER + generated.strip() + "\n" + "".join(map(public_function, CLIENT_MESSAGES))


def public_function(definition: str) -> str:
    """Return the source of the function that validates one message, named as Python names functions."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", definition).lower()
    generated = f"validate___definitions_{definition.lower()}"
    return FUNCTION.format(name=name, definition=definition, generated=generated)


def write_if_changed(path: Path, text: str) -> None:
    """Write a file in one step, so that nobody reads half of it; leave it alone if it has this text already.

    Raises OSError if it cannot be written.
    """
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
