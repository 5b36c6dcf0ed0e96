"""The API as pages see it: its stage and routes, and a conversation over a real WebSocket."""

import asyncio
import time
from collections.abc import Mapping

from finops_client import ClaimedIdentity, FinopsClientError
from finops_client.daemon_threads import run_with_daemon_threads
from finops_client.terminal_text import clean_line
from finops_client.verify import NotVerified, verify
from finops_operations.health.check import Finding, failed, if_missing, ok
from finops_operations.health.checked_stack import RUNBOOK, CheckedStack

STAGE = "prod"
ROUTES = ("$connect", "$disconnect", "authenticate", "ping", "$default")

# Seconds. A function that has to start takes two or three.
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
    with if_missing(failed(f"There is no API {api}.", f"{checked.way_back}\n{lead_pages}")):
        pages = checked.apigateway.get_paginator("get_routes").paginate(ApiId=api)
        routes = {route["RouteKey"] for page in pages for route in page["Items"]}
    with if_missing(failed(f"API {api} has no stage {STAGE}: nobody can connect.", checked.way_back)):
        checked.apigateway.get_stage(ApiId=api, StageName=STAGE)
    if missing := [route for route in ROUTES if route not in routes]:
        return failed(f"Stage {STAGE} lacks the routes {', '.join(missing)}.", checked.way_back)
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
        run_with_daemon_threads(asyncio.wait_for(verification, _CONVERSATION))
        return ok(f"Answers as the guide says, in {time.monotonic() - began:.1f} s.")
    except TimeoutError:
        found = f"The conversation was not over after {_CONVERSATION:g} seconds."
    except (NotVerified, FinopsClientError) as failure:
        found = clean_line(str(failure), _LONGEST_QUOTE)
    return failed(found, f"{checked.logs(checked.named('connection-manager'))}\nSee connect-failures in {RUNBOOK}.")


def first_origin(parameters: Mapping[str, str]) -> str | None:
    """Give the origin of a page that may connect; None if whoever sends none may, as programs mostly do."""
    origin = parameters.get("AllowedOrigins", "*").split(",")[0]
    if origin not in ("*", ""):
        return origin
    return _ANY_PAGE if parameters.get("MissingOrigin") == "refuse" else None
