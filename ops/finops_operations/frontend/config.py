"""The file src/config.js, by which a frontend knows where its API is, written from a stack's outputs (Step 7).

It is one JavaScript statement and its export: const config = {...}; export default config;
What cannot be done is an OperationFailed.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import json5

from finops_client.terminal_text import clean_line
from finops_operations.command_line import DONE, FAILED, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say, warn
from finops_operations.option_types import of_form
from finops_operations.stack import Stack

CONFIG = Path("src", "config.js")

Value: TypeAlias = "str | bool | int | float | list[Value] | dict[str, Value] | None"

# The guide's keys in the guide's order. What nobody knows is an empty string, which is false in JavaScript as a
# missing key is: a frontend takes both as "there is none", and whoever reads the file sees what can be filled in.
_SECTIONS: dict[str, dict[str, Value]] = {
    "cognito": {"userPoolId": "", "userPoolWebClientId": "", "identityPoolId": ""},
    "api": {"websocketEndpoint": "", "privateEndpoint": "", "legacyEndpoint": "", "useWebSocket": True},
}

# Possessive, so that no text makes it try twice.
_STRING_OR_COMMENT = re.compile(
    r"""'(?:[^'\\\n\r]|\\.)*+'|"(?:[^"\\\n\r]|\\.)*+"|(?P<comment>//[^\n\r\u2028\u2029]*+|/\*.*?\*/)""", re.DOTALL
)
_MODULE = re.compile(
    r"(?P<before>\s*const\s+config\s*=\s*)(?P<values>\{.*\})\s*;?\s*export\s+default\s+config\s*;?\s*", re.DOTALL
)

_DESCRIPTION = """\
Writes the frontend's src/config.js from the stack's outputs: region, user pool, app client and WebSocket endpoint.
All other values, keys of your own included, stay as they stand in the file, unless an option gives them. What nobody
knows becomes an empty string. Comments are not kept; the command says so. Nothing is written if nothing changes.

The user pool and its app client are always the stack's, because the API accepts no others' tokens. A stack with
AuthMode=open may have neither: then those in the file stay.
"""
_EXIT_STATUSES = """\
Each change goes to stderr. Exit status: 0 written, or nothing to write; 1 not written, or with --check: it differs;
2 a mistake in the command line.
"""

# Amazon Cognito Federated Identities API reference, type IdentityPoolId.
_identity_pool = of_form(r"([\w-]+:[0-9a-f-]+)?", "an identity pool's id looks like us-east-1:0a1b2c3d-...")
_url = of_form(r"((?i:https?)://[^\s/?#:@\[]\S*)?", "an address looks like https://api.example.com/query")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    options = options_of(arguments)
    cloudformation = session_of(options).client("cloudformation", config=QUICK)
    return write_config(options, Stack.read(cloudformation, options.stack_name))


def write_config(options: argparse.Namespace, stack: Stack) -> int:
    """Write, print or check the file for this stack."""
    path: Path = options.output or options.frontend / CONFIG
    old_text, before = read_config(path)
    values = _after(before, options, stack, path)
    pool = str(values["cognito"]["userPoolId"])
    # A pool's id begins with its region (Amazon Cognito user pools API reference, type UserPoolIdType).
    if "_" in pool and pool.partition("_")[0] != options.region:
        warn(
            f"The user pool {pool} is not in {options.region}, where the API is: the frontend must take the pool's"
            " region from its id."
        )
    text = config_text(values)
    if options.dry_run:
        sys.stdout.write(text)
        return DONE
    if text == old_text:
        return _told(path, "unchanged", DONE)

    old = dict(_flat(before))
    for key, value in _flat(values):
        if key not in old or old[key] != value:
            say(f"{key}: {written(old[key]) if key in old else 'none'} -> {written(value)}")
    if comments := sum(bool(found["comment"]) for found in _STRING_OR_COMMENT.finditer(old_text)):
        warn(f"{path} has {comments} comment(s), which the new file has not.")
    if options.check:
        return _told(path, "differs" if old_text else "not there", FAILED)
    _replace(path, text)
    return _told(path, "written", DONE)


def _told(path: Path, what: str, status: int) -> int:
    sys.stdout.write(f"{path}: {what}\n")
    return status


