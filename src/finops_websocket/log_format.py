"""The lines of the log: JSON, each on one line, and of an error what it is and where it was raised.

An error's text may quote what was being read, stored or sent: botocore quotes arguments, Python what is no number. The
log tells people who may not read questions and answers what the functions do, so no error's text goes into it.
"""

import copy
import logging
import traceback
from pathlib import PurePath
from typing import Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from botocore.exceptions import ClientError


class ContentFreeFormatter(LambdaPowertoolsFormatter):
    """Formats lines for `Logger(logger_formatter=...)`, with errors' types in place of their texts."""

    def format(self, record: logging.LogRecord) -> str:
        """Give a record as a line of JSON."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None:
            # Other handlers have the same record.
            record = copy.copy(record)
            record.__dict__["errors"] = _described(error)
            record.exc_info = record.exc_text = None
        return super().format(record)


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
