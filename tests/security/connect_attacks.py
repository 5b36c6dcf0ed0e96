"""Pages and programs that must not get a connection, and connections that must not cost much."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus

from security.attack import Attack, AttackSucceeded, Inconclusive, must, stopped_by
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

# The limits that docs/WEBSOCKET_API_GUIDE.md tells.
FRAMES_BEFORE_SIGN_IN, FRAMES_PER_MINUTE, FRAMES_THAT_END_IT = 20, 300, 600
# How often what takes a part of a minute is tried: two ends of a minute are further apart.
TRIES = 3


def connects(headers: dict[str, Any]) -> Attack:
    async def run(stack: SecuredStack) -> None:
        before = stack.connection_rows()
        try:
            async with stack.connection(**headers):
                raise AttackSucceeded("It is connected.")
        except InvalidStatus as refused:
            status = refused.response.status_code
        if status >= 500:
            raise Inconclusive(f"The function or the cloud is broken: {status}.")
        must(status == 403, f"The status is {status}.")
        must(stack.connection_rows() <= before, "A row is left.")
        # A function that is broken refuses everybody.
        async with stack.connection():
            pass

    return run


async def closed_in_time(
    stack: SecuredStack, frame_of: Callable[[int], dict[str, Any] | str], code: str | None = None
) -> None:
    """Send frames on a connection that is not signed in; each is refused with the code, or is a ping that is answered,
    until they are too many.
    """
    answered = 0
    async with stack.connection() as client:
        try:
            while answered < 2 * FRAMES_BEFORE_SIGN_IN:
                answer = await client.ask(frame_of(answered))
                if answer.get("code") == "RATE_LIMITED":
                    raise AttackSucceeded(f"It is refused and goes on: {await client.receive()}")
                if code is not None:
                    stopped_by(answer, code)
                elif answer.get("action") != "pong":
                    raise Inconclusive(f"Frame {answered} is answered with {answer}")
                answered += 1
        # The refusal may be missing: the local cloud's DeleteConnection can overtake a message that waits to be sent.
        except ConnectionClosed:
            must(answered == FRAMES_BEFORE_SIGN_IN, f"It is closed after {answered} frames.")
        else:
            raise AttackSucceeded(f"All of {answered} frames were answered.")


async def flooding_when_signed_in(stack: SecuredStack) -> None:
    """A user's program that has gone mad, at the last frame of its minute: other users are answered all the same."""
    async with stack.connection() as client, stack.signed_in() as other:
        signed_in = await client.sign_in(await asyncio.to_thread(stack.token, stack.somebody()))
        # A minute that ends meanwhile gives it new frames: then it is tried again.
        for _ in range(TRIES):
            have_sent(stack, signed_in["connectionId"], FRAMES_PER_MINUTE - 1)
            last, one_more = [await client.ask({"action": "ping"}) for _ in range(2)]
            if "code" in one_more:
                break
        must(last.get("action") == "pong", f"The last frame of the minute is refused: {last}")
        stopped_by(one_more, "RATE_LIMITED")
        must(1 <= one_more["retryAfter"] <= 60, "It is not told when to come again.")
        must((await other.ask({"action": "ping"})).get("action") == "pong", "Another user is refused too.")
        have_sent(stack, signed_in["connectionId"], 0)
        must((await client.ask({"action": "ping"})).get("action") == "pong", "The next minute does not begin.")


async def flooding_on_when_refused(stack: SecuredStack) -> None:
    """The same program, which does not listen to the refusals."""
    async with stack.connection() as client:
        signed_in = await client.sign_in(await asyncio.to_thread(stack.token, stack.somebody()))
        for _ in range(TRIES):
            have_sent(stack, signed_in["connectionId"], FRAMES_THAT_END_IT - 1)
            answers: list[dict[str, Any]] = []
            try:
                while len(answers) < 3:
                    answers.append(await client.ask({"action": "ping"}))
            except ConnectionClosed:
                must(answers, "It is closed before it is refused.")
                for answer in answers:
                    stopped_by(answer, "RATE_LIMITED")
                return
            must(any("code" not in answer for answer in answers), f"It is refused and goes on: {answers[-1]}")
    raise Inconclusive("The minute has ended each time.")


def have_sent(stack: SecuredStack, connection_id: str, frames: int) -> None:
    """Let a connection have sent so many frames in this minute."""
    stack.change_connection(connection_id, **{f"minute{int(time.time()) // 60}": frames})


ATTACKS: dict[str, Attack] = {
    **{f"connecting from {name}": connects(headers) for name, headers in FOREIGN_ORIGINS.items()},
    "pinging without end, not signed in": lambda stack: closed_in_time(stack, lambda _number: {"action": "ping"}),
    # What is no JSON costs a function's run like other frames.
    "sending rubbish without end, not signed in": lambda stack: closed_in_time(stack, lambda _: "{", "INVALID_MESSAGE"),
    "trying one token after another": lambda stack: closed_in_time(
        stack, lambda number: {"action": "authenticate", "token": f"{number}.{number}.{number}"}, "INVALID_TOKEN"
    ),
    "flooding, signed in": flooding_when_signed_in,
    "flooding on when refused, signed in": flooding_on_when_refused,
}