def _after(before: dict[str, Value], options: argparse.Namespace, stack: Stack, path: Path) -> dict[str, Any]:
    """Give what the file is to have: the guide's keys in its order, then others; what is known, then what is there."""
    values: dict[str, Any] = {"region": "", **_SECTIONS, **before}
    for section, guides in _SECTIONS.items():
        there = before.get(section, {})
        if not isinstance(there, dict):
            raise OperationFailed(
                f"{path}: {section} must be an object with keys, as {section}: {{ ... }}. Correct it there."
            )
        values[section] = {**guides, **there}
    # Where the API is. The pool's own region stands in the pool's id.
    values["region"] = options.region
    known = {
        ("cognito", "userPoolId"): stack.outputs.get("UserPoolId") or None,
        ("cognito", "userPoolWebClientId"): stack.outputs.get("UserPoolClientId") or None,
        ("cognito", "identityPoolId"): options.identity_pool_id,
        ("api", "websocketEndpoint"): stack.output("WebSocketApiEndpoint"),
        ("api", "privateEndpoint"): options.private_endpoint,
        ("api", "legacyEndpoint"): options.legacy_endpoint,
        ("api", "useWebSocket"): options.use_websocket and options.use_websocket == "true",
    }
    for (section, key), value in known.items():
        if value is not None:
            values[section][key] = value
    return values


def _flat(values: dict[str, Value], prefix: str = "") -> Iterator[tuple[str, Value]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def read_config(path: Path) -> tuple[str, dict[str, Value]]:
    """Return the file's text and its values: nothing of a file that is not there."""
    try:
        text = path.read_bytes().decode()
        return text, parse(text)
    except FileNotFoundError:
        return "", {}
    except OSError as error:
        raise OperationFailed(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise OperationFailed(
            f"{path}, {clean_line(str(error))}. Only plain values, in UTF-8, are understood there; write this one out,"
            " or move the file away to have a new one."
        ) from error


def parse(text: str) -> dict[str, Value]:
    """Return the values of the file's text, which are those of JSON5.

    Raises:
        ValueError: it is anything else. It is never guessed at, because what is read here is written again.
    """
    module = _MODULE.fullmatch(_STRING_OR_COMMENT.sub(lambda found: _blank(found["comment"]) or found[0], text))
    if module is None:
        raise ValueError("here must stand const config = {...}; export default config; and nothing else")
    try:
        # What stands before is blank too, so that a fault has its place in the file.
        values: dict[str, Value] = json5.loads(_blank(module["before"]) + module["values"], allow_duplicate_keys=False)
    except RecursionError as error:
        raise ValueError("this is nested too deep") from error
    except ValueError as error:
        place = re.sub(r"<string>:(\d+) (.*) at column (\d+)", r"line \1, column \3: \2", str(error), flags=re.DOTALL)
        raise ValueError(place) from error
    return values


def _blank(text: str | None) -> str:
    """Return as many spaces on as many lines."""
    return re.sub(r"[^\n\r\u2028\u2029]", " ", text or "")


def config_text(values: dict[str, Value]) -> str:
    """Return the file's text for these values."""
    return f"const config = {written(values)};\nexport default config;\n"


def written(value: Value) -> str:
    """Return a value as JavaScript, laid out as in the guide's Step 7.

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


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return re.sub("(.{4})", r"\\u\1", character.encode("utf-16-be", "surrogatepass").hex())


def _replace(path: Path, text: str) -> None:
    """Write the file, all of it or nothing: a build that reads it at this moment finds the old one or the new one.

    A link stays a link, and the file it leads to keeps its mode.
    """
    target = Path(os.path.realpath(path))
    unfinished = target.with_name(f".{target.name}.new")
    try:
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        if target.exists():
            shutil.copymode(target, unfinished)
        unfinished.replace(target)
    except FileNotFoundError as error:
        raise OperationFailed(
            f"There is no folder {target.parent}. Name the frontend's with --frontend, or the file with --output."
        ) from error
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise OperationFailed(f"{path} cannot be written: {error.strerror}.") from error


def options_of(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line. End the program with status 2 at a mistake in it."""
    parser = stack_parser("ops/write_frontend_config.sh", _DESCRIPTION)
    parser.epilog = _EXIT_STATUSES
    add = parser.add_argument
    add_frontend_option(parser)
    add("--output", type=Path, metavar="FILE", help="the file; default: src/config.js in the frontend")
    help_text = "an identity pool, such as us-east-1:0a1b...; '' for none"
    add("--identity-pool-id", type=_identity_pool, metavar="ID", help=help_text)
    help_text = "the function URL that older frontends call; '' for none"
    add("--private-endpoint", type=_url, metavar="URL", help=help_text)
    help_text = "the REST API that older frontends call; '' for none"
    add("--legacy-endpoint", type=_url, metavar="URL", help=help_text)
    add("--use-websocket", choices=("true", "false"), help="whether to ask over the WebSocket at all")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="write nothing; exit status 1 if the file would change")
    instead.add_argument("--dry-run", action="store_true", help="write nothing; print the file on stdout")
    return parser.parse_args(arguments)


def add_frontend_option(parser: argparse.ArgumentParser) -> None:
    """Add --frontend."""
    default = Path(__file__).resolve().parents[3] / "finops-ui"
    help_text = "the frontend; default: finops-ui"
    parser.add_argument("--frontend", type=Path, default=default, metavar="DIRECTORY", help=help_text)


if __name__ == "__main__":
    sys.exit(run(main))
