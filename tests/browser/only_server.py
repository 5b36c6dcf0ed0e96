"""The only server that the tests' browser can reach: it stands for every host, and records what is asked of any."""

import mimetypes
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

from loopback_server import LoopbackServer

BROWSER_TESTS = Path(__file__).parent
WEB_CLIENT = BROWSER_TESTS.parents[1] / "finops-ui"


class OnlyServer(LoopbackServer):
    """A proxy on the loopback interface that serves the web client's files at `PAGE_HOST`, and nothing else."""

    PAGE_HOST = "finops.test"

    def __init__(self) -> None:
        self._strange_requests: list[str] = []
        super().__init__(self._handler())

    def take_strange_requests(self) -> list[str]:
        """Return methods and addresses of what was asked of other hosts, or of no file here, since the last call."""
        taken, self._strange_requests = self._strange_requests, []
        return taken

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        def record(request: str) -> None:
            self._strange_requests.append(request)

        class Handler(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                """Answer one request of any method, CONNECT for https included."""
                self.raw_requestline = self.rfile.readline(65537)
                self.close_connection = True
                if not self.raw_requestline or not self.parse_request():
                    return
                file = served_file(self.path) if self.command == "GET" else None
                if file is None:
                    record(f"{self.command} {self.path}")
                    self.send_error(404)
                else:
                    self._send(file)

            def _send(self, file: Path) -> None:
                content = file.read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", mimetypes.guess_type(file)[0] or "application/octet-stream")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
                """Write nothing."""

        return Handler


def served_file(url: str) -> Path | None:
    """Return the file at an address, or None if it is none of the test page's or the web client's."""
    parts = urlsplit(url)
    if parts.netloc != OnlyServer.PAGE_HOST:
        return None
    folder = WEB_CLIENT if parts.path.startswith(("/src/", "/node_modules/")) else BROWSER_TESTS / "page"
    file = folder / parts.path.removeprefix("/")
    return file if file.is_file() else None
