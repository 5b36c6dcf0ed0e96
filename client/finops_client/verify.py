"""`python -m finops_client.verify`: step 6 of the deployment guide over a real WebSocket, then a ping and a refusal.

The refusal is of `list_jobs`, which needs a token: the message handler answers, and lets nobody in.

Prints one line for each step to standard error. Exit status 0 if the server answers as the guide says, 1 if
not, with a sentence that tells what was expected and what came.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from finops_client.client import FinopsClient
from finops_client.clock import Clock
from finops_client.credentials import ClaimedIdentity
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.errors import CannotConnect, FinopsClientError, GatewayRefused
from finops_client.events import Authenticated, ErrorMessage, GatewayError
from finops_client.origin_option import origin
from finops_client.terminal_text import clean_line

# What a server says is quoted, and is not trusted to be short.
LONGEST_LINE = 2000

# A new API answers HTTP 403, 404 or 500 at first, until its deployment has reached every part of API Gateway.
RETRY_SECONDS = 2.0

# API Gateway gives up on a function after 29.
ANSWER_SECONDS = 30.0


class NotVerified(Exception):
    """The server answered, and not as the guide says."""


class Verification:
    """The exchange of the guide's step 6."""

    def __init__(
        self,
        url: str,
        identity: ClaimedIdentity,
        report: Callable[[str], None],
        clock: Clock,
        *,
        origin: str | None = None,
    ) -> None:
        """`report` gets a line for each step."""
        self._url = url
        self._identity = identity
        self._report = report
        self._clock = clock
        self._origin = origin

    async def run(self, wait: float) -> None:
        """Connects for at most `wait` seconds, authenticates, pings, and asks for what needs a token.

        Raises:
            NotVerified: an answer is not the expected one.
            CannotConnect: there is no connection.
        """
        give_up_at = self._clock.now() + wait
        reported = ""
        while True:
            try:
                async with FinopsClient(self._url, origin=self._origin) as client:
                    return await self._exchange(client)
            except CannotConnect as not_yet:
                if self._clock.now() + RETRY_SECONDS > give_up_at:
                    raise
                if str(not_yet) != reported:
                    reported = str(not_yet)
                    self._report(f"not reachable yet: {not_yet}")
                await self._clock.sleep(RETRY_SECONDS)

    async def _exchange(self, client: FinopsClient) -> None:
        self._report(f"connected to {self._url}")
        try:
            answer = await client.authenticate(self._identity)
        except FinopsClientError as failed:
            raise NotVerified(f"Expected authenticated as the answer to authenticate. {failed}") from failed
        self._check(answer)
        try:
            await client.ping()
        except FinopsClientError as failed:
            raise NotVerified(f"Expected pong as the answer to ping. {failed}") from failed
        self._report("ping answered with pong")
        await self._check_refusal(client)

    async def _check_refusal(self, client: FinopsClient) -> None:
        with client.subscribe() as events:
            await client.send({"action": "list_jobs"})
            answer = await events.next(ANSWER_SECONDS)
        if isinstance(answer, GatewayError):
            raise NotVerified(f"Expected error as the answer to list_jobs. {GatewayRefused(answer.message)}")
        if not isinstance(answer, ErrorMessage) or answer.code != "UNAUTHENTICATED":
            raise NotVerified(f"Expected the code UNAUTHENTICATED for list_jobs without a token, got {answer}.")
        self._report("list_jobs refused without a token")

    def _check(self, answer: Authenticated) -> None:
        expected = f"Welcome {self._identity.username}! WebSocket connection established."
        if answer.message != expected:
            raise NotVerified(f"Expected the message {expected!r}, got {answer.message!r}.")
        if answer.user_id != self._identity.user_id:
            raise NotVerified(f"Expected the userId {self._identity.user_id!r}, got {answer.user_id!r}.")
        if not answer.connection_id:
            raise NotVerified("Expected a connectionId, got an empty one.")
        if answer.verified:
            raise NotVerified('Expected "verified": false for a claim without proof, got true.')
        self._report(f"authenticated: {answer.message} (connectionId {answer.connection_id}, verified: false)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the verification; returns the exit status.

    Raises:
        SystemExit: for wrong usage and --help.
    """
    parser = argparse.ArgumentParser(prog="python -m finops_client.verify", description=__doc__)
    parser.add_argument("--url", required=True, help="the stack's output WebSocketApiEndpoint")
    parser.add_argument(
        "--origin", type=origin, help="connect as a page of this origin, such as https://finops.example"
    )
    parser.add_argument("--user-id", default="test-user", help="default: test-user")
    parser.add_argument("--username", default="testuser", help="default: testuser")
    parser.add_argument("--wait", type=float, default=60.0, metavar="SECONDS", help="retry to connect (default 60)")
    options = parser.parse_args(arguments)
    identity = ClaimedIdentity(options.user_id, options.username)
    try:
        verification = Verification(options.url, identity, _report, Clock(), origin=options.origin)
        run_with_daemon_threads(verification.run(options.wait))
    except (NotVerified, FinopsClientError) as failed:
        _report(f"failed: {failed}")
        return 1
    except KeyboardInterrupt:
        _report("interrupted")
        return 130
    _report("verified")
    return 0


def _report(line: str) -> None:
    print(f"verify: {clean_line(line, LONGEST_LINE)}", file=sys.stderr)  # noqa: T201 - the command's output


if __name__ == "__main__":
    sys.exit(main())
