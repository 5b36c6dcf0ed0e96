import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from finops_client.errors import AnswerUnavailable
from finops_client.large_answer import fetch_answer


class Bucket(BaseHTTPRequestHandler):
    """Answers by path."""

    def do_GET(self) -> None:
        if self.path == "/gone":
            self.send_error(403)
            return
        if self.path.startswith("/to/"):
            self.send_response(307)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        body = {"/answer": "Größe".encode(), "/binary": b"\xff", "/large": b"x" * 1001}[self.path]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing on standard error."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Bucket) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_whole_answer(bucket: str) -> None:
    assert fetch_answer(f"{bucket}/answer") == "Größe"


def test_a_redirect_to_where_the_answer_may_be(bucket: str) -> None:
    assert fetch_answer(f"{bucket}/to/{bucket}/answer") == "Größe"


@pytest.mark.parametrize("target", ["http://example.invalid/answer", "ftp://127.0.0.1/answer"])
def test_a_redirect_to_elsewhere_is_refused(bucket: str, target: str) -> None:
    with pytest.raises(AnswerUnavailable, match="neither https nor on this machine"):
        fetch_answer(f"{bucket}/to/{target}")


@pytest.mark.parametrize(
    ("path", "sentence"), [("/gone", "HTTP 403"), ("/binary", "UTF-8"), ("/large", "more than 1000 bytes")]
)
def test_an_answer_that_is_none(bucket: str, path: str, sentence: str) -> None:
    with pytest.raises(AnswerUnavailable, match=sentence) as unavailable:
        fetch_answer(bucket + path, max_bytes=1000)
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
