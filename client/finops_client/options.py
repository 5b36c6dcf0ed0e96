"""The `ask` command's options: from its arguments, then a named file, the environment, the local stack's file."""

import argparse
import math
import re
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from enum import IntEnum
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

from finops_client.auth import ClaimedIdentity, CognitoLogin, Credentials, GivenToken, mfa_code

LOCAL_STACK_FILE = Path(".local/stack.env")
PRECEDENCE = f"""where a value comes from, the first that has it:
  the flag, then --env-file, then the environment, then {LOCAL_STACK_FILE}
  (that last file is read only without --env-file and without a URL)"""
# What fits on a screen, and what the server gives by itself.
JOBS_LISTED = 20

# RFC 6454, 6.2: scheme, host and, if it is not the scheme's own, port; nothing behind it.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^\s/?#@\\]+|null")
_ENV_LINE = re.compile(r"""(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=\s*(["']?)(.*)\2""")


class ExitCode(IntEnum):
    """What the command's exit status says; `ask --help` lists them."""

    COMPLETE = 0
    FAILED = 1
    USAGE = 2
    PARTIAL = 3
    NOT_CONNECTED = 4
    NOT_AUTHENTICATED = 5
    TIMED_OUT = 6
    INTERRUPTED = 130


MEANINGS = """exit status:
    0  complete answer, or cancelled or listed as told
    1  the job failed, was cancelled, is gone or has ended; too much was asked; or the output fails
    2  wrong usage
    3  partial answer: an agent failed, or the rest of a large answer cannot be fetched
    4  cannot connect or reach the sign-in, no answer, or the connection was lost for good
    5  not authenticated, or wrong credentials
    6  no answer within --timeout
  130  interrupted (Ctrl-C); the job goes on"""


class AskOptions(argparse.Namespace):
    """What the parser below reads, and what is made of it.

    One of `question`, `resume` (a job's id), `cancel` (a job's id) and `list_jobs` is set; `limit` is the list's.
    """

    question: str | None
    limit: int
    url: str
    credentials: Credentials


def read_options(
    arguments: Sequence[str], environment: Mapping[str, str], directory: Path, stdin: TextIO
) -> AskOptions:
    """Read the options of one call in a directory.

    Standard input is read to its end if the question is `-`; on a terminal an authenticator's code is typed there.

    Raises:
        SystemExit: 2 for wrong usage, after a sentence on standard error; 0 after --help and --version.
    """
    parser = _parser()
    given = parser.parse_args(arguments, AskOptions())
    try:
        _complete(given, environment, directory, stdin)
    except ArgumentTypeError as wrong:
        parser.error(str(wrong))
    return given


def origin(text: str) -> str:
    """Read an origin as it is given on a command line, and as a browser sends it.

    Raises:
        ArgumentTypeError: it is none.
    """
    if not (text.isascii() and text.isprintable() and _ORIGIN.fullmatch(text)):
        raise ArgumentTypeError(f"{text!r} is not an origin such as https://finops.example")
    return text


def read_env_file(path: Path) -> dict[str, str]:
    """Read the values of a file of KEY=value lines, with empty lines, `#` lines, `export` and a pair of quotes.

    python-dotenv would cut a value at ` #`, and skip a line that it cannot read.

    Raises:
        ArgumentTypeError: a line is something else; the text holds no value.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except OSError as unreadable:
        raise ArgumentTypeError(f"{path} cannot be read: {unreadable.strerror}.") from None
    except UnicodeDecodeError:
        raise ArgumentTypeError(f"{path} is not a UTF-8 text.") from None
    values = {}
    for number, line in enumerate(map(str.strip, lines), start=1):
        if match := _ENV_LINE.fullmatch(line):
            values[match[1]] = match[3]
        elif line and not line.startswith("#"):
            raise ArgumentTypeError(f"{path}: line {number} is not KEY=value.")
    return {name: value for name, value in values.items() if value}


def _complete(given: AskOptions, environment: Mapping[str, str], directory: Path, stdin: TextIO) -> None:
    if given.question is None and (given.agents or given.request_id):
        raise ArgumentTypeError("--agent and --request-id go with a question only")
    if given.limit is not None and not given.list_jobs:
        raise ArgumentTypeError("--limit goes with --list only")
    settings = _settings(given, environment, directory)
    given.url = given.url or settings.get("WEBSOCKET_URL", "")
    if not given.url:
        raise ArgumentTypeError("no URL: give --url or set WEBSOCKET_URL (the stack's output WebSocketApiEndpoint)")
    if not given.url.startswith(("ws://", "wss://")):
        raise ArgumentTypeError("the URL must begin with ws:// or wss://")
    if given.question == "-":
        try:
            given.question = stdin.read()
        except UnicodeDecodeError:
            raise ArgumentTypeError("the question is not a UTF-8 text") from None
    if given.question is not None:
        given.question = _text("question", given.question)
    given.limit = given.limit or JOBS_LISTED
    given.credentials = _credentials(given, settings, stdin)


def _settings(given: AskOptions, environment: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The environment and a file together: a named file goes before the environment, a found one behind it."""
    from_environment = {name: value for name, value in environment.items() if value}
    if given.env_file:
        from_file = read_env_file(given.env_file)
        if "TEST_USERNAME" in from_file:
            # A token goes before a user name, but who is named in the file is not to give way to the environment.
            from_environment.pop("FINOPS_TOKEN", None)
        return from_environment | from_file
    local = directory / LOCAL_STACK_FILE
    if given.url or "WEBSOCKET_URL" in from_environment or not local.is_file():
        return from_environment
    from_file = read_env_file(local)
    # The file describes one stack: its endpoint and region belong together.
    return from_file | from_environment | {name: from_file[name] for name in from_file if name.startswith("AWS_")}


