"""What an agent's Lambda function gave back, read as an answer. Pure.

An agent answers `{"statusCode": 200, "body": "{\\"response\\": \\"markdown\\"}"}`; the body may be an object, and the
outer envelope may be missing. Agents are not trusted: what is not such an answer is a failure, and none of their words
about a failure reach a client. What is one is data: its markdown, HTML and links included, stays as it is for the
clients to show safely, without the characters that none of them should have to guard against.
"""

import json
from typing import Any

from background_processor.code_fence import with_fence_closed
from finops_websocket.errors import AgentFailed
from finops_websocket.plain_text import plain_text

# The most that Lambda passes on: "6 MB", of which its own error message gives the bytes. What plays Lambda may pass on
# more, and a payload takes up to 25 times its size in memory while it is read.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6_291_556

_NOT_READABLE = "It gave an answer that could not be read."


def content_of(payload: bytes) -> str:
    """Give the markdown of an agent's payload; raise AgentFailed if there is none, and nothing else."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise AgentFailed(_NOT_READABLE)
    envelope = _object(payload)
    if "statusCode" in envelope and envelope["statusCode"] != 200:
        raise AgentFailed("It could not answer the question.")
    body = envelope.get("body", envelope)
    content = (_object(body) if isinstance(body, str) else body if isinstance(body, dict) else {}).get("response")
    if not isinstance(content, str):
        raise AgentFailed(_NOT_READABLE)
    content = plain_text(content)
    if not content.strip():
        raise AgentFailed("It gave an empty answer.")
    return with_fence_closed(content)


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise AgentFailed(_NOT_READABLE) from None
    if not isinstance(value, dict):
        raise AgentFailed(_NOT_READABLE)
    return value
