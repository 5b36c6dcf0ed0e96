"""From a frame to the action that serves it, and from any failure to the person who sent it."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from finops_websocket import metrics
from finops_websocket.client_channel import ClientChannel
from finops_websocket.client_messages import job_id_of, parse_frame, parse_message, request_id_of
from finops_websocket.errors import (
    ConnectionSpent,
    FinopsError,
    InvalidMessage,
    LimitReached,
    UnknownAction,
    client_text,
)
from finops_websocket.frame_limit import FrameLimit
from finops_websocket.server_messages import ErrorMessage, JobFailed, ServerMessage
from finops_websocket.websocket_event import WebSocketEvent

logger = Logger(child=True)

# API Gateway sends nothing to the client for these: the routes have no route response. Frames go out over the channel.
HANDLED = {"statusCode": 200}
BROKEN = {"statusCode": 500}

Action = Callable[[str, Any], None]
"""Serves a message, of the type under which it is registered, that came over the connection with the given id."""


def dispatch_frame(
    event: WebSocketEvent,
    actions: Mapping[type, Action],
    frame_limit: FrameLimit,
    channel: ClientChannel,
    clock: Callable[[], float] = time.time,
) -> dict[str, int]:
    """Serve a frame. Whatever goes wrong, its sender is told, in the words of `errors.client_text`."""
    frame: dict[str, Any] = {}
    try:
        try:
            frame = _read(event)
        finally:
            # What cannot be read counts like what can.
            frame_limit.count(event.connection_id)
        message = parse_message(frame)
        action = actions.get(type(message))
        if action is None:
            raise UnknownAction("This action is not served here.")
        action(event.connection_id, message)
    except FinopsError as error:
        logger.info("A message was refused.", code=client_text(error)[0])
        _refuse(event.connection_id, frame, error, int(clock()), channel)
        if isinstance(error, ConnectionSpent):
            channel.close(event.connection_id)
    except Exception as error:  # The entry point's last line of defence: nobody is left without an answer.
        logger.exception("A message could not be served.")
        _refuse(event.connection_id, frame, error, int(clock()), channel)
        # Last: what is raised up to here is counted by the entry point.
        metrics.count(metrics.FRAMES_UNSERVED)
        return BROKEN
    return HANDLED


def _read(event: WebSocketEvent) -> dict[str, Any]:
    if event.is_binary:
        raise InvalidMessage("Binary frames are not taken; send JSON text.")
    return parse_frame(event.body)


def _refuse(connection_id: str, frame: dict[str, Any], error: Exception, now: int, channel: ClientChannel) -> None:
    refusal = _refusal(frame, error, now)
    if isinstance(refusal, JobFailed):
        metrics.count(metrics.QUERIES_REFUSED)
    channel.send(connection_id, refusal)


def _refusal(frame: dict[str, Any], error: Exception, now: int) -> ServerMessage:
    code, sentence = client_text(error)
    retry_after = error.retry_after if isinstance(error, LimitReached) else None
    # An older client's spinner stops on nothing but job_failed.
    if frame.get("action") == "finops_query":
        return JobFailed(
            job_id=None,
            error=sentence,
            code=code,
            timestamp=now,
            request_id=request_id_of(frame),
            retry_after=retry_after,
        )
    return ErrorMessage(code=code, message=sentence, timestamp=now, job_id=job_id_of(frame), retry_after=retry_after)
