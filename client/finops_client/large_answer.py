"""The whole of an answer that was too large for a message, fetched from the presigned URL beside it."""

from __future__ import annotations

import ipaddress
import time
import urllib.error
import urllib.request
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from finops_client.errors import AnswerUnavailable

# A hundred times what goes into a message; a person reads no more, and memory stays bounded.
MAX_ANSWER_BYTES = 12 * 1024 * 1024
# Enough for the largest one over a line of 1 Mbit/s.
TOTAL_SECONDS = 120.0
# For the connection, and for each read.
TIMEOUT_SECONDS = 30.0
CHUNK = 64 * 1024


def fetch_answer(url: str, *, max_bytes: int = MAX_ANSWER_BYTES, total: float = TOTAL_SECONDS) -> str:
    """Fetch the text behind a presigned URL. This blocks: call it in a thread.

    Args:
        url: https, or http on this machine's own address (the local cloud). Redirects are not followed.
        max_bytes: the most that is read.
        total: seconds for all reads together.

    Raises:
        AnswerUnavailable: the URL is not allowed or has expired (after one hour), the answer is too large, no UTF-8
            text, or not whole. The text leaves the URL out: whoever holds it can read the answer.
    """
    if not _is_allowed(url):
        raise AnswerUnavailable("The address of the whole answer is neither https nor on this machine.")
    opener = urllib.request.build_opener(_NoRedirects())
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as response:
            return _read(response, max_bytes, give_up_at=time.monotonic() + total).decode()
    except urllib.error.HTTPError as refused:
        raise AnswerUnavailable(f"The whole answer cannot be fetched: HTTP {refused.code}.") from None
    except UnicodeDecodeError:
        raise AnswerUnavailable("The whole answer is not a UTF-8 text.") from None
    except (OSError, HTTPException, ValueError) as failed:
        reason = getattr(failed, "reason", None) or type(failed).__name__
        raise AnswerUnavailable(f"The whole answer cannot be fetched: {reason}.") from None


def _read(response: HTTPResponse, max_bytes: int, *, give_up_at: float) -> bytes:
    body = bytearray()
    # Not `read`: it would wait for all, however slowly it comes.
    while chunk := response.read1(CHUNK):
        body += chunk
        if len(body) > max_bytes:
            raise AnswerUnavailable(f"The whole answer has more than {max_bytes} bytes.")
        if time.monotonic() > give_up_at:
            raise AnswerUnavailable("The whole answer comes too slowly.")
    if response.length:
        raise AnswerUnavailable(f"The whole answer broke off, {response.length} bytes before its end.")
    return bytes(body)


def _is_allowed(url: str) -> bool:
    """Keep a server, which gives the URL, from making this machine read its own files or its network."""
    try:
        parts = urlsplit(url)
        if parts.scheme == "http":
            return parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
    return parts.scheme == "https"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Refuse them: the signature of a presigned URL covers the host's name, so it is good at no other address.

    https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
    """

    def redirect_request(self, *_: object) -> None:
        """Give no request, so the redirect's own status is the error."""
