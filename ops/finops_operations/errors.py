"""What an operation ends with when it cannot be done: a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    TokenRetrievalError,
)

_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired"})
_UNKNOWN = frozenset(
    {"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
# HeadBucket and HeadObject answer without a body: the status is all there is.
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})


class OperationFailed(Exception):
    """The operation cannot be done. Its text is for the person who asked for it."""


def failure_of(error: ClientError | BotoCoreError) -> OperationFailed:
    """Return the failure that an error of AWS, or of the way there, means for whoever runs an operation."""
    return _refusal(error) if isinstance(error, ClientError) else _obstacle(error)


@contextmanager
def fails_with(sentence: str) -> Iterator[None]:
    """Turn what AWS refuses within into a failure: the sentence, and AWS's own words behind it.

    Raises:
        OperationFailed: AWS refused, or could not be asked.
    """
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise OperationFailed(f"{sentence} {reason_of(error)}") from error


def code_of(error: ClientError) -> str:
    """Return the code by which AWS names an error, such as ResourceNotFoundException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def reason_of(error: ClientError | BotoCoreError) -> str:
    """Return what AWS said, or botocore if AWS could not be asked, on one line."""
    said = isinstance(error, ClientError) and error.response.get("Error", {}).get("Message")
    return " ".join(str(said or error).split())


def is_expiry(error: ClientError) -> bool:
    """Tell whether AWS refuses because the credentials were valid once."""
    return code_of(error) in _EXPIRED


def _refusal(error: ClientError) -> OperationFailed:
    if is_expiry(error):
        return OperationFailed(
            "Your AWS credentials have expired. Sign in again (aws sso login, or fresh keys), then run this again."
        )
    if code_of(error) in _UNKNOWN:
        return OperationFailed("AWS does not know your credentials. Check aws sts get-caller-identity.")
    if code_of(error) in _REFUSED:
        return OperationFailed(f"You may not call {error.operation_name}: {reason_of(error)}")
    return OperationFailed(f"AWS refused {error.operation_name}: {reason_of(error)}")


def _obstacle(error: BotoCoreError) -> OperationFailed:
    if isinstance(error, NoCredentialsError | PartialCredentialsError | TokenRetrievalError):
        return OperationFailed("There are no valid AWS credentials (aws configure, or AWS_PROFILE=...).")
    if isinstance(error, NoRegionError):
        return OperationFailed("Name the region: --region us-east-1, or AWS_REGION.")
    if isinstance(error, EndpointConnectionError):
        return OperationFailed(f"{error} Is the network there, and AWS_ENDPOINT_URL right if it is set?")
    return OperationFailed(str(error))
