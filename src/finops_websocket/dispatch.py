"""From a frame to the action that serves it, and from any failure to the person who sent it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aws_lambda_powertools import Logger

from finops_websocket import metrics
from finops_websocket.connections.identity import Connection
from finops_websocket.errors import (
    ConnectionSpent,
    FinopsError,
    InvalidMessage,
    LimitReached,
    UnknownAction,
    client_text,
)
from finops_websocket.services import FrameServices
from finops_websocket.wire.client_messages import id_in, parse_frame, parse_message
from finops_websocket.wire.server_messages import ErrorMessage, JobFailed, ServerMessage

logger = Logger(child=True)

# API Gateway sends nothing to the client for these: the routes have no route response. Frames go out over the channel.
Response = dict[str, int]
HANDLED: Response = {"statusCode": 200}
BROKEN: Response = {"statusCode": 500}

S = TypeVar("S", bound=FrameServices)
Action = Callable[[S, Connection, Any], None]
"""Serves a message, of the type under which it is registered, that came over a connection."""


def dispatch(services: S, event: Mapping[str, Any], actions: Mapping[type, Action[S]]) -> Response:
    """Serve a frame. Whatever goes wrong, its sender is told, in the words of `errors.client_text`.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html
    """
    connection_id = event["requestContext"]["connectionId"]
    frame: dict[str, Any] = {}
    try:
        try:
            frame = _frame_in(event)
        finally:
            # What cannot be read counts like what can.
            connection = services.rate_limiter.count(connection_id)
        message = parse_message(frame)
        if type(message) not in actions:
            raise UnknownAction("This action is not served here.")
        actions[type(message)](services, connection, message)
    except FinopsError as error:
        logger.info("A message was refused.", code=client_text(error)[0])
        _refuse(services, connection_id, frame, error)
        if isinstance(error, ConnectionSpent):
            services.channel.close(connection_id)
    except Exception as error:  # The entry point's last line of defence: nobody is left without an answer.
        logger.exception("A message could not be served.")
        _refuse(services, connection_id, frame, error)
        # Last: what is raised up to here is counted by the entry point.
        metrics.count(metrics.FRAMES_UNSERVED)
        return BROKEN
    return HANDLED


def _frame_in(event: Mapping[str, Any]) -> dict[str, Any]:
    if event.get("isBase64Encoded", False):
        raise InvalidMessage("Binary frames are not taken; send JSON text.")
    return parse_frame(event.get("body") or "")


def _refuse(services: FrameServices, connection_id: str, frame: dict[str, Any], error: Exception) -> None:
    refusal = _refusal(frame, error, services.connections.now())
    if isinstance(refusal, JobFailed):
        metrics.count(metrics.QUERIES_REFUSED)
    services.channel.send(connection_id, refusal)


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
            request_id=id_in(frame, "requestId"),
            retry_after=retry_after,
        )
    return ErrorMessage(
        code=code, message=sentence, timestamp=now, job_id=id_in(frame, "jobId"), retry_after=retry_after
    )
