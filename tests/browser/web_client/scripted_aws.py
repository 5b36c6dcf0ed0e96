"""What stands for AWS beside the service: a user pool that renews tokens without a sign-in, and signed links."""

import json
import time
from http.server import BaseHTTPRequestHandler
from typing import Any

import jwt

from loopback_server import LoopbackServer

POOL = "us-east-1_ScriptedX"
CLIENT = "4evk2m4ru8rrenij1ukg0044k6"
USER = "testuser"
USER_ID = "5c1d7e2a-90ab-4f3b-8d21-6a7e3f4c5b6d"
# What no test may find where it does not belong.
REFRESH_TOKEN = "a-refresh-token-that-nobody-may-see"
SECRET = "the-key-of-a-pool-that-is-not-there"


def token(use: str, seconds: int = 3600) -> str:
    """A token of the form that a user pool makes, valid for so long."""
    now = int(time.time())
    claims = {
        "sub": USER_ID,
        "token_use": use,
        "iat": now,
        "exp": now + seconds,
        "auth_time": now,
        "jti": str(time.time_ns()),
    }
    claims |= {"client_id": CLIENT, "username": USER} if use == "access" else {"aud": CLIENT, "cognito:username": USER}
    return jwt.encode(claims, SECRET + "-" * 32, algorithm="HS256")


class ScriptedAws(LoopbackServer):
    """Renews tokens as a user pool does, and gives whole answers at their links; refuses when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False
        # What the endpoint answers that older frontends post to; None: it fails.
        self.legacy_answer: str | None = None
        self.whole_answers: dict[str, str] = {}
        super().__init__(self._handler())

    @property
    def renewals(self) -> int:
        return sum(action in {"GetTokensFromRefreshToken", "InitiateAuth"} for action in self.asked)

    def answer_to_post(self, path: str, target: str) -> tuple[int, dict[str, Any]]:
        """Give the status and the body of an answer, to a user pool's client or to an older frontend."""
        if path == "/query":
            return (500, {}) if self.legacy_answer is None else (200, {"response": self.legacy_answer})
        action = target.rpartition(".")[2]
        self.asked.append(action)
        if self.refuses:
            return 400, {"__type": "NotAuthorizedException", "message": "Refresh Token has expired"}
        if action in {"GetTokensFromRefreshToken", "InitiateAuth"}:
            tokens = {"AccessToken": token("access"), "IdToken": token("id"), "ExpiresIn": 3600, "TokenType": "Bearer"}
            return 200, {"AuthenticationResult": tokens, "ChallengeParameters": {}}
        return 200, {}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        aws = self

        class Handler(BaseHTTPRequestHandler):
            def do_OPTIONS(self) -> None:
                self._send(200, b"")

            def do_GET(self) -> None:
                """Give the answer whose link this is; of an expired one there is none."""
                text = aws.whole_answers.get(self.path)
                self._send(403 if text is None else 200, (text or "expired").encode())

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = aws.answer_to_post(self.path, self.headers.get("X-Amz-Target", ""))
                self._send(status, json.dumps(body).encode())

            def _send(self, status: int, content: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                for name in ("Origin", "Headers", "Methods"):
                    self.send_header(f"Access-Control-Allow-{name}", "*")
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it
                """Write nothing."""

        return Handler


def stored_tokens() -> dict[str, str]:
    """What is kept in the browser of somebody who has signed in."""
    pool = f"CognitoIdentityServiceProvider.{CLIENT}"
    user = f"{pool}.{USER}"
    return {
        "user": json.dumps({"id": USER_ID, "name": USER}),
        f"{pool}.LastAuthUser": USER,
        f"{user}.accessToken": token("access"),
        f"{user}.idToken": token("id"),
        f"{user}.refreshToken": REFRESH_TOKEN,
        f"{user}.clockDrift": "0",
        f"{user}.signInDetails": json.dumps({"loginId": USER, "authFlowType": "USER_SRP_AUTH"}),
    }
