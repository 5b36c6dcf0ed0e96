"""Invocation events as API Gateway and SQS shape them, one JSON file each.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import json
from pathlib import Path
from typing import Any

_EVENTS = Path(__file__).resolve().parents[1] / "events"


def event_of(name: str) -> dict[str, Any]:
    """Give the event in the file of that name."""
    event: dict[str, Any] = json.loads((_EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    return event


def frame_event(name: str, **frame: Any) -> dict[str, Any]:
    """Give the event with another frame in it."""
    return {**event_of(name), "body": json.dumps(frame)}
