"""A refusal in the protocol's codes -> the error that a caller gets. Pure."""

from __future__ import annotations

from finops_client.errors import (
    FinopsClientError,
    JobAlreadyFinished,
    JobNotFound,
    NotAuthenticated,
    RequestRefused,
    ServerFailed,
)

SESSION_EXPIRED = "SESSION_EXPIRED"
# Of a connection that was signed in: the token has expired, or the server has forgotten the connection, which it took
# for gone.
SIGN_IN_AGAIN_CODES = {SESSION_EXPIRED, "UNAUTHENTICATED"}
NOT_AUTHENTICATED_CODES = {"UNAUTHENTICATED", "INVALID_TOKEN", SESSION_EXPIRED}
# These end no question: the same one is taken after the session is renewed, or when the server is well again.
PASSING_CODES = {SESSION_EXPIRED, "INTERNAL"}


def refusal(code: str, sentence: str) -> FinopsClientError:
    """The error for a refusal with this code; its text is the server's sentence."""
    if code in NOT_AUTHENTICATED_CODES:
        return NotAuthenticated(sentence, code)
    if code == "INTERNAL":
        return ServerFailed(sentence)
    kinds = {"JOB_NOT_FOUND": JobNotFound, "JOB_FINISHED": JobAlreadyFinished}
    return kinds.get(code, RequestRefused)(sentence, code)
