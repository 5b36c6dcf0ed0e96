"""The log: what happened and where, and no word of what was asked or answered."""

import io
import json
import logging
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError

from finops_websocket.observability import ContentFreeFormatter

REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "secret"}}, "PutItem")


@pytest.fixture
def log() -> tuple[Logger, Callable[[], list[dict[str, Any]]]]:
    """A logger of its own, and what reads its lines."""
    stream = io.StringIO()
    logger = Logger(service=str(uuid.uuid4()), stream=stream, logger_formatter=ContentFreeFormatter())
    return logger, lambda: [json.loads(line) for line in stream.getvalue().split("\n") if line]


Log = tuple[Logger, Callable[[], list[dict[str, Any]]]]


def raise_from(error: Exception, cause: BaseException | None) -> None:
    raise error from cause


@pytest.mark.parametrize("error", [ValueError("secret"), KeyError("secret"), ParamValidationError(report="secret")])
def test_of_an_error_there_is_its_type_and_where_it_was_raised(log: Log, error: Exception) -> None:
    logger, lines = log
    error.add_note("secret")
    try:
        raise_from(error, None)
    except type(error):
        logger.exception("It failed.")
    (line,) = lines()
    (described,) = line["errors"]
    assert described["errorType"] == type(error).__name__
    assert [place.split(":")[0] for place in described["raisedAt"]] == ["test_observability.py"] * 2
    assert described["raisedAt"][-1].endswith(" raise_from")
    assert "secret" not in json.dumps(line)


def test_of_aws_s_errors_there_are_the_code_and_the_call(log: Log) -> None:
    logger, lines = log
    logger.error("It failed.", exc_info=REFUSED)
    ((described,),) = (line["errors"] for line in lines())
    assert described == {
        "errorType": "ClientError",
        "errorCode": "AccessDenied",
        "operation": "PutItem",
        "raisedAt": [],
    }


def test_what_an_error_came_from_is_there_unless_it_does_not_matter(log: Log) -> None:
    logger, lines = log

    def fail(cause: BaseException | None) -> None:
        try:
            raise KeyError("secret")
        except KeyError:
            if cause is None:
                raise ValueError("secret")  # noqa: B904 - The error that it came from is its context.
            raise_from(ValueError("secret"), None if cause is REFUSED else cause)

    for cause in (None, OSError("secret"), REFUSED):
        try:
            fail(cause)
        except ValueError:
            logger.exception("It failed.")
    described = [[error["errorType"] for error in line["errors"]] for line in lines()]
    assert described == [["ValueError", "KeyError"], ["ValueError", "OSError"], ["ValueError"]]
    assert "secret" not in json.dumps(lines())


def test_other_handlers_have_the_record_as_it_was() -> None:
    try:
        raise ValueError("text")
    except ValueError as error:
        exc_info = (ValueError, error, error.__traceback__)
    record = logging.LogRecord("name", logging.ERROR, "file.py", 1, "It failed.", None, exc_info)
    assert "text" not in ContentFreeFormatter().format(record)
    assert record.exc_info == exc_info
    assert not hasattr(record, "errors")
