"""A token from a Cognito user pool for a user name, a password and, where it is wanted, an authenticator's code."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from finops_client.clock import Clock
from finops_client.cognito_calls import CognitoCalls
from finops_client.errors import CredentialsRefused

# A token that expires on its way to the server is of no use.
RENEW_BEFORE_EXPIRY_SECONDS = 60

CHALLENGES = {
    "SOFTWARE_TOKEN_MFA": "A code of the user's authenticator app is needed, and there is nobody to ask for it.",
    "NEW_PASSWORD_REQUIRED": "The user must set a new password first: sign in once in the browser.",
    "MFA_SETUP": "The user pool requires a second factor: set up an authenticator app first, in the browser.",
}


class CognitoLogin:
    """Signs a user in, keeps the token until it is about to expire, and renews it without asking anybody.

    Signing in is `InitiateAuth` with USER_PASSWORD_AUTH and, if Cognito asks for SOFTWARE_TOKEN_MFA,
    `RespondToAuthChallenge`; renewing is `GetTokensFromRefreshToken`, which app clients with and without rotation of
    refresh tokens take. Where that is refused, because the refresh token has expired, the user is signed in again.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html

    The calls run in threads of the event loop's default executor: see `run_with_daemon_threads`.
    """

    def __init__(
        self,
        *,
        username: str,
        password: str,
        client_id: str,
        region: str | None = None,
        endpoint_url: str | None = None,
        mfa_code: Callable[[], str] | None = None,
        calls: CognitoCalls | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Nothing is called yet.

        Args:
            username, password: the user's.
            client_id: the user pool's app client, without a secret.
            region: the pool's; by default boto3's.
            endpoint_url: goes before `AWS_ENDPOINT_URL`, which boto3 itself respects.
            mfa_code: gives the authenticator's code. Called on the event loop's thread, which waits meanwhile, when
                Cognito asks for it; may raise CredentialsRefused.
            calls: stands in for the calls of Cognito.
            clock: stands in for the time.
        """
        self._parameters = {"USERNAME": username, "PASSWORD": password}
        self._client_id = client_id
        self._mfa_code = mfa_code
        self._calls = calls or CognitoCalls(region=region, endpoint_url=endpoint_url)
        self._clock = clock or Clock()
        self._token = ""
        self._refresh_token: str | None = None
        self._good_until = float("-inf")

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """A token that is good for at least another minute.

        Raises:
            CredentialsRefused: Cognito refused, there is no code for it, or it wants something else.
            SignInUnavailable: Cognito cannot be reached, has failed, or takes no more sign-ins at the moment.
        """
        if renew or self._clock.unix_time() >= self._good_until:
            asked_at = self._clock.unix_time()
            result = await self._renewed() or await self._signed_in()
            self._token = result["AccessToken"]
            self._refresh_token = result.get("RefreshToken", self._refresh_token)
            self._good_until = asked_at + result["ExpiresIn"] - RENEW_BEFORE_EXPIRY_SECONDS
        return {"token": self._token}

    async def _renewed(self) -> Mapping[str, Any] | None:
        if self._refresh_token is None:
            return None
        try:
            answer = await asyncio.to_thread(
                self._calls.get_tokens_from_refresh_token, ClientId=self._client_id, RefreshToken=self._refresh_token
            )
        except CredentialsRefused:
            self._refresh_token = None
            return None
        result: Mapping[str, Any] | None = answer.get("AuthenticationResult")
        return result

    async def _signed_in(self) -> Mapping[str, Any]:
        answer = await asyncio.to_thread(
            self._calls.initiate_auth,
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self._client_id,
            AuthParameters=self._parameters,
        )
        if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA" and self._mfa_code:
            answer = await asyncio.to_thread(
                self._calls.respond_to_auth_challenge,
                ClientId=self._client_id,
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=answer["Session"],
                ChallengeResponses={
                    # Who signs in by an alias, such as an address, has another name here.
                    "USERNAME": answer.get("ChallengeParameters", {}).get(
                        "USER_ID_FOR_SRP", self._parameters["USERNAME"]
                    ),
                    "SOFTWARE_TOKEN_MFA_CODE": self._mfa_code(),
                },
            )
        if challenge := answer.get("ChallengeName"):
            raise CredentialsRefused(
                CHALLENGES.get(challenge, f"Cognito asks for {challenge}, which this client cannot answer.")
            )
        result: Mapping[str, Any] = answer["AuthenticationResult"]
        return result
