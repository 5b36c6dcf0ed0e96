"""What an operation ends with when it cannot be done: a sentence that says what to do."""

from __future__ import annotations

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
    """The failure that an error of AWS, or of the way there, means for whoever runs an operation."""
    return OperationFailed(_refusal(error) if isinstance(error, ClientError) else _obstacle(error))


def code_of(error: ClientError) -> str:
    """The code by which AWS names an error, such as ResourceNotFoundException."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _refusal(error: ClientError) -> str:
    if code_of(error) in _EXPIRED:
        return "Your AWS credentials have expired. Sign in again, then run this again."
    if code_of(error) in _UNKNOWN:
        return "AWS does not know your credentials. Check aws sts get-caller-identity."
    if code_of(error) in _REFUSED:
        return f"You may not call {error.operation_name}: {_sentence(error)}"
    return f"AWS refused {error.operation_name}: {_sentence(error)}"


def _obstacle(error: BotoCoreError) -> str:
    if isinstance(error, NoCredentialsError | PartialCredentialsError | TokenRetrievalError):
        return "There are no valid AWS credentials (aws configure, or AWS_PROFILE=...)."
    if isinstance(error, NoRegionError):
        return "Name the region: --region us-east-1, or AWS_REGION."
    if isinstance(error, EndpointConnectionError):
        return f"{error} Is the network there, and AWS_ENDPOINT_URL right if it is set?"
    return str(error)


def _sentence(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Message") or error)
