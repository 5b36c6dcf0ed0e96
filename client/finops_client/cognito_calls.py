"""The calls of Cognito that sign a user in and renew a token, and what their errors mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from finops_client.errors import CredentialsRefused, FinopsClientError, SignInUnavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors
REFUSALS = {
    "NotAuthorizedException": "Wrong user name or password, or the user is disabled.",
    "UserNotFoundException": "Wrong user name or password, or the user is disabled.",
    "PasswordResetRequiredException": "The password must be reset before this user can sign in.",
    "UserNotConfirmedException": "The user has not confirmed the sign-up yet.",
    "ResourceNotFoundException": "There is no such user pool client in this region.",
    "InvalidParameterException": (
        "The user pool client does not allow signing in with USER_PASSWORD_AUTH, or its id is mistyped."
    ),
}

# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RespondToAuthChallenge.html#API_RespondToAuthChallenge_Errors
CHALLENGE_REFUSALS = REFUSALS | {
    "CodeMismatchException": "Wrong code of the authenticator app.",
    "InvalidParameterException": "The code of the authenticator app is mistyped: it is six digits.",
    "ExpiredCodeException": "The code of the authenticator app has expired or was used before; take the next one.",
    "NotAuthorizedException": "The code came too late or was wrong too often; sign in again.",
}

CONFIDENTIAL_CLIENT = "The user pool client has a secret; give the id of one that has none."

# These pass by themselves. The last one is in no list of this API's own: it is common to all AWS services.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
PASSING = {
    "TooManyRequestsException": "Too many sign-ins at the moment; try again later.",
    "ThrottlingException": "Cognito takes no more sign-ins at the moment (ThrottlingException); try again later.",
}


class CognitoCalls:
    """Calls Cognito unsigned: signing in needs no AWS credentials. The calls block."""

    def __init__(self, *, region: str | None = None, endpoint_url: str | None = None, client: object = None) -> None:
        """Nothing is loaded yet. `client` stands in for boto3's."""
        self._region = region
        self._endpoint_url = endpoint_url
        self._given: Any = client

    def initiate_auth(self, **request: object) -> Mapping[str, Any]:
        """Cognito's answer to `InitiateAuth`.

        Raises:
            CredentialsRefused: Cognito refused.
            SignInUnavailable: Cognito cannot be reached, has failed, or takes no more sign-ins at the moment.
        """
        return self._call("initiate_auth", request, REFUSALS)

    def respond_to_auth_challenge(self, **request: object) -> Mapping[str, Any]:
        """Cognito's answer to `RespondToAuthChallenge`.

        Raises:
            CredentialsRefused, SignInUnavailable: as `initiate_auth`.
        """
        return self._call("respond_to_auth_challenge", request, CHALLENGE_REFUSALS)

    def get_tokens_from_refresh_token(self, **request: object) -> Mapping[str, Any]:
        """Cognito's answer to `GetTokensFromRefreshToken`.

        Raises:
            CredentialsRefused, SignInUnavailable: as `initiate_auth`.
        """
        return self._call("get_tokens_from_refresh_token", request, REFUSALS)

    def _call(self, name: str, request: Mapping[str, object], refusals: Mapping[str, str]) -> Mapping[str, Any]:
        # Loaded here: boto3 takes a good part of a second, and who has a token does not need it.
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            answer: Mapping[str, Any] = getattr(self._client(), name)(**request)
        except ClientError as refused:
            raise _error_for(refused, refusals) from None
        except (BotoCoreError, ValueError) as unreachable:
            # boto3 reports an endpoint that is no URL as a ValueError. Its texts name endpoint and region, no
            # secret.
            raise SignInUnavailable(f"Cognito cannot be reached: {unreachable}") from None
        return answer

    def _client(self) -> Any:
        import boto3  # noqa: PLC0415
        from botocore import UNSIGNED  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        if self._given is None:
            config = Config(
                signature_version=UNSIGNED, connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 2}
            )
            self._given = boto3.session.Session().client(
                "cognito-idp", region_name=self._region, endpoint_url=self._endpoint_url, config=config
            )
        return self._given


def _error_for(refused: ClientError, refusals: Mapping[str, str]) -> FinopsClientError:
    code = refused.response["Error"]["Code"]
    if code in PASSING:
        return SignInUnavailable(PASSING[code])
    if refused.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return SignInUnavailable(f"Cognito failed: {code}.")
    # Only the message tells this one from a wrong password: "Client X is configured with secret but SECRET_HASH was
    # not received".
    if code == "NotAuthorizedException" and "secret" in refused.response["Error"]["Message"].lower():
        return CredentialsRefused(CONFIDENTIAL_CLIENT)
    return CredentialsRefused(refusals.get(code, f"Cognito refused the sign-in: {code}."))
