"""What moto does not play, on loopback: API Gateway's connections, agents' functions and a user pool's keys."""

import json
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from loopback_server import LoopbackServer


class LoopbackAws(LoopbackServer):
    """Serves while it is entered, and keeps what it was asked.

    `gone` are connections that answer 410, and `closed` those that it was asked to close; `agent_answers` are payloads
    by function, and what has none is not there; `keys` is the pool's published key set, fetched `key_fetches` times.
    """

    def __init__(self) -> None:
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.gone: set[str] = set()
        self.closed: list[str] = []
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        self.agent_answers: dict[str, bytes] = {}
        self.keys: bytes = b'{"keys": []}'
        self.key_fetches = 0
        super().__init__(self._request_handler())

    @property
    def management_endpoint(self) -> str:
        return f"{self.address}/prod"

    @property
    def keys_url(self) -> str:
        return f"{self.address}/pool/.well-known/jwks.json"

    def _post(self, path: str, body: bytes) -> tuple[int, bytes]:
        match unquote(path).split("/"):
            case ["", "prod", "@connections", connection_id]:
                if connection_id in self.gone:
                    return 410, b'{"__type": "GoneException"}'
                self.posted.append((connection_id, json.loads(body)))
                return 200, b""
            case ["", "2015-03-31", "functions", name, "invocations"]:
                self.invoked.append((name, json.loads(body)))
                if name in self.agent_answers:
                    return 200, self.agent_answers[name]
                # As Lambda says it: with the account in it.
                return 404, json.dumps({"Message": f"Function not found: arn:aws:lambda:us-east-1:1:{name}"}).encode()
        return 404, b"{}"

    def _get(self, path: str) -> tuple[int, bytes]:
        match unquote(path).split("/"):
            case ["", "prod", "@connections", connection_id]:
                return (410, b'{"__type": "GoneException"}') if connection_id in self.gone else (200, b"{}")
        self.key_fetches += 1
        return 200, self.keys

    def _delete(self, path: str) -> tuple[int, bytes]:
        self.closed.append(unquote(path).rpartition("/")[2])
        return 204, b""

    def _request_handler(self) -> type[BaseHTTPRequestHandler]:
        loopback = self

        class RequestHandler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*loopback._get(self.path))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(*loopback._post(self.path, body))

            def do_DELETE(self) -> None:
                self._answer(*loopback._delete(self.path))

            def _answer(self, status: int, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002
                """Keep the tests' output clean."""

        return RequestHandler
