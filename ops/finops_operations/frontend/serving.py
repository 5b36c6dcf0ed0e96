"""A built frontend, served on this machine as Amplify would serve it: with the headers of its customHttp.yml.

`python -m finops_operations.frontend.serving BUILD SOCKET` serves on a socket that listens already: the number of an
open file.
"""

import socket
import sys
from fnmatch import fnmatchcase
from functools import lru_cache
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml


def page_handler(build: Path) -> type[SimpleHTTPRequestHandler]:
    """Give what answers a request for a file of the build. What is built anew is served from then on."""

    class Page(SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *arguments: Any) -> None:
            # Whatever this machine says of it: a browser takes nothing else for a module.
            self.extensions_map = {**self.extensions_map, ".js": "text/javascript"}
            super().__init__(*arguments, directory=str(build))

        def end_headers(self) -> None:
            for name, value in headers_of(build, urlsplit(self.path).path).items():
                self.send_header(name, value)
            super().end_headers()

        def list_directory(self, path: object) -> None:  # noqa: ARG002 (the base class names it)
            self.send_error(404)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    return Page


def headers_of(build: Path, path: str) -> dict[str, str]:
    """Give the headers that a path of the site gets.

    https://docs.aws.amazon.com/amplify/latest/userguide/custom-header-YAML-format.html
    """
    rules = build / "customHttp.yml"
    try:
        return _headers_of(rules, rules.stat().st_mtime_ns, path)
    except FileNotFoundError:
        return {}


@lru_cache
def _headers_of(rules: Path, _written: int, path: str) -> dict[str, str]:
    headers = {}
    for rule in yaml.safe_load(rules.read_bytes())["customHeaders"]:
        if fnmatchcase(path, rule["pattern"]):
            headers.update({header["key"]: header["value"] for header in rule["headers"]})
    return headers


if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[2]))
    server = ThreadingHTTPServer(listening.getsockname(), page_handler(Path(sys.argv[1])), bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.serve_forever()
