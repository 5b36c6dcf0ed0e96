"""Who is asking: what goes into an `authenticate` message, and how a user signs in with Cognito for it."""

import asyncio
import getpass
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TextIO

from finops_client.errors import SESSION_EXPIRED, CredentialsRefused, SignInUnavailable

CHALLENGES = {
    "NEW_PASSWORD_REQUIRED": "The user must set a new password first: sign in once in the browser.",
    "MFA_SETUP": "The user pool requires a second factor: set up an authenticator app first, in the browser.",
}

# These pass by themselves. The last one is in no list of this API's own: it is common to all AWS services.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/CommonErrors.html
PASSING = {"TooManyRequestsException", "ThrottlingException"}


class Credentials(Protocol):
    """Anything that can say who is asking, each time a connection is made."""

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """Give the fields of the `authenticate` message.

        With `renew`, the token given before is no longer accepted and must not be given again.

        Raises:
            CredentialsRefused: there is no token to be had.
            SignInUnavailable: there is none at the moment.
        """


@dataclass(frozen=True)
class ClaimedIdentity:
    """The guide's form: a user's id and name without proof."""

    user_id: str
    username: str

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:  # noqa: ARG002
        """Give `userId` and `username`; there is nothing to renew."""
        return {"userId": self.user_id, "username": self.username}


@dataclass(frozen=True, repr=False)
class GivenToken:
    """A token from somewhere else, which is not looked into and cannot be renewed."""

    token: str

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """Give the token.

        Raises:
            CredentialsRefused: a new one is asked for.
        """
        if renew:
            raise CredentialsRefused(
                "The token is not accepted and cannot be renewed; give a new one.", SESSION_EXPIRED
            )
        return {"token": self.token}


