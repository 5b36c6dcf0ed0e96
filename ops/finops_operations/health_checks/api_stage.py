"""The API's stage and its routes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finops_operations.health_checks.check import Finding, ok, red
from finops_operations.health_checks.remedies import Remedies

if TYPE_CHECKING:
    from types_boto3_apigatewayv2 import ApiGatewayV2Client

STAGE = "prod"
ROUTES = ("$connect", "$disconnect", "authenticate", "ping", "$default")


def look_at_stage(apigateway: ApiGatewayV2Client, remedies: Remedies) -> Finding:
    """The stage that clients connect to, and the routes that their messages take."""
    api = remedies.stack.output("WebSocketApiId")
    try:
        pages = apigateway.get_paginator("get_routes").paginate(ApiId=api)
        routes = {route["RouteKey"] for page in pages for route in page["Items"]}
    except apigateway.exceptions.NotFoundException:
        return red(f"There is no API {api}.", remedies.make_api_anew())
    try:
        apigateway.get_stage(ApiId=api, StageName=STAGE)
    except apigateway.exceptions.NotFoundException:
        return red(f"API {api} has no stage {STAGE}: nobody can connect.", remedies.make_anew())
    if missing := [route for route in ROUTES if route not in routes]:
        return red(f"Stage {STAGE} lacks the routes {', '.join(missing)}.", remedies.make_anew())
    return ok(f"{STAGE}, with its {len(ROUTES)} routes.")
