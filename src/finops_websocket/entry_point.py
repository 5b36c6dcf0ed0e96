"""What a function raises: counted, and without the text of what went wrong, which Lambda writes into the log."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from finops_websocket import metrics
from finops_websocket.errors import EventNotServed

logger = Logger(child=True)

Handler = Callable[[dict[str, Any], LambdaContext], Any]


def raises_no_text(handler: Handler) -> Handler:
    """Log what a handler raises as the log's format has it, and raise EventNotServed in its place.

    The invocation has failed for Lambda and its metrics all the same.
    """

    @wraps(handler)
    def serve(event: dict[str, Any], context: LambdaContext) -> Any:
        try:
            return handler(event, context)
        except Exception:  # The entry point itself: what gets past it is written down by Lambda, text and all.
            logger.exception("An event could not be served.")
            raise EventNotServed("An event could not be served; the line before says why.") from None

    return serve


def counts_unserved(handler: Handler) -> Handler:
    """Count what a handler of the WebSocket API's events raises, and raise it.

    A frame that could not be served and was answered all the same is counted by its dispatch.
    """

    @wraps(handler)
    def serve(event: dict[str, Any], context: LambdaContext) -> Any:
        try:
            return handler(event, context)
        except Exception:  # Somebody was not served, whatever the cause; it is raised all the same.
            metrics.count(metrics.FRAMES_UNSERVED)
            raise

    return serve
