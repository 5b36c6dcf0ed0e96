"""Writes the frontend's src/config.js from a stack's outputs (the guide's Step 7)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from finops_operations.command_line import DONE, FAILED, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed
from finops_operations.frontend.config_file import Value, config_text, read_config, replace, written
from finops_operations.operator_messages import say, warn
from finops_operations.option_types import of_form
from finops_operations.stack import Stack

DEFAULT_FRONTEND = Path(__file__).resolve().parents[3] / "finops-ui"
CONFIG = Path("src", "config.js")

# The guide's keys in the guide's order. What nobody knows is an empty string, which is false in JavaScript as a
# missing key is: a frontend takes both as "there is none", and whoever reads the file sees what can be filled in.
_SECTIONS: dict[str, dict[str, Value]] = {
    "cognito": {"userPoolId": "", "userPoolWebClientId": "", "identityPoolId": ""},
    "api": {"websocketEndpoint": "", "privateEndpoint": "", "legacyEndpoint": "", "useWebSocket": True},
}

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
    """Write, print or check the file for this stack.

    Raises:
        OperationFailed: the stack has no endpoint yet, or the file that is there cannot be understood or replaced.
    """
    path: Path = options.output or options.frontend / CONFIG
    there = read_config(path)
    before = there.values if there else {}
    values = _after(before, options, stack, path)
    _warn_of_another_region(values["cognito"]["userPoolId"], options.region)
    text = config_text(values)
    if options.dry_run:
        sys.stdout.write(text)
        return DONE
    if there and text == there.text:
        print(f"{path}: unchanged")  # noqa: T201 - a command's own output
        return DONE

    old = dict(_flat(before))
    for key, value in _flat(values):
        if key not in old or old[key] != value:
            say(f"{key}: {written(old[key]) if key in old else 'none'} -> {written(value)}")
    if there and there.comments:
        warn(f"{path} has {there.comments} comment(s), which the new file has not.")
    if options.check:
        print(f"{path}: differs" if there else f"{path}: not there")  # noqa: T201 - a command's own output
        return FAILED
    replace(path, text)
    print(f"{path}: written")  # noqa: T201 - a command's own output
    return DONE


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


def _warn_of_another_region(pool: Value, region: str) -> None:
    # A pool's id begins with its region (Amazon Cognito user pools API reference, type UserPoolIdType).
    if isinstance(pool, str) and "_" in pool and pool.split("_")[0] != region:
        warn(
            f"The user pool {pool} is not in {region}, where the API is: the frontend must take the pool's region from"
            " its id."
        )


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
    parser.add_argument(
        "--frontend", type=Path, default=DEFAULT_FRONTEND, metavar="DIRECTORY", help="the frontend; default: finops-ui"
    )


if __name__ == "__main__":
    sys.exit(run(main))
