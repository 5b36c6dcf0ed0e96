"""What a function says of its work: the lines of its log, and what it raises.

An error's text may quote what was being read, stored or sent: botocore quotes arguments, Python what is no number. The
log tells people who may not read questions and answers what the functions do, so no error's text goes into it.
"""

import copy
import logging
import traceback
from collections.abc import Callable
from functools import wraps
from pathlib import PurePath
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from finops_websocket import metrics
from finops_websocket.errors import EventNotServed

Handler = Callable[[dict[str, Any], LambdaContext], Any]


class ContentFreeFormatter(LambdaPowertoolsFormatter):
    """Formats a record as a line of JSON, with errors' types in place of their texts."""

    def format(self, record: logging.LogRecord) -> str:
        """Give a record as a line of JSON."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            # Other handlers have the same record.
            record = copy.copy(record)
            record.__dict__["errors"] = _described(error)
            record.exc_info = record.exc_text = None
        return super().format(record)


def entry_point(handler: Handler) -> Handler:
    """Log with the invocation's keys, and in place of what a handler raises raise EventNotServed.

    The invocation has failed for Lambda and its metrics all the same, and Lambda writes no text of an error.
    """
    logger = Logger(logger_formatter=ContentFreeFormatter())

    @logger.inject_lambda_context(clear_state=True)
    @wraps(handler)
    def serve(event: dict[str, Any], context: LambdaContext) -> Any:
        try:
            return handler(event, context)
        except Exception:  # The entry point itself: what gets past it is written down by Lambda, text and all.
            logger.exception("An event could not be served.")
            raise EventNotServed("An event could not be served; the line before says why.") from None

    return serve


def serves_connections(handler: Handler) -> Handler:
    """Log with the connection's id, and count what a handler of the WebSocket API's events raises.

    A frame that could not be served and was answered all the same is counted by its dispatch.
    """
    logger = Logger(child=True)

    @wraps(handler)
    def serve(event: dict[str, Any], context: LambdaContext) -> Any:
        try:
            logger.append_keys(connectionId=event["requestContext"]["connectionId"])
            return handler(event, context)
        except Exception:  # Somebody was not served, whatever the cause; it is raised all the same.
            metrics.count(metrics.FRAMES_UNSERVED)
            raise

    return serve


def _described(error: BaseException | None) -> list[dict[str, Any]]:
    """Describe an error, and those that it came from, the first one last."""
    described = []
    while error is not None:
        described.append(
            {
                "errorType": type(error).__name__,
                **(_call(error) if isinstance(error, ClientError) else {}),
                "raisedAt": [
                    f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}"
                    for frame in traceback.extract_tb(error.__traceback__)
                ],
            }
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return described


def _call(error: ClientError) -> dict[str, str]:
    return {"errorCode": error.response.get("Error", {}).get("Code", "unknown"), "operation": error.operation_name}
