"""The `ask` command's options: from its arguments, then a named file, the environment, the local stack's file."""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TextIO

from finops_client.cognito import CognitoLogin
from finops_client.credentials import ClaimedIdentity, Credentials, GivenToken
from finops_client.env_file import InvalidEnvFile, read_env_file
from finops_client.exit_codes import MEANINGS
from finops_client.mfa_code import MfaCode
from finops_client.origin_option import origin

LOCAL_STACK_FILE = Path(".local/stack.env")
PRECEDENCE = f"""where a value comes from, the first that has it:
  the flag, then --env-file, then the environment, then {LOCAL_STACK_FILE}
  (that last file is read only without --env-file and without a URL)"""
# What fits on a screen, and what the server gives by itself.
JOBS_LISTED = 20
DISTRIBUTION = "finops-agent-websocket-api"


@dataclass(frozen=True)
class AskOptions:
    """What to do, with whom, as whom, and how to show it. `timeout` is in seconds.

    One of `question`, `resume` (a job's id), `cancel` (a job's id) and `list_jobs` is set; `limit` is the list's.
    """

    question: str | None
    resume: str | None
    cancel: str | None
    list_jobs: bool
    limit: int
    url: str
    origin: str | None
    credentials: Credentials
    agents: tuple[str, ...]
    request_id: str | None
    as_json: bool
    quiet: bool
    timeout: float


def read_options(
    arguments: Sequence[str], environment: Mapping[str, str], directory: Path, stdin: TextIO
) -> AskOptions:
    """The options of one call.

    Args:
        arguments: the command line without the command.
        environment: the environment variables.
        directory: where `.local/stack.env` is looked for.
        stdin: read to its end if the question is `-`; an authenticator's code is typed there if it is a terminal.

    Raises:
        SystemExit: 2 for wrong usage, after a sentence on standard error; 0 after --help and --version.
    """
    parser = _parser()
    given = parser.parse_args(arguments)
    _check_combination(parser, given)
    try:
        file_values = _file_values(given, environment, directory)
    except InvalidEnvFile as invalid:
        parser.error(str(invalid))
    settings = _settings(file_values, environment, file_first=given.env_file is not None)
    url = given.url or settings.get("WEBSOCKET_URL")
    if not url:
        parser.error("no URL: give --url or set WEBSOCKET_URL (the stack's output WebSocketApiEndpoint)")
    if not url.startswith(("ws://", "wss://")):
        parser.error("the URL must begin with ws:// or wss://")
    return AskOptions(
        question=None if given.question is None else _question(parser, given.question, stdin),
        resume=given.resume,
        cancel=given.cancel,
        list_jobs=given.list,
        limit=given.limit or JOBS_LISTED,
        url=url,
        origin=given.origin,
        credentials=_credentials(parser, given, settings, file_values, stdin),
        agents=tuple(given.agent),
        request_id=given.request_id,
        as_json=given.json,
        quiet=given.quiet,
        timeout=given.timeout,
    )


def _check_combination(parser: argparse.ArgumentParser, given: argparse.Namespace) -> None:
    if given.question is None and (given.agent or given.request_id):
        parser.error("--agent and --request-id go with a question only")
    if given.limit is not None and not given.list:
        parser.error("--limit goes with --list only")


def _question(parser: argparse.ArgumentParser, given: str, stdin: TextIO) -> str:
    try:
        question = stdin.read() if given == "-" else given
        question.encode()
    except UnicodeError:
        parser.error("the question is not a UTF-8 text")
    if not question.strip():
        parser.error("the question is empty")
    return question.strip()


def _file_values(given: argparse.Namespace, environment: Mapping[str, str], directory: Path) -> Mapping[str, str]:
    if given.env_file:
        return read_env_file(given.env_file)
    local = directory / LOCAL_STACK_FILE
    if not given.url and not environment.get("WEBSOCKET_URL") and local.is_file():
        return read_env_file(local)
    return {}


def _settings(file_values: Mapping[str, str], environment: Mapping[str, str], *, file_first: bool) -> dict[str, str]:
    """Both together without empty values: a named file goes before the environment, a found one behind it."""
    from_file = {name: value for name, value in file_values.items() if value}
    from_environment = {name: value for name, value in environment.items() if value}
    if not file_first:
        return from_file | from_environment
    if "TEST_USERNAME" in from_file:
        # A token goes before a user name, but who is named in the file is not to give way to the environment.
        from_environment.pop("FINOPS_TOKEN", None)
    return from_environment | from_file


