"""Writes the frontend's src/config.js from a stack's outputs (the guide's Step 7)."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from finops_operations.command_line import DONE, FAILED, QUICK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed
from finops_operations.frontend.config_file import Value, config_text, parse_config, read_text, replace, written
from finops_operations.operator_messages import say, warn
from finops_operations.stack import Stack

DEFAULT_FRONTEND = Path(__file__).resolve().parents[3] / "finops-ui"
CONFIG = Path("src", "config.js")

# The guide's keys in the guide's order. What nobody knows is an empty string, which is false in JavaScript as a
# missing key is: a frontend takes both as "there is none", and whoever reads the file sees what can be filled in.
_GUIDES: dict[str, Value] = {
    "region": "",
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
_IDENTITY_POOL = re.compile(r"[\w-]+:[0-9a-f-]+", re.ASCII)


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
    there = read_text(path)
    parsed = None if there is None else parse_config(path, there)
    before = parsed.values if parsed else {}
    values = _layered(_GUIDES, before, path)
    for (section, key), value in _known(options, stack).items():
        if value is not None:
            values[section][key] = value
    # Where the API is. The pool's own region stands in the pool's id.
    values["region"] = options.region
    _warn_of_another_region(values["cognito"]["userPoolId"], options.region)
    text = config_text(values)
    if options.dry_run:
        sys.stdout.write(text)
        return DONE
    if text == there:
        print(f"{path}: unchanged")  # noqa: T201 - a command's own output
        return DONE

    for change in changes(before, values):
        say(change)
    if parsed and parsed.comments:
        warn(f"{path} has {parsed.comments} comment(s), which the new file has not.")
    if options.check:
        print(f"{path}: differs" if there is not None else f"{path}: not there")  # noqa: T201 - a command's own output
        return FAILED
    replace(path, text)
    print(f"{path}: written")  # noqa: T201 - a command's own output
    return DONE


def changes(before: dict[str, Value], after: dict[str, Value]) -> Iterator[str]:
    """Give a line for each key whose value changes: api.useWebSocket: true -> false."""
    old, new = dict(_flat(before)), dict(_flat(after))
    for key, value in new.items():
        if key not in old:
            yield f"{key}: none -> {written(value)}"
        elif old[key] != value:
            yield f"{key}: {written(old[key])} -> {written(value)}"


def _known(options: argparse.Namespace, stack: Stack) -> dict[tuple[str, str], Value]:
    """Give what the stack and the options say of each section's keys; None where they say nothing."""
    return {
        ("cognito", "userPoolId"): stack.outputs.get("UserPoolId") or None,
        ("cognito", "userPoolWebClientId"): stack.outputs.get("UserPoolClientId") or None,
        ("cognito", "identityPoolId"): options.identity_pool_id,
        ("api", "websocketEndpoint"): stack.output("WebSocketApiEndpoint"),
        ("api", "privateEndpoint"): options.private_endpoint,
        ("api", "legacyEndpoint"): options.legacy_endpoint,
        ("api", "useWebSocket"): None if options.use_websocket is None else options.use_websocket == "true",
    }


def _layered(base: Mapping[str, Value], upper: Mapping[str, Value], path: Path) -> dict[str, Any]:
    """Give the base's keys in its order, with the upper's values where it has any, then the upper's other keys."""
    result = {**base, **upper}
    for key, below in base.items():
        if isinstance(below, dict):
            above = upper.get(key, {})
            if not isinstance(above, dict):
                raise OperationFailed(
                    f"{path}: {key} must be an object with keys, as {key}: {{ ... }}. Correct it there."
                )
            result[key] = {**below, **above}
    return result


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
    add_frontend_option(parser)
    parser.add_argument("--output", type=Path, metavar="FILE", help="the file; default: src/config.js in the frontend")
    parser.add_argument(
        "--identity-pool-id", type=_identity_pool, metavar="ID", help="an identity pool, such as us-east-1:0a1b...; ''"
        " for none"
    )  # fmt: skip
    parser.add_argument(
        "--private-endpoint", type=_url, metavar="URL", help="the function URL that older frontends call; '' for none"
    )
    parser.add_argument(
        "--legacy-endpoint", type=_url, metavar="URL", help="the REST API that older frontends call; '' for none"
    )
    parser.add_argument("--use-websocket", choices=("true", "false"), help="whether to ask over the WebSocket at all")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="write nothing; exit status 1 if the file would change")
    instead.add_argument("--dry-run", action="store_true", help="write nothing; print the file on stdout")
    return parser.parse_args(arguments)


def add_frontend_option(parser: argparse.ArgumentParser) -> None:
    """Add --frontend."""
    parser.add_argument(
        "--frontend", type=Path, default=DEFAULT_FRONTEND, metavar="DIRECTORY", help="the frontend; default: finops-ui"
    )


def _identity_pool(text: str) -> str:
    if text and not _IDENTITY_POOL.fullmatch(text):
        raise argparse.ArgumentTypeError(f"an identity pool's id looks like us-east-1:0a1b2c3d-..., not {text}")
    return text


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
    except ValueError:
        is_url = False
    if text and not is_url:
        raise argparse.ArgumentTypeError(f"an address looks like https://api.example.com/query, not {text}")
    return text


if __name__ == "__main__":
    sys.exit(run(main))
