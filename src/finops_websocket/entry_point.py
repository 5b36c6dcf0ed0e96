"""What a function raises, without the text of what went wrong: Lambda writes that text into the log."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

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
