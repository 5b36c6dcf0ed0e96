"""The API as pages see it: its stage and routes, and conversations over a real WebSocket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Mapping
from contextlib import aclosing
from typing import Any

from finops_client import ClaimedIdentity, FinopsClientError, Timing
from finops_client.connection import Connection
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.errors import CannotConnect
from finops_client.events import ErrorMessage, GatewayError
from finops_client.terminal_text import clean_line
from finops_client.verify import NotVerified, verify
from finops_operations.health.check import Finding, failed, if_missing, ok
from finops_operations.health.checked_stack import RUNBOOK, CheckedStack
from finops_operations.health.functions import NotReached

STAGE = "prod"
ROUTES = ("$connect", "$disconnect", "authenticate", "ping", "$default")

# Seconds. A function that has to start takes two or three.
_ANSWER = 15.0
_CONVERSATION = 25.0
# For more than one try: API Gateway answers some handshakes with an error while a deployment spreads.
_CONNECT = 4.0

# No page has it; for a stack that every page may connect to, and no program.
_ANY_PAGE = "https://health-check.invalid"

_LONGEST_QUOTE = 300


def check_stage(checked: CheckedStack) -> Finding:
    """Check the stage that clients connect to, and the routes that their messages take."""
    api = checked.stack.output("WebSocketApiId")
    lead_pages = f"A new API has a new endpoint: then ops/write_frontend_config.sh {checked.options} (config.js)."
    with if_missing(failed(f"There is no API {api}.", f"{checked.make_anew()}\n{lead_pages}")):
        pages = checked.apigateway.get_paginator("get_routes").paginate(ApiId=api)
        routes = {route["RouteKey"] for page in pages for route in page["Items"]}
    with if_missing(failed(f"API {api} has no stage {STAGE}: nobody can connect.", checked.make_anew())):
        checked.apigateway.get_stage(ApiId=api, StageName=STAGE)
    if missing := [route for route in ROUTES if route not in routes]:
        return failed(f"Stage {STAGE} lacks the routes {', '.join(missing)}.", checked.make_anew())
    return ok(f"{STAGE}, with its {len(ROUTES)} routes.")


def check_round_trip(checked: CheckedStack) -> Finding:
    """Go through Step 6 of the deployment guide, as deploy.sh verifies it."""
    verification = verify(
        checked.stack.output("WebSocketApiEndpoint"),
        ClaimedIdentity("health-check", "health-check"),
        lambda _step: None,
        origin=first_origin(checked.stack.parameters),
        wait=_CONNECT,
    )
    began = time.monotonic()
    try:
        _converse(verification)
    except (NotVerified, FinopsClientError) as failure:
        log = checked.logs(checked.named("connection-manager"))
        return failed(clean_line(str(failure), _LONGEST_QUOTE), f"{log}\nSee connect-failures in {RUNBOOK}.")
    return ok(f"Answers as the guide says, in {time.monotonic() - began:.1f} s.")


def fault_of_message_handler(checked: CheckedStack) -> str | None:
    """Say what is wrong with the message handler's answer, as a sentence; None if it is the expected one.

    It is asked over a connection on which nobody is signed in, and refuses; what it notes of the connection goes with
    it. Not by an invocation: it answers to a connection whatever it is sent, so that must be a real one.

    Raises:
        NotReached: nobody can connect.
    """
    try:
        _converse(_list_jobs(checked.stack.output("WebSocketApiEndpoint"), first_origin(checked.stack.parameters)))
    except CannotConnect as failure:
        raise NotReached(clean_line(str(failure), _LONGEST_QUOTE)) from failure
    except (NotVerified, FinopsClientError) as failure:
        return clean_line(str(failure), _LONGEST_QUOTE)
    return None


def first_origin(parameters: Mapping[str, str]) -> str | None:
    """Give the origin of a page that may connect; None if whoever sends none may, as programs mostly do."""
    origin = parameters.get("AllowedOrigins", "*").split(",")[0]
    if origin not in ("*", ""):
        return origin
    return _ANY_PAGE if parameters.get("MissingOrigin") == "refuse" else None


async def _list_jobs(url: str, origin: str | None) -> None:
    async with aclosing(await Connection.open(url, Timing(answer=_ANSWER), origin=origin)) as connection:
        answer = await connection.probe({"action": "list_jobs"})
    if isinstance(answer, GatewayError):
        raise NotVerified(f"API Gateway could not hand a message on: {answer.message}.")
    if not isinstance(answer, ErrorMessage) or answer.code != "UNAUTHENTICATED":
        said = answer.code if isinstance(answer, ErrorMessage) else type(answer).__name__
        raise NotVerified(f"It answered list_jobs of nobody with {said}, not with UNAUTHENTICATED.")


def _converse(conversation: Coroutine[Any, Any, None]) -> None:
    try:
        run_with_daemon_threads(asyncio.wait_for(conversation, _CONVERSATION))
    except TimeoutError:
        raise NotVerified(f"The conversation was not over after {_CONVERSATION:g} seconds.") from None
