"""The steps of ./run_local.sh, which has read the options: `python -m finops_operations.local_run`."""

import argparse
import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from finops_operations.local_run import cloud, page
from finops_operations.local_run.cloud import CLOUD, LOCAL, ROOT, STACK_ENV, LocalRunFailed
from finops_operations.local_run.costs import checked
from finops_operations.operator_messages import complain, heading, say
from finops_operations.option_types import month

FIRST_QUESTION = "What was my S3 spend in May?"


def main() -> int:
    """Do what the command line says and give the exit status."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    options = _options()
    try:
        options.fiscal_year_start = options.fiscal_year_start and month(options.fiscal_year_start)
    except argparse.ArgumentTypeError as error:
        complain(f"--fiscal-year-start: {error}. Try --help.")
        return 2
    try:
        if not options.stop:
            return _run(options)
        say("Stopped." if cloud.end() else "Nothing was running.")
        return 0
    except LocalRunFailed as failure:
        complain(str(failure))
        return 1
    except KeyboardInterrupt:
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run_local.sh")
    parser.add_argument("--ask")
    parser.add_argument("--detach", action="store_true")
    parser.add_argument("--stop", action="store_true")
    parser.add_argument("--port", type=int)
    parser.add_argument("--page-port", type=int)
    parser.add_argument("--auth")
    parser.add_argument("--costs", type=Path, nargs="+", default=[])
    parser.add_argument("--focus-export", default="")
    parser.add_argument("--fiscal-year-start", default="")
    return parser.parse_args()


def _run(options: argparse.Namespace) -> int:
    # Before anything is started, and with the caller's own credentials.
    if options.costs or options.focus_export:
        options.costs = checked(options.costs, options.focus_export)
    cloud.use_local_credentials()
    is_up_as_asked = cloud.running_pid() and STACK_ENV.exists() and not _changes_what_runs(options)
    own_cloud = None
    try:
        with nullcontext() if is_up_as_asked else _sole_start():
            if cloud.running_pid():
                _use_running_stack(options)
            else:
                port = options.port or 4566
                page.check_port(options.page_port)
                own_cloud = cloud.start(port)
                _deploy(port, options.auth or "cognito", options)
                if not options.ask:
                    heading(f"A first question: {FIRST_QUESTION}")
                    if status := _ask(FIRST_QUESTION):
                        return status
                # Not for a question alone: nobody could open it.
                if options.detach or not options.ask:
                    page.serve(_stack(), _running_auth_mode(), options.page_port)
                if options.detach:
                    own_cloud = None
        if options.ask:
            return _ask(options.ask)
        _say_how_to_go_on("It runs until " + ("./run_local.sh --stop." if options.detach else "you press Ctrl-C."))
        if own_cloud:
            own_cloud.wait()
            raise LocalRunFailed("The local cloud has ended by itself. Its log is .local/cloud.log.")
        return 0
    finally:
        # Whatever happens, nothing is left running that was not asked to be.
        if own_cloud:
            cloud.end()
            heading("Stopped the local cloud")


def _changes_what_runs(options: argparse.Namespace) -> bool:
    return bool(options.costs or options.auth or options.fiscal_year_start)


@contextmanager
def _sole_start() -> Iterator[None]:
    """Let one run at a time start or change what runs: two would each clear away the other's."""
    LOCAL.mkdir(exist_ok=True)
    # The lock goes with the process, however that ends.
    with (LOCAL / "starting.lock").open("a+", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            other = lock.read()
            raise LocalRunFailed(
                f"Another ./run_local.sh is at work (process {other}). Wait until it is done, then run this again."
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _use_running_stack(options: argparse.Namespace) -> None:
    if not STACK_ENV.exists():
        raise LocalRunFailed(
            "The local cloud runs, but the stack does not: an earlier run ended half-way. Run ./run_local.sh --stop,"
            " then this again."
        )
    port = int(_running("AWS_ENDPOINT_URL").rpartition(":")[2])
    if options.port not in (None, port):
        raise LocalRunFailed(f"The local cloud runs on port {port} already. Run ./run_local.sh --stop to move it.")
    if not (options.ask or options.detach):
        raise LocalRunFailed(
            f'It is running already, at {_running("WEBSOCKET_URL")}. Ask with --ask "QUESTION", or end it with --stop.'
        )
    # What was asked for may differ from what runs.
    if _changes_what_runs(options):
        _deploy(port, options.auth or _running_auth_mode(), options)
        page.serve(_stack(), _running_auth_mode(), options.page_port)


def _deploy(port: int, auth_mode: str, options: argparse.Namespace) -> None:
    # Loading boto3 takes longer than asking a stack that runs needs to begin.
    from finops_operations.local_run.stack import deploy  # noqa: PLC0415

    os.environ["AWS_ENDPOINT_URL"] = f"http://localhost:{port}"
    deploy(auth_mode, options.costs, options.fiscal_year_start)


def _running(name: str) -> str:
    """Give a value of what runs."""
    return _stack()[name]


def _stack() -> dict[str, str]:
    return dict(line.split("=", 1) for line in STACK_ENV.read_text(encoding="utf-8").splitlines())


def _running_auth_mode() -> str:
    return (CLOUD / "auth_mode").read_text(encoding="utf-8")


def _ask(question: str) -> int:
    user = _running("TEST_USERNAME")
    # As an older frontend asks, which has no token: the name is taken as it is said.
    identity = [] if _running_auth_mode() == "cognito" else ["--user-id", user, "--name", user]
    command = [str(ROOT / ".venv" / "bin" / "ask"), "--env-file", str(STACK_ENV), *identity, question]
    return subprocess.run(command, check=False).returncode  # noqa: S603 (a list, no shell)


def _say_how_to_go_on(how_long: str) -> None:
    url = _running("WEBSOCKET_URL")
    heading("The stack is running")
    sys.stdout.write(f"{url}\n")
    sys.stdout.flush()
    if address := _stack().get("PAGE_URL"):
        say(f"In a browser:    {address}")
    say('Ask more:        ./run_local.sh --ask "Where can I save money?"')
    say("What was asked:  .venv/bin/ask --env-file .local/stack.env --list")
    say(f"By hand:         npx wscat -c {url}")
    say('  then type:     {"action": "authenticate", "userId": "test-user", "username": "testuser"}')
    say(f"Sign in as:      {_running('TEST_USERNAME')} / {_running('TEST_PASSWORD')}")
    say("For scripts:     .local/stack.env")
    say(how_long)


if __name__ == "__main__":
    sys.exit(main())
