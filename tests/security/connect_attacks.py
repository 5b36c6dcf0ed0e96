"""Pages and programs that must not get a connection, and connections that must not cost much."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus

from finops_websocket.frame_limit import FRAMES_PER_MINUTE
from security.attack import Attack, AttackSucceeded, must, stopped_by
from security.secured_stack import ORIGIN, SecuredStack

# Each is as near to the allowed origin as somebody else's page, or a trick, can come.
FOREIGN_ORIGINS: dict[str, dict[str, Any]] = {
    "a page from elsewhere": {"origin": "https://attacker.example"},
    "a page whose host begins like ours": {"origin": f"{ORIGIN}.attacker.example"},
    "a page whose host ends like ours": {"origin": "https://evilapp.example.com"},
    "a page of a host below ours": {"origin": ORIGIN.replace("://", "://sub.")},
    "our host over http": {"origin": ORIGIN.replace("https", "http")},
    "our host on another port": {"origin": f"{ORIGIN}:8443"},
    "our origin in capitals": {"origin": ORIGIN.upper()},
    "our origin with a path": {"origin": f"{ORIGIN}/"},
    "a sandboxed frame (null)": {"origin": "null"},
    "our origin and another one": {"origin": f"{ORIGIN}, https://attacker.example"},
    "a program that sends no origin": {"origin": None},
    "our origin in another header": {"origin": None, "additional_headers": {"X-Origin": ORIGIN, "Referer": ORIGIN}},
}


def connects(headers: dict[str, Any]) -> Callable[[SecuredStack], Awaitable[str]]:
    async def run(stack: SecuredStack) -> str:
        before = stack.connection_rows()
        try:
            async with stack.connection(**headers):
                raise AttackSucceeded("It is connected.")
        except InvalidStatus as refused:
            status = refused.response.status_code
        must(status == 403, f"The status is {status}.")
        must(stack.connection_rows() <= before, "A row is left.")
        return "403, no row"

    return run


async def sending_without_signing_in(stack: SecuredStack) -> str:
    """As many frames as possible on a connection that shows nothing."""
    sent = 0
    async with stack.connection() as client:
        try:
            while sent < 100:
                await client.send({"action": "ping"})
                sent += 1
                answer = await client.receive(seconds=5)
                if answer.get("action") != "pong":
                    stopped_by(answer, "RATE_LIMITED")
        except (ConnectionClosed, TimeoutError):
            return f"closed after {sent - 1} frames"
    raise AttackSucceeded(f"All of {sent} frames were answered.")


async def sending_what_cannot_be_read(stack: SecuredStack) -> str:
    """The same with frames that are no JSON, which cost a function's run like others."""
    sent = 0
    async with stack.connection() as client:
        try:
            while sent < 100:
                await client.send("{")
                sent += 1
                stopped_by(await client.receive(seconds=5), "INVALID_MESSAGE", "RATE_LIMITED")
        except (ConnectionClosed, TimeoutError):
            return f"closed after {sent - 1} frames"
    raise AttackSucceeded(f"All of {sent} frames were answered.")


async def guessing_tokens(stack: SecuredStack) -> str:
    """One token after another on the same connection."""
    tried = 0
    async with stack.connection() as client:
        try:
            while tried < 100:
                await client.send({"action": "authenticate", "token": f"{tried}.{tried}.{tried}"})
                tried += 1
                stopped_by(await client.receive(seconds=5), "INVALID_TOKEN", "RATE_LIMITED")
        except (ConnectionClosed, TimeoutError):
            return f"closed after {tried - 1} tokens"
    raise AttackSucceeded(f"{tried} tokens could be tried.")


async def flooding_when_signed_in(stack: SecuredStack) -> str:
    """A user's program that has gone mad, at the last frame of its minute: other users are answered all the same."""
    async with stack.connection() as client, stack.signed_in() as other:
        signed_in = await client.sign_in(await asyncio.to_thread(stack.token, stack.somebody()))
        # A minute that ends meanwhile gives it new frames: then it is tried again.
        for _ in range(3):
            stack.change_connection(
                signed_in["connectionId"], minute=int(time.time()) // 60, frames=FRAMES_PER_MINUTE - 1
            )
            last, one_more = [await client.ask({"action": "ping"}) for _ in range(2)]
            if "code" in one_more:
                break
        must(last.get("action") == "pong", f"The last frame of the minute is refused: {last}")
        ended = stopped_by(one_more, "RATE_LIMITED")
        must(1 <= one_more["retryAfter"] <= 60, "It is not told when to come again.")
        must((await other.ask({"action": "ping"})).get("action") == "pong", "Another user is refused too.")
        stack.change_connection(signed_in["connectionId"], minute=int(time.time()) // 60 - 1)
        must((await client.ask({"action": "ping"})).get("action") == "pong", "The next minute does not begin.")
    return ended


ATTACKS = (
    *(Attack(f"connecting from {name}", "origins", connects(headers)) for name, headers in FOREIGN_ORIGINS.items()),
    Attack("pinging without end, not signed in", "unverified connections", sending_without_signing_in),
    Attack("sending rubbish without end, not signed in", "unverified connections", sending_what_cannot_be_read),
    Attack("trying one token after another", "unverified connections", guessing_tokens),
    Attack("flooding, signed in", "frame limit", flooding_when_signed_in),
)
