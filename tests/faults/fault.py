"""A fault that can be injected into a call to AWS, and how each service words its refusals. Pure."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What is done to a call."""

    DELAY = "delay"
    """It is served `seconds` later."""
    DROP = "drop"
    """The connection is closed, and the service never sees the call."""
    DUPLICATE = "duplicate"
    """The service gets it twice; the caller gets the second reply."""
    REFUSE = "refuse"
    """The caller gets the service's `error`, and the service never sees the call."""
    LOSE_REPLY = "lose the reply"
    """The service does it, and then the connection is closed."""
    HIDE = "make visible"
    """A message whose visibility was to be extended is visible at once: SQS delivers it a second time."""
    KILL = "kill"
    """The process that makes the call is killed, and the service never sees the call."""


@dataclass(frozen=True)
class Fault:
    """Calls that a fault befalls, and what it does to them.

    It befalls calls of `service` (dynamodb, sqs, lambda, connections, s3), of one `operation` or all, by one `caller`
    (the last part of a function's name) or all, whose body `matches`: each with `probability`, and at most `times` of
    them.
    """

    name: str
    service: str
    kind: Kind
    operation: str | None = None
    caller: str = ""
    matches: Callable[[bytes], bool] = lambda _body: True
    probability: float = 1
    times: int | None = None
    seconds: float = 0
    error: str = ""


@dataclass(frozen=True)
class Reply:
    """An HTTP reply."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


# Every refusal that a row of the table may ask for, and its status.
STATUSES = {
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    ("dynamodb", "ProvisionedThroughputExceededException"): 400,
    ("dynamodb", "InternalServerError"): 500,
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
    ("sqs", "ServiceUnavailable"): 503,
    # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    ("lambda", "TooManyRequestsException"): 429,
    ("lambda", "ServiceException"): 500,
    # https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
    ("connections", "GoneException"): 410,
    ("connections", "PayloadTooLargeException"): 413,
    ("connections", "LimitExceededException"): 429,
    ("connections", "ForbiddenException"): 403,
    ("connections", "InternalServerErrorException"): 500,
    # https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    ("s3", "SlowDown"): 503,
}

_TYPES = {"dynamodb": "com.amazonaws.dynamodb.v20120810#", "sqs": "com.amazonaws.sqs#"}


def refusal(service: str, error: str) -> Reply:
    """The service's reply when it refuses a call with this error; KeyError if it has no such error."""
    status = STATUSES[service, error]
    if service == "s3":
        text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{error}</Code><Message>Injected.</Message></Error>"
        return Reply(status, (("Content-Type", "application/xml"),), text.encode())
    body = {"message": "Injected."}
    if service in _TYPES:
        body["__type"] = _TYPES[service] + error
        return Reply(status, (("Content-Type", "application/x-amz-json-1.0"),), json.dumps(body).encode())
    headers = (("Content-Type", "application/json"), ("x-amzn-ErrorType", error))
    return Reply(status, headers, json.dumps(body).encode())
