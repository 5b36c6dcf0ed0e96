"""What moto does not play, on loopback: API Gateway's connections, agents' functions and a user pool's keys."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from loopback_server import LoopbackServer


class LoopbackAws(LoopbackServer):
    """Serves while it is entered, and keeps what it was asked.

    `gone` are connections that answer 410, and `closed` those that it was asked to close; `agent_answers` are payloads
    by function, and what has none is not there. `keys` is what the pool publishes, with `keys_status` and
    `keys_headers`, fetched `key_fetches` times.
    """

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()
        self.closed: list[str] = []
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        self.agent_answers: dict[str, bytes] = {}
        self.keys: bytes = b'{"keys": []}'
        self.keys_status = 200
        self.keys_headers: dict[str, str] = {}
        self.key_fetches = 0
        super().__init__(self._request_handler())

    @property
    def management_endpoint(self) -> str:
        return f"{self.address}/prod"

    @property
    def keys_url(self) -> str:
        return f"{self.address}/pool/.well-known/jwks.json"

    def answer(self, command: str, path: str, body: bytes) -> tuple[int, bytes]:
        """Give the status and the body of the answer to a request."""
        match [command, *unquote(path).split("/")]:
            case [_, "", "prod", "@connections", connection_id] if connection_id in self.gone:
                return 410, b'{"__type": "GoneException"}'
            case ["GET" | "DELETE", "", "prod", "@connections", connection_id]:
                self.closed += [connection_id] if command == "DELETE" else []
                return 200, b"{}"
            case ["POST", "", "prod", "@connections", connection_id]:
                self.posted.append((connection_id, json.loads(body)))
                return 200, b""
            case ["POST", "", "2015-03-31", "functions", name, "invocations"]:
                self.invoked.append((name, json.loads(body)))
                # As Lambda says it: with the account in it.
                not_found = json.dumps({"Message": f"Function not found: arn:aws:lambda:us-east-1:1:{name}"}).encode()
                return (200, self.agent_answers[name]) if name in self.agent_answers else (404, not_found)
            case ["GET", "", "pool", *_]:
                self.key_fetches += 1
                return self.keys_status, self.keys
        return 404, b"{}"

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class RequestHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, answer = loopback.answer(self.command, self.path, body)
                self.send_response(status)
                for name, value in {"Content-Length": str(len(answer)), **loopback.keys_headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names.

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Keep the tests' output clean."""

        return RequestHandler
