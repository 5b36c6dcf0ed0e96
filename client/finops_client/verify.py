"""`python -m finops_client.verify`: step 6 of the deployment guide over a real WebSocket, then a ping and a refusal.

The refusal is of `list_jobs`, which needs a token: the message handler answers, and lets nobody in.

Prints one line for each step to standard error. Exit status 0 if the server answers as the guide says, 1 if
not, with a sentence that tells what was expected and what came.
"""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from finops_client.auth import ClaimedIdentity
from finops_client.connection import Answer, Connection
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.errors import CannotConnect, FinopsClientError
from finops_client.events import JobList, Pong
from finops_client.options import origin
from finops_client.terminal_text import clean_line
from finops_client.timing import Timing

# A new API answers HTTP 403, 404 or 500 at first, until its deployment has reached every part of API Gateway.
RETRY_SECONDS = 2.0


class NotVerified(Exception):
    """The server answered, and not as the guide says."""


async def verify(
    url: str,
    identity: ClaimedIdentity,
    report: Callable[[str], None],
    *,
    origin: str | None = None,
    wait: float,
    timing: Timing | None = None,
) -> None:
    """Connect for at most `wait` seconds, authenticate, ping, and ask for what needs a token; report each step.

    Raises:
        NotVerified: an answer is not the expected one.
        CannotConnect: there is no connection.
    """
    timing = timing or Timing()
    give_up_at = timing.now() + wait
    reported = ""
    while True:
        try:
            connection = await Connection.open(url, timing, origin=origin)
            break
        except CannotConnect as not_yet:
            if timing.now() + RETRY_SECONDS > give_up_at:
                raise
            if str(not_yet) != reported:
                reported = str(not_yet)
                report(f"not reachable yet: {not_yet}")
            await timing.sleep(RETRY_SECONDS)
    report(f"connected to {url}")
    async with aclosing(connection):
        await _converse(connection, identity, report)


async def _converse(connection: Connection, identity: ClaimedIdentity, report: Callable[[str], None]) -> None:
    answer = await _expected("authenticated for authenticate", connection.authenticate(await identity.fields()))
    welcome = f"Welcome {identity.username}! WebSocket connection established."
    said = (answer.message, answer.user_id, answer.verified, bool(answer.connection_id))
    if said != (welcome, identity.user_id, False, True):
        raise NotVerified(f"Expected {welcome!r} to {identity.user_id!r}, not verified, and an id; got {answer}.")
    report(f"authenticated: {answer.message} (connectionId {answer.connection_id}, verified: false)")
    await _expected("pong for ping", connection.request({"action": "ping"}, Pong))
    report("ping answered with pong")
    try:
        came: JobList | FinopsClientError = await connection.request({"action": "list_jobs"}, JobList)
    except FinopsClientError as refused:
        came = refused
    if getattr(came, "code", None) != "UNAUTHENTICATED":
        raise NotVerified(f"Expected the code UNAUTHENTICATED for list_jobs without a token, got {came!r}.")
    report("list_jobs refused without a token")


async def _expected(answer: str, coming: Awaitable[Answer]) -> Answer:
    try:
        return await coming
    except FinopsClientError as failed:
        raise NotVerified(f"Expected {answer}. {failed}") from failed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verification; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m finops_client.verify", description=__doc__)
    add = parser.add_argument
    add("--url", required=True, help="the stack's output WebSocketApiEndpoint")
    add("--origin", type=origin, help="connect as a page of this origin, such as https://finops.example")
    add("--user-id", default="test-user", help="default: test-user")
    add("--username", default="testuser", help="default: testuser")
    add("--wait", type=float, default=60.0, metavar="SECONDS", help="retry to connect (default 60)")
    given = parser.parse_args(arguments)
    identity = ClaimedIdentity(given.user_id, given.username)
    try:
        run_with_daemon_threads(verify(given.url, identity, _report, origin=given.origin, wait=given.wait))
    except (NotVerified, FinopsClientError) as failed:
        _report(f"failed: {failed}")
        return 1
    except KeyboardInterrupt:
        _report("interrupted")
        return 130
    _report("verified")
    return 0


def _report(line: str) -> None:
    # What a server says is quoted, and is not trusted to be short.
    print(f"verify: {clean_line(line, 2000)}", file=sys.stderr)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