def _credentials(
    parser: argparse.ArgumentParser,
    given: argparse.Namespace,
    settings: Mapping[str, str],
    file_values: Mapping[str, str],
    stdin: TextIO,
) -> Credentials:
    if given.user_id:
        return ClaimedIdentity(given.user_id, given.name or given.user_id)
    token = given.token or settings.get("FINOPS_TOKEN")
    username = given.username or settings.get("TEST_USERNAME")
    if given.token or (token and not given.username):
        return GivenToken(str(token))
    if not username:
        parser.error("no credentials: give --username (password in TEST_PASSWORD), --token or --user-id")
    password = given.password or settings.get("TEST_PASSWORD")
    client_id = given.client_id or settings.get("USER_POOL_CLIENT_ID")
    if not password or not client_id:
        parser.error("signing in needs TEST_PASSWORD and --client-id (or USER_POOL_CLIENT_ID)")
    # The file describes one stack: its endpoint and region belong together and go before the environment.
    aws = {**settings, **file_values}
    return CognitoLogin(
        username=username,
        password=password,
        client_id=client_id,
        region=aws.get("AWS_REGION") or aws.get("AWS_DEFAULT_REGION"),
        endpoint_url=aws.get("AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER") or aws.get("AWS_ENDPOINT_URL"),
        mfa_code=MfaCode(settings, stdin),
    )


def _parser() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in MEANINGS.items())
    parser = argparse.ArgumentParser(
        prog="ask",
        description="Ask the FinOps agents a question and watch the answer come, or look after jobs asked before.",
        epilog=f"{PRECEDENCE}\n\nexit status:\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("question", metavar="QUESTION", nargs="?", help="the question; - reads it from standard input")
    what.add_argument("--resume", type=_job_id, metavar="JOB_ID", help="follow a job of yours; of a finished one, read")
    what.add_argument("--cancel", type=_job_id, metavar="JOB_ID", help="cancel a job of yours")
    what.add_argument("--list", action="store_true", help="list your jobs, newest first (not with --user-id)")
    parser.add_argument("--limit", type=_count, metavar="N", help=f"list so many jobs (default {JOBS_LISTED})")
    parser.add_argument("--url", help="WebSocket URL (or WEBSOCKET_URL)")
    parser.add_argument(
        "--origin", type=origin, help="connect as a page of this origin, such as https://finops.example"
    )
    parser.add_argument(
        "--username", help="Cognito user name (or TEST_USERNAME); a code is asked for, or FINOPS_MFA_CODE"
    )
    parser.add_argument("--password", help="better: set TEST_PASSWORD, which other users cannot see in ps")
    parser.add_argument("--client-id", help="user pool client id (or USER_POOL_CLIENT_ID)")
    parser.add_argument("--token", help="Cognito token (or FINOPS_TOKEN, which does not show in ps)")
    parser.add_argument("--user-id", help="claim a user id without proof, as a stack with AuthMode=open takes it")
    parser.add_argument("--name", help="the user name to go with --user-id")
    parser.add_argument("--agent", action="append", default=[], metavar="NAME", help="ask this agent; repeatable")
    parser.add_argument("--request-id", help="ask under this id: the same id again follows the same job")
    parser.add_argument("--json", action="store_true", help="one JSON object for each event on standard output")
    parser.add_argument("--quiet", action="store_true", help="no progress, the answer only")
    parser.add_argument(
        "--timeout", type=_seconds, default=900.0, metavar="SECONDS", help="how long to wait (default 900)"
    )
    parser.add_argument(
        "--env-file",
        type=Path,
        metavar="FILE",
        help=f"read KEY=value lines; they go before the environment (default: {LOCAL_STACK_FILE}, behind it)",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {_version()}")
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0")
    return seconds


def _job_id(text: str) -> str:
    try:
        text.encode()
    except UnicodeError:
        raise argparse.ArgumentTypeError("the job id is not a UTF-8 text") from None
    if not text.strip():
        raise argparse.ArgumentTypeError("the job id is empty")
    return text.strip()


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:10]) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of jobs above 0")
    return int(text[:10])


def _version() -> str:
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        return "(run from the source tree)"
