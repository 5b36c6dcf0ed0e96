import contextlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest

from finops_client.errors import AnswerUnavailable
from finops_client.large_answer import MAX_ANSWER_BYTES, fetch_answer
from loopback_server import LoopbackServer

BODIES = {"/answer": "Größe".encode(), "/binary": b"\xff", "/large": b"x" * (MAX_ANSWER_BYTES + 1), "/short": b"four"}


class Bucket(BaseHTTPRequestHandler):
    """Answers by path, and notes which were asked for."""

    paths: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.paths.append(self.path)
        if self.path == "/gone":
            self.send_error(403)
            return
        self.send_response(307 if self.path.startswith("/to/") else 200)
        if self.path.startswith("/to/"):
            self.send_header("Location", self.path.removeprefix("/to/"))
        elif self.path == "/short":
            self.send_header("Content-Length", "10")
        self.end_headers()
        # A client may hang up before the end.
        with contextlib.suppress(OSError):
            self.wfile.write(BODIES.get(self.path, b""))

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with LoopbackServer(Bucket) as server:
        yield server.address


def test_the_whole_answer(bucket: str) -> None:
    assert fetch_answer(f"{bucket}/answer") == "Größe"


@pytest.mark.parametrize("target", ["", "file:///etc/passwd"])
def test_no_redirect_is_followed(bucket: str, target: str) -> None:
    before = len(Bucket.paths)
    with pytest.raises(AnswerUnavailable, match="HTTP 307"):
        fetch_answer(f"{bucket}/to/{target or bucket}/answer")
    assert len(Bucket.paths) == before + 1


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/gone", "HTTP 403"),
        ("/binary", "UTF-8"),
        ("/large", "more than [0-9]+ bytes"),
        ("/short", "broke off, 6 bytes before its end"),
    ],
)
def test_an_answer_that_is_none(bucket: str, path: str, sentence: str) -> None:
    with pytest.raises(AnswerUnavailable, match=sentence) as unavailable:
        fetch_answer(bucket + path)
    assert bucket not in str(unavailable.value)


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "http://10.0.0.1/a", "http://localhost.evil.example/a", "ftp://localhost/a", "", "http://["],
)
def test_an_address_that_is_not_allowed(url: str) -> None:
    with pytest.raises(AnswerUnavailable, match="neither https nor on this machine"):
        fetch_answer(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/a", "http://[::1]:1/a", "https://127.0.0.1:1/a", "https://"])
def test_an_address_where_nobody_answers(url: str) -> None:
    with pytest.raises(AnswerUnavailable, match="cannot be fetched"):
        fetch_answer(url)
