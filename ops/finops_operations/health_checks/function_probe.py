"""Calls a function with an event that changes nothing, to see whether its code loads and answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from finops_client.terminal_text import clean_line

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient

# A connection that never was has closed: there is nothing to forget and nobody to tell. In the form of API Gateway's
# ids, and no real one's: it spells "healthcheck".
DISCONNECT = {
    "requestContext": {"routeKey": "$disconnect", "eventType": "DISCONNECT", "connectionId": "aGVhbHRoY2hlY2s="}
}
DISCONNECTED = {"statusCode": 200}

# A batch without messages.
NO_MESSAGES: dict[str, Any] = {"Records": []}
NO_FAILURES: dict[str, Any] = {"batchItemFailures": []}

_LONGEST_QUOTE = 160


def fault_of(lambda_client: LambdaClient, function: str, event: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """What is wrong with the function's answer to the event, as a sentence; None if it is the expected one.

    Raises:
        botocore.exceptions.ClientError: Lambda does not let this caller, or anybody at the moment, invoke it.
    """
    try:
        invoked = lambda_client.invoke(FunctionName=function, Payload=json.dumps(event).encode())
    except lambda_client.exceptions.TooManyRequestsException:
        return "Lambda turns its invocations away: its concurrency, or the account's, is used up or set to 0."
    answer = invoked["Payload"].read()
    if "FunctionError" in invoked:
        return f"It fails: {_quoted(answer)}"
    try:
        is_expected = json.loads(answer) == expected
    except ValueError:
        is_expected = False
    return None if is_expected else f"It answers a harmless event with {_quoted(answer)}"


def _quoted(answer: bytes) -> str:
    """An answer in one short line. Of an error, its type and message: the event was ours, so it quotes nobody."""
    text = answer.decode(errors="replace")
    try:
        error = json.loads(text)
    except ValueError:
        error = None
    if isinstance(error, dict) and "errorType" in error:
        text = f"{error['errorType']}: {error.get('errorMessage', '')}"
    line = clean_line(text, _LONGEST_QUOTE)
    return line if line.endswith((".", "…")) else f"{line}."
