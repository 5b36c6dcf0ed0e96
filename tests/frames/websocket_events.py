"""The events that API Gateway makes of what a client does, and the function that gets each. Pure.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
"""

import base64
import json
from typing import Any

from finops_benchmarks.cloudformation_template import properties
from unit.doubles.sample_events import event_of

_ROUTES = {
    str(route["RouteKey"]): "connection_manager" if "ConnectionManager" in str(route["Target"]) else "message_handler"
    for route in properties("AWS::ApiGatewayV2::Route").values()
}


def connect_event(connection_id: str) -> dict[str, Any]:
    """Give the event of a connection that opens."""
    return _event("connect", connectionId=connection_id)


def frame_event(connection_id: str, frame: str | bytes | dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Give the function for a frame, and the frame's event; bytes are a binary frame, a dict is sent as JSON."""
    if isinstance(frame, bytes):
        binary = _event("binary_frame", connectionId=connection_id)
        return _ROUTES["$default"], {**binary, "body": base64.b64encode(frame).decode()}
    body = json.dumps(frame) if isinstance(frame, dict) else frame
    route = _route_of(body)
    event = _event("finops_query", connectionId=connection_id, routeKey=route)
    return _ROUTES[route], {**event, "body": body}


def _route_of(body: str) -> str:
    # The template selects by $request.body.action.
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):
        return "$default"
    action = frame.get("action") if isinstance(frame, dict) else None
    return action if isinstance(action, str) and action in _ROUTES else "$default"


def _event(name: str, **changes: str) -> dict[str, Any]:
    event = event_of(name)
    return {**event, "requestContext": {**event["requestContext"], **changes}}