def _credentials(given: AskOptions, settings: Mapping[str, str], stdin: TextIO) -> Credentials:
    if given.user_id:
        return ClaimedIdentity(given.user_id, given.name or given.user_id)
    token = given.token or settings.get("FINOPS_TOKEN")
    username = given.username or settings.get("TEST_USERNAME")
    if given.token or (token and not given.username):
        return GivenToken(str(token))
    if not username:
        raise ArgumentTypeError("no credentials: give --username (password in TEST_PASSWORD), --token or --user-id")
    password = given.password or settings.get("TEST_PASSWORD")
    client_id = given.client_id or settings.get("USER_POOL_CLIENT_ID")
    if not password or not client_id:
        raise ArgumentTypeError("signing in needs TEST_PASSWORD and --client-id (or USER_POOL_CLIENT_ID)")
    return CognitoLogin(
        username=username,
        password=password,
        client_id=client_id,
        region=settings.get("AWS_REGION") or settings.get("AWS_DEFAULT_REGION"),
        endpoint_url=settings.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or settings.get("AWS_ENDPOINT_URL"),
        mfa_code=partial(mfa_code, settings, stdin),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ask",
        description="Ask the FinOps agents a question and watch the answer come, or look after jobs asked before.",
        epilog=f"{PRECEDENCE}\n\n{MEANINGS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    job_id = partial(_text, "job id")
    what = parser.add_mutually_exclusive_group(required=True).add_argument
    what("question", metavar="QUESTION", nargs="?", help="the question; - reads it from standard input")
    what("--resume", type=job_id, metavar="JOB_ID", help="follow a job of yours; of a finished one, read")
    what("--cancel", type=job_id, metavar="JOB_ID", help="cancel a job of yours")
    what("--list", dest="list_jobs", action="store_true", help="list your jobs, newest first (not with --user-id)")
    add = parser.add_argument
    add("--limit", type=partial(_above_0, int, "jobs"), metavar="N", help=f"list so many jobs (default {JOBS_LISTED})")
    add("--url", help="WebSocket URL (or WEBSOCKET_URL)")
    add("--origin", type=origin, help="connect as a page of this origin, such as https://finops.example")
    add("--username", help="Cognito user name (or TEST_USERNAME); a code is asked for, or FINOPS_MFA_CODE")
    add("--password", help="better: set TEST_PASSWORD, which other users cannot see in ps")
    add("--client-id", help="user pool client id (or USER_POOL_CLIENT_ID)")
    add("--token", help="Cognito token (or FINOPS_TOKEN, which does not show in ps)")
    add("--user-id", help="claim a user id without proof, as a stack with AuthMode=open takes it")
    add("--name", help="the user name to go with --user-id")
    add("--agent", dest="agents", action="append", default=[], metavar="NAME", help="ask this agent; repeatable")
    add("--request-id", help="ask under this id: the same id again follows the same job")
    add("--json", dest="as_json", action="store_true", help="one JSON object for each event on standard output")
    add("--quiet", action="store_true", help="no progress, the answer only")
    seconds = partial(_above_0, float, "seconds")
    add("--timeout", type=seconds, default=900.0, metavar="SECONDS", help="how long to wait (default 900)")
    file_help = f"read KEY=value lines; they go before the environment (default: {LOCAL_STACK_FILE}, behind it)"
    add("--env-file", type=Path, metavar="FILE", help=file_help)
    try:
        released = version("finops-agent-websocket-api")
    except PackageNotFoundError:
        released = "(run from the source tree)"
    add("--version", action="version", version=f"%(prog)s {released}")
    return parser


def _above_0(kind: type[int] | type[float], what: str, text: str) -> float:
    try:
        number = kind(text)
    except ValueError:
        number = 0
    if not 0 < number < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number of {what} above 0")
    return number


def _text(what: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeError:
        raise ArgumentTypeError(f"the {what} is not a UTF-8 text") from None
    if not text.strip():
        raise ArgumentTypeError(f"the {what} is empty")
    return text.strip()
