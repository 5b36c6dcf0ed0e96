"""Keys of a user pool's that the tests have themselves, tokens signed with them, and a server that publishes them."""

import base64
import json
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from loopback_server import LoopbackServer

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY_ID = "ours"


def encoded(part: bytes) -> str:
    """Write bytes as a token's parts are written."""
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def encoded_json(value: Any) -> str:
    """Write a value as JSON, as a token's part."""
    return encoded(json.dumps(value).encode())


def signed(header: str, claims: str, key: rsa.RSAPrivateKey = KEY) -> str:
    """Make a token of a header and claims that are written already."""
    signature = jwt.get_algorithm_by_name("RS256").sign(f"{header}.{claims}".encode(), key)
    return f"{header}.{claims}.{encoded(signature)}"


def published(key: rsa.RSAPrivateKey, key_id: str = KEY_ID) -> dict[str, Any]:
    """Give a key as an entry of a pool's key set."""
    entry = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**entry, "kid": key_id, "alg": "RS256", "use": "sig"}


class KeyServer(LoopbackServer):
    """Publishes KEY while it is entered."""

    def __init__(self) -> None:
        super().__init__(_Keys)

    @property
    def url(self) -> str:
        return f"{self.address}/pool/.well-known/jwks.json"


class _Keys(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"keys": [published(KEY)]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_details: Any) -> None:
        """Keep the tests' output for the tests."""