@dataclass(kw_only=True, eq=False, repr=False)
class CognitoLogin:
    """Signs a user in, keeps the token until it is about to expire, and renews it without asking anybody.

    Signing in is `InitiateAuth` with USER_PASSWORD_AUTH and, if Cognito asks for SOFTWARE_TOKEN_MFA,
    `RespondToAuthChallenge`; renewing is `GetTokensFromRefreshToken`, which app clients with and without rotation of
    refresh tokens take. Where that is refused, because the refresh token has expired, the user is signed in again.
    https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_RefreshTokenRotationType.html

    The calls run in threads of the event loop's default executor: see `run_with_daemon_threads`.

    Args:
        username, password: the user's.
        client_id: the user pool's app client, without a secret.
        region: the pool's; by default boto3's.
        endpoint_url: goes before `AWS_ENDPOINT_URL`, which boto3 itself respects.
        mfa_code: gives the authenticator's code. Called on the event loop's thread, which waits meanwhile, when
            Cognito asks for it, and once only; may raise CredentialsRefused.
        cognito: stands in for boto3's client.
    """

    username: str
    password: str
    client_id: str
    region: str | None = None
    endpoint_url: str | None = None
    mfa_code: Callable[[], str] | None = None
    cognito: Any = None
    _token: str = field(default="", init=False)
    _refresh_token: str | None = field(default=None, init=False)
    _good_until: float = field(default=float("-inf"), init=False)
    _code_is_used: bool = field(default=False, init=False)

    async def fields(self, *, renew: bool = False) -> Mapping[str, str]:
        """Give a token that is good for at least another minute.

        Raises:
            CredentialsRefused: Cognito refused, there is no code for it, or it wants something else.
            SignInUnavailable: Cognito cannot be reached, has failed, or takes no more sign-ins at the moment.
        """
        # By a clock that goes on while the computer sleeps.
        asked_at = time.time()
        if renew or asked_at >= self._good_until:
            answer = await self._renewed()
            if "AuthenticationResult" not in answer:
                answer = await self._signed_in()
            result = answer["AuthenticationResult"]
            self._token = result["AccessToken"]
            self._refresh_token = result.get("RefreshToken", self._refresh_token)
            # A token that expires on its way to the server is of no use.
            self._good_until = asked_at + result["ExpiresIn"] - 60
        return {"token": self._token}

    async def _renewed(self) -> Mapping[str, Any]:
        if self._refresh_token is None:
            return {}
        try:
            return await asyncio.to_thread(
                self._call, "get_tokens_from_refresh_token", RefreshToken=self._refresh_token
            )
        except CredentialsRefused:
            self._refresh_token = None
            return {}

    async def _signed_in(self) -> Mapping[str, Any]:
        user = {"USERNAME": self.username, "PASSWORD": self.password}
        answer = await asyncio.to_thread(
            self._call, "initiate_auth", AuthFlow="USER_PASSWORD_AUTH", AuthParameters=user
        )
        if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA" and self.mfa_code:
            if self._code_is_used:
                # A code is good once and for half a minute, and in the middle of a job is no time to ask for another.
                raise CredentialsRefused("The session has ended, and a new one needs a new code. Please sign in again.")
            code, self._code_is_used = self.mfa_code(), True
            # Who signs in by an alias, such as an address, has another name here.
            username = answer.get("ChallengeParameters", {}).get("USER_ID_FOR_SRP", self.username)
            answer = await asyncio.to_thread(
                self._call,
                "respond_to_auth_challenge",
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=answer["Session"],
                ChallengeResponses={"USERNAME": username, "SOFTWARE_TOKEN_MFA_CODE": code},
            )
        if challenge := answer.get("ChallengeName"):
            raise CredentialsRefused(
                CHALLENGES.get(challenge, f"Cognito asks for {challenge}, which this client cannot answer.")
            )
        return answer

    def _call(self, name: str, **request: object) -> Mapping[str, Any]:
        # Loaded here: boto3 takes a good part of a second, and who has a token does not need it.
        import boto3  # noqa: PLC0415
        from botocore import UNSIGNED  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            if self.cognito is None:
                # Unsigned: signing in needs no AWS credentials.
                config = Config(
                    signature_version=UNSIGNED, connect_timeout=10, read_timeout=20, retries={"total_max_attempts": 2}
                )
                self.cognito = boto3.session.Session().client(
                    "cognito-idp", region_name=self.region, endpoint_url=self.endpoint_url, config=config
                )
            answer: Mapping[str, Any] = getattr(self.cognito, name)(ClientId=self.client_id, **request)
        except ClientError as refused:
            code, status = refused.response["Error"]["Code"], refused.response["ResponseMetadata"]["HTTPStatusCode"]
            if code in PASSING or status >= 500:
                raise SignInUnavailable(f"Cognito takes no sign-ins at the moment ({code}); try again later.") from None
            raise CredentialsRefused(
                f"Cognito refused the sign-in: {refused.response['Error']['Message']} ({code})"
            ) from None
        except (BotoCoreError, ValueError) as unreachable:
            # boto3 reports an endpoint that is no URL as a ValueError. Its texts name endpoint and region, no secret.
            raise SignInUnavailable(f"Cognito cannot be reached: {unreachable}") from None
        return answer


def mfa_code(environment: Mapping[str, str], stdin: TextIO, *, prompt: Callable[[str], str] = getpass.getpass) -> str:
    """Give an authenticator's code: typed if `stdin` is a terminal, and else the variable FINOPS_MFA_CODE.

    Blocks while a person types it, and lets Ctrl-C through.

    Raises:
        CredentialsRefused: there is none.
    """
    given = environment.get("FINOPS_MFA_CODE", "")
    if stdin.isatty():
        # asyncio.run's own handler would only ask the event loop to stop, which waits for the typing.
        asyncios = signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            given = prompt("Code of your authenticator app: ")
        except EOFError:
            given = ""
        finally:
            signal.signal(signal.SIGINT, asyncios)
    # Authenticator apps show a code in two halves.
    if code := "".join(given.split()):
        return code
    raise CredentialsRefused(
        "A code of the user's authenticator app is needed: type it on a terminal, or set FINOPS_MFA_CODE."
    )
