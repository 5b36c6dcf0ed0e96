"""What an agent's Lambda function gave back, read as an answer. Pure.

An agent answers `{"statusCode": 200, "body": "{\\"response\\": \\"markdown\\"}"}`; the body may be an object, and the
outer envelope may be missing. Agents are not trusted: what is not such an answer is a failure, and none of their words
about a failure reach a client.
"""

import json
from typing import Any

from finops_websocket.errors import AgentFailed

_NOT_READABLE = "It gave an answer that could not be read."


def content_of(payload: bytes) -> str:
    """Give the markdown of an agent's payload; raise AgentFailed if there is none."""
    envelope = _object(payload)
    if "statusCode" in envelope and envelope["statusCode"] != 200:
        raise AgentFailed("It could not answer the question.")
    body = envelope.get("body", envelope)
    content = (_object(body) if isinstance(body, str) else body if isinstance(body, dict) else {}).get("response")
    if not isinstance(content, str):
        raise AgentFailed(_NOT_READABLE)
    if not content.strip():
        raise AgentFailed("It gave an empty answer.")
    # Lone surrogates are valid in JSON and cannot be stored or sent.
    return content.encode("utf-8", "replace").decode()


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise AgentFailed(_NOT_READABLE) from None
    if not isinstance(value, dict):
        raise AgentFailed(_NOT_READABLE)
    return value
