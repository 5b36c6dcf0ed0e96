"""What an operation ends with when it cannot be done: a sentence that says what to do."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    TokenRetrievalError,
)

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
# HeadBucket and HeadObject answer without a body: the status is all there is.
_REFUSED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"}


class OperationFailed(Exception):
    """The operation cannot be done. Its text is for the person who asked for it."""


def failure_of(error: ClientError | BotoCoreError) -> OperationFailed:
    """Return the failure that an error of AWS, or of the way there, means for whoever runs an operation."""
    failure = OperationFailed(str(error))
    match error:
        case ClientError() if code_of(error) in _EXPIRED:
            failure = OperationFailed(
                "Your AWS credentials have expired. Sign in again (aws sso login, or fresh keys), then run this again."
            )
        case ClientError() if code_of(error) in _UNKNOWN:
            failure = OperationFailed(
                f"AWS does not know your credentials. Check aws sts get-caller-identity. It says: {reason_of(error)}"
            )
        case ClientError() if code_of(error) in _REFUSED:
            failure = OperationFailed(f"You may not call {error.operation_name}: {reason_of(error)}")
        case ClientError():
            failure = OperationFailed(f"AWS refused {error.operation_name}: {reason_of(error)}")
        case NoCredentialsError() | PartialCredentialsError() | TokenRetrievalError():
            failure = OperationFailed("There are no valid AWS credentials (aws configure, or AWS_PROFILE=...).")
        case EndpointConnectionError():
            failure = OperationFailed(f"{error} Is the network there, and AWS_ENDPOINT_URL right if it is set?")
    return failure


@contextmanager
def fails_with(sentence: str) -> Iterator[None]:
    """Turn what AWS refuses within into an OperationFailed: the sentence, and AWS's own words behind it."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise OperationFailed(f"{sentence} {reason_of(error)}") from error


def code_of(error: BaseException) -> str:
    """Return the code by which AWS names an error, such as ResourceNotFoundException; empty if it named none."""
    return str(error.response.get("Error", {}).get("Code", "")) if isinstance(error, ClientError) else ""


def reason_of(error: ClientError | BotoCoreError) -> str:
    """Return what AWS said, or botocore if AWS could not be asked, on one line."""
    said = isinstance(error, ClientError) and error.response.get("Error", {}).get("Message")
    return " ".join(str(said or error).split())
