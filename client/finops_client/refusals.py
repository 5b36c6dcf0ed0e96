"""A refusal in the protocol's codes -> the error that a caller gets. Pure."""

from __future__ import annotations

from finops_client.errors import (
    FinopsClientError,
    JobAlreadyFinished,
    JobNotFound,
    LimitReached,
    NotAuthenticated,
    RequestRefused,
    ServerFailed,
)

SESSION_EXPIRED = "SESSION_EXPIRED"
# Of a connection that was signed in: the token has expired, or the server has forgotten the connection, which it took
# for gone.
SIGN_IN_AGAIN_CODES = {SESSION_EXPIRED, "UNAUTHENTICATED"}
NOT_AUTHENTICATED_CODES = {"UNAUTHENTICATED", "INVALID_TOKEN", SESSION_EXPIRED}
RATE_LIMITED = "RATE_LIMITED"
LIMIT_CODES = {RATE_LIMITED, "TOO_MANY_JOBS"}
# These end no question: the same one is taken after the session is renewed, when the server is well again, or after
# a wait of seconds. Not so TOO_MANY_JOBS: jobs take minutes, and which of them to cancel is for the user to say.
PASSING_CODES = {SESSION_EXPIRED, "INTERNAL", RATE_LIMITED}


def refusal(code: str, sentence: str, retry_after: float | None = None) -> FinopsClientError:
    """The error for a refusal with this code; its text is the server's sentence, `retry_after` is in seconds."""
    if code in NOT_AUTHENTICATED_CODES:
        return NotAuthenticated(sentence, code)
    if code == "INTERNAL":
        return ServerFailed(sentence)
    if code in LIMIT_CODES:
        return LimitReached(sentence, code, retry_after)
    kinds = {"JOB_NOT_FOUND": JobNotFound, "JOB_FINISHED": JobAlreadyFinished}
    return kinds.get(code, RequestRefused)(sentence, code)
