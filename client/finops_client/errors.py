"""Every error that this package raises on purpose, as one tree, and which of the server's codes becomes which.

The text of each is a sentence for a person and holds no token and no signed URL.
"""

SESSION_EXPIRED = "SESSION_EXPIRED"
# Of a connection that was signed in: the token has expired, or the server has forgotten the connection, which it took
# for gone.
SIGN_IN_AGAIN_CODES = {SESSION_EXPIRED, "UNAUTHENTICATED"}
RATE_LIMITED = "RATE_LIMITED"
# These end no question: the same one is taken after the session is renewed, when the server is well again, or after
# a wait of seconds. Not so TOO_MANY_JOBS: jobs take minutes, and which of them to cancel is for the user to say.
PASSING_CODES = {"INTERNAL", RATE_LIMITED, *SIGN_IN_AGAIN_CODES}


class FinopsClientError(Exception):
    """Base of all errors of this package.

    `code` is the protocol's, such as INVALID_MESSAGE, if the server has refused something. `retry_after` is the number
    of seconds after which the server may take the same, if it has said so.
    """

    def __init__(self, message: str, code: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_after = retry_after


class CannotConnect(FinopsClientError):
    """No connection could be made: name, network, TLS, or no WebSocket answered there."""


class HandshakeRefused(CannotConnect):
    """The server answered the handshake with HTTP 4xx: trying again changes nothing."""


class SignInUnavailable(CannotConnect):
    """Cognito cannot be reached, has failed, or takes no more sign-ins: trying again may help."""


class ConnectionLost(FinopsClientError):
    """A connection ended."""


class GaveUp(ConnectionLost):
    """The connection was lost and could not be made again within the attempts and the time allowed."""


class NotAuthenticated(FinopsClientError):
    """The server refused who we say we are."""


class CredentialsRefused(NotAuthenticated):
    """There is no token to be had: wrong password, a challenge, no such pool."""


class NoAnswer(FinopsClientError):
    """The server did not answer a message within the deadline."""


class GatewayRefused(FinopsClientError):
    """API Gateway did not hand a message on: a function failed or is missing, or the API is throttled."""

    def __init__(self, message: str) -> None:
        super().__init__(f"API Gateway did not deliver the message: {message}.")


class ServerFailed(FinopsClientError):
    """The server took a message and failed over it (code INTERNAL): trying again may help."""


class RequestRefused(FinopsClientError):
    """The server refused a request; `code` says why."""


class JobNotFound(RequestRefused):
    """This user has no such job: it never was, has expired, or is somebody else's."""


class LimitReached(RequestRefused):
    """Enough for now: too many connections, questions, frames (RATE_LIMITED) or unfinished jobs (TOO_MANY_JOBS)."""


class MessageNotSendable(FinopsClientError):
    """A message is larger than any that the server takes, or not text; nothing was sent."""


class ProtocolViolation(FinopsClientError):
    """A message that ends a wait came, and cannot be read."""


class AnswerUnavailable(FinopsClientError):
    """The whole answer could not be fetched; its first part is in the event."""


_ERRORS: dict[str, type[FinopsClientError]] = {
    **dict.fromkeys(("INVALID_TOKEN", *SIGN_IN_AGAIN_CODES), NotAuthenticated),
    **dict.fromkeys((RATE_LIMITED, "TOO_MANY_JOBS"), LimitReached),
    "INTERNAL": ServerFailed,
    "JOB_NOT_FOUND": JobNotFound,
}


def refusal(code: str, sentence: str, retry_after: float | None = None) -> FinopsClientError:
    """Make the error for a refusal with this code; its text is the server's sentence, `retry_after` is in seconds."""
    return _ERRORS.get(code, RequestRefused)(sentence, code, retry_after)
