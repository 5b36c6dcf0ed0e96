"""The whole of an answer that was too large for a message, fetched from the presigned URL beside it."""

import ipaddress
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from finops_client.errors import AnswerUnavailable

# A hundred times what goes into a message; a person reads no more, and memory stays bounded.
MAX_ANSWER_BYTES = 12 * 1024 * 1024


def fetch_answer(url: str) -> str:
    """Fetch the text behind a presigned URL. This blocks: call it in a thread.

    Args:
        url: https, or http on this machine's own address (the local cloud). Redirects are not followed.

    Raises:
        AnswerUnavailable: the URL is not allowed or has expired (after one hour), the answer is too large, no UTF-8
            text, or not whole. The text leaves the URL out: whoever holds it can read the answer.
    """
    if not _is_allowed(url):
        raise AnswerUnavailable("The address of the whole answer is neither https nor on this machine.")
    try:
        # Seconds for the connection, and for each read.
        with urllib.request.build_opener(_NoRedirects()).open(url, timeout=30) as response:
            body: bytes = response.read(MAX_ANSWER_BYTES + 1)
        if len(body) > MAX_ANSWER_BYTES:
            raise AnswerUnavailable(f"The whole answer has more than {MAX_ANSWER_BYTES} bytes.")
        if response.length:
            raise AnswerUnavailable(f"The whole answer broke off, {response.length} bytes before its end.")
        return body.decode()
    except urllib.error.HTTPError as refused:
        raise AnswerUnavailable(f"The whole answer cannot be fetched: HTTP {refused.code}.") from None
    except UnicodeDecodeError:
        raise AnswerUnavailable("The whole answer is not a UTF-8 text.") from None
    except (OSError, HTTPException, ValueError) as failed:
        reason = getattr(failed, "reason", None) or type(failed).__name__
        raise AnswerUnavailable(f"The whole answer cannot be fetched: {reason}.") from None


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
