"""A user pool's published keys on loopback, which can answer with anything."""

from http.server import BaseHTTPRequestHandler
from typing import Any

from loopback_server import LoopbackServer


class KeyServer(LoopbackServer):
    """Serves while it is entered: answers with `status`, `headers` and `body`, and keeps the paths in `fetches`."""

    def __init__(self, body: bytes = b"") -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body = body
        self.fetches: list[str] = []
        super().__init__(self._request_handler())

    @property
    def url(self) -> str:
        return f"{self.address}/pool/.well-known/jwks.json"

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class RequestHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.fetches.append(self.path)
                self.send_response(server.status)
                for name, value in {"Content-Length": str(len(server.body)), **server.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(server.body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Keep the tests' output clean."""

        return RequestHandler
