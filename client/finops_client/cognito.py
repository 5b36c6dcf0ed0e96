"""A token from a Cognito user pool for a user name and a password."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from finops_client.clock import Clock
from finops_client.errors import CredentialsRefused, FinopsClientError, SignInUnavailable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

InitiateAuth = Callable[..., Mapping[str, Any]]

# A token that expires on its way to the server is of no use.
RENEW_BEFORE_EXPIRY_SECONDS = 60

# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_InitiateAuth.html#API_InitiateAuth_Errors
REFUSALS = {
    "NotAuthorizedException": "Wrong user name or password, or the user is disabled.",
    "UserNotFoundException": "Wrong user name or password, or the user is disabled.",
    "PasswordResetRequiredException": "The password must be reset before this user can sign in.",
    "UserNotConfirmedException": "The user has not confirmed the sign-up yet.",
    "ResourceNotFoundException": "There is no such user pool client in this region.",
    "InvalidParameterException": "The user pool client does not allow signing in with USER_PASSWORD_AUTH.",
}

# These pass by themselves. The last one is in no list of this API's own: it is common to all AWS services.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
PASSING = {
    "TooManyRequestsException": "Too many sign-ins at the moment; try again later.",
    "ThrottlingException": "Cognito takes no more sign-ins at the moment (ThrottlingException); try again later.",
}


class CognitoLogin:
    """Signs a user in by `InitiateAuth` with USER_PASSWORD_AUTH; keeps the token until it is about to expire.

    The call is unsigned: signing in needs no AWS credentials. `AWS_ENDPOINT_URL` in the environment is
    respected by boto3 itself; `endpoint_url` goes before it.
    """

    def __init__(
        self,
        *,
        username: str,
        password: str,
        client_id: str,
        region: str | None = None,
        endpoint_url: str | None = None,
        initiate_auth: InitiateAuth | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is called yet. `initiate_auth` stands in for boto3's method of that name."""
        self._parameters = {"USERNAME": username, "PASSWORD": password}
        self._client_id = client_id
        self._region = region
        self._endpoint_url = endpoint_url
        self._initiate_auth = initiate_auth
        self._clock = clock or Clock()
        self._token = ""
        self._good_until = float("-inf")

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """A token that is good for at least another minute.

        Raises:
            CredentialsRefused: Cognito refused, or wants more than a password.
            SignInUnavailable: Cognito cannot be reached, has failed, or takes no more sign-ins at the moment.
        """
        if renew or self._clock.unix_time() >= self._good_until:
            signed_in_at = self._clock.unix_time()
            result = await asyncio.to_thread(self._sign_in)
            self._token = result["AccessToken"]
            self._good_until = signed_in_at + result["ExpiresIn"] - RENEW_BEFORE_EXPIRY_SECONDS
        return {"token": self._token}

    def _sign_in(self) -> Mapping[str, Any]:
        # Loaded here: boto3 takes a good part of a second, and who has a token does not need it.
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            initiate_auth = self._initiate_auth or self._boto3_initiate_auth()
            answer = initiate_auth(
                AuthFlow="USER_PASSWORD_AUTH", ClientId=self._client_id, AuthParameters=self._parameters
            )
        except ClientError as refused:
            raise _error_for(refused) from None
        except (BotoCoreError, ValueError) as unreachable:
            # boto3 reports an endpoint that is no URL as a ValueError. Its texts name endpoint and region, no
            # secret.
            raise SignInUnavailable(f"Cognito cannot be reached: {unreachable}") from None
        if challenge := answer.get("ChallengeName"):
            raise CredentialsRefused(_sentence_for_challenge(challenge))
        result: Mapping[str, Any] = answer["AuthenticationResult"]
        return result

    def _boto3_initiate_auth(self) -> InitiateAuth:
        import boto3  # noqa: PLC0415
        from botocore import UNSIGNED  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            signature_version=UNSIGNED, connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 2}
        )
        cognito: Any = boto3.session.Session().client(
            "cognito-idp", region_name=self._region, endpoint_url=self._endpoint_url, config=config
        )
        method: InitiateAuth = cognito.initiate_auth
        return method


def _error_for(refused: ClientError) -> FinopsClientError:
    code = refused.response["Error"]["Code"]
    if code in PASSING:
        return SignInUnavailable(PASSING[code])
    if refused.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
        return SignInUnavailable(f"Cognito failed: {code}.")
    return CredentialsRefused(REFUSALS.get(code, f"Cognito refused the sign-in: {code}."))


def _sentence_for_challenge(challenge: str) -> str:
    if challenge == "NEW_PASSWORD_REQUIRED":
        return "The user must set a new password first: sign in once in the browser."
    return f"Cognito asks for {challenge} after the password, which this client cannot answer."
