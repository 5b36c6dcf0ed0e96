"""One received frame -> one event. It never raises: whatever a server sends becomes a typed value."""

from __future__ import annotations

import json
import math
from typing import cast

from finops_client.event_fields import InvalidField
from finops_client.events import TYPED_MESSAGES, Event, GatewayError, Malformed, Unknown

_CLASS_OF = {(kind.KIND_KEY, kind.KIND): kind for kind in TYPED_MESSAGES}

# Enough to recognise a broken frame in a log without keeping megabytes of it.
KEPT_OF_A_MALFORMED_FRAME = 1000


def parse_event(frame: str | bytes) -> Event:
    """The event that a frame holds.

    A known type gives its class, an unknown one `Unknown`, API Gateway's own error `GatewayError`, and
    anything else (not text, not JSON, not an object, a field missing or of the wrong kind) `Malformed` with
    the reason.
    """
    if isinstance(frame, bytes):
        return Malformed(reason="a binary frame", frame=repr(frame[:KEPT_OF_A_MALFORMED_FRAME]))
    try:
        message = json.loads(frame, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as broken:
        return _malformed(frame, f"not JSON: {broken}")
    if not isinstance(message, dict):
        return _malformed(frame, "not an object")
    return _event_of(message, frame)


def _event_of(message: dict[str, object], frame: str) -> Event:
    for key in ("type", "action"):
        kind = message.get(key)
        known = _CLASS_OF.get((key, kind)) if isinstance(kind, str) else None
        if known is not None:
            try:
                return cast("Event", known.from_message(message))
            except InvalidField as invalid:
                job_id = message.get("jobId")
                return _malformed(
                    frame, f"{kind}: {invalid}", kind=kind, job_id=job_id if isinstance(job_id, str) else None
                )
    if "type" not in message and "action" not in message and ("connectionId" in message or "requestId" in message):
        try:
            return GatewayError.from_message(message)
        except InvalidField as invalid:
            return _malformed(frame, f"neither a type nor an error of API Gateway: {invalid}")
    return Unknown(message)


def _malformed(frame: str, reason: str, *, kind: object = None, job_id: str | None = None) -> Malformed:
    return Malformed(
        reason=reason,
        frame=frame[:KEPT_OF_A_MALFORMED_FRAME],
        kind=kind if isinstance(kind, str) else None,
        job_id=job_id,
    )


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:20]} is too large a number")
    return value
