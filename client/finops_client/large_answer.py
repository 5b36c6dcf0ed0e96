"""The whole of an answer that was too large for a message, fetched from the presigned URL beside it."""

from __future__ import annotations

import ipaddress
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import IO
from urllib.parse import urlsplit

from finops_client.errors import AnswerUnavailable

# A hundred times what goes into a message; a person reads no more, and memory stays bounded.
MAX_ANSWER_BYTES = 12 * 1024 * 1024
TIMEOUT_SECONDS = 30.0


def fetch_answer(url: str, *, max_bytes: int = MAX_ANSWER_BYTES, timeout: float = TIMEOUT_SECONDS) -> str:
    """The text behind a presigned URL. Blocks: call it in a thread.

    Args:
        url: https, or http on this machine's own address (the local cloud).
        max_bytes: the most that is read.
        timeout: seconds for the connection and for each read.

    Raises:
        AnswerUnavailable: the URL is not allowed or has expired (after one hour), the answer is too
            large, is no UTF-8 text, or does not come. The text leaves the URL out: whoever holds it can read
            the answer.
    """
    _check_allowed(url)
    opener = urllib.request.build_opener(_CheckedRedirects())
    try:
        with opener.open(url, timeout=timeout) as response:
            body: bytes = response.read(max_bytes + 1)
        if len(body) > max_bytes:
            raise AnswerUnavailable(f"The whole answer has more than {max_bytes} bytes.")
        return body.decode()
    except urllib.error.HTTPError as refused:
        raise AnswerUnavailable(f"The whole answer cannot be fetched: HTTP {refused.code}.") from None
    except UnicodeDecodeError:
        raise AnswerUnavailable("The whole answer is not a UTF-8 text.") from None
    except (OSError, HTTPException, ValueError) as failed:
        reason = getattr(failed, "reason", None) or type(failed).__name__
        raise AnswerUnavailable(f"The whole answer cannot be fetched: {reason}.") from None


def _check_allowed(url: str) -> None:
    """Keeps a server, which gives the URL, from making this machine read its own files or its network."""
    try:
        parts = urlsplit(url)
        allowed = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))
    except ValueError:
        allowed = False
    if not allowed:
        raise AnswerUnavailable("The address of the whole answer is neither https nor on this machine.")


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect (S3 sends one for a young bucket) only to where a first URL may lead."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> urllib.request.Request | None:
        _check_allowed(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
