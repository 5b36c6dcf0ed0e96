"""Signing in with Cognito: against a stand-in for boto3's client, and once with boto3 and nobody there."""

import io
import signal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_client import ClaimedIdentity, CognitoLogin, GivenToken
from finops_client.auth import mfa_code
from finops_client.errors import CredentialsRefused, SignInUnavailable

CHALLENGED = {
    "ChallengeName": "SOFTWARE_TOKEN_MFA",
    "Session": "session-1",
    "ChallengeParameters": {"USER_ID_FOR_SRP": "ann-by-id"},
}
SIGN_IN = {
    "AuthFlow": "USER_PASSWORD_AUTH",
    "ClientId": "client",
    "AuthParameters": {"USERNAME": "ann", "PASSWORD": "pw"},
}


class Cognito:
    """Stands in for boto3's client: gives what it is told, whichever call is made, and records what it was asked."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[str] = []
        self.requests: list[dict[str, Any]] = []
        self.time = 1000.0

    def __getattr__(self, call: str) -> Any:
        def answered(**request: Any) -> Any:
            self.calls.append(call)
            self.requests.append(request)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return answered

    def login(self, **options: Any) -> CognitoLogin:
        return CognitoLogin(
            username="ann", password="pw", client_id="client", cognito=self, unix_time=lambda: self.time, **options
        )


def token(name: str, **more: str) -> dict[str, Any]:
    return {"AuthenticationResult": {"AccessToken": name, "ExpiresIn": 3600, **more}}


def refreshing(token: str) -> dict[str, Any]:
    return {"ClientId": "client", "RefreshToken": token}


def refusal(code: str, message: str = "hidden detail", *, status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "InitiateAuth")


REFUSED = refusal("NotAuthorizedException")


async def test_a_claim_and_a_given_token_are_sent_as_they_are() -> None:
    assert await ClaimedIdentity("u", "n").fields(renew=True) == {"userId": "u", "username": "n"}
    assert await GivenToken("t").fields() == {"token": "t"}
    with pytest.raises(CredentialsRefused, match="give a new one") as refused:
        await GivenToken("t").fields(renew=True)
    assert refused.value.code == "SESSION_EXPIRED"


async def test_signs_in_once_and_keeps_the_token_until_it_is_about_to_expire() -> None:
    cognito = Cognito(token("first"), token("second"))
    credentials = cognito.login()
    assert await credentials.fields() == {"token": "first"}
    cognito.time += 3600 - 61
    assert await credentials.fields() == {"token": "first"}
    cognito.time += 2
    assert await credentials.fields() == {"token": "second"}
    assert cognito.requests == [SIGN_IN, SIGN_IN]


async def test_renewing_uses_the_refresh_token_as_long_as_it_is_taken() -> None:
    cognito = Cognito(
        *(token("first", RefreshToken="r"), token("second"), refusal("TooManyRequestsException")),
        *(token("third", RefreshToken="s"), token("fourth"), REFUSED, REFUSED, token("fifth")),
    )
    credentials = cognito.login()
    await credentials.fields()
    assert await credentials.fields(renew=True) == {"token": "second"}
    with pytest.raises(SignInUnavailable):
        await credentials.fields(renew=True)
    for expected in ("third", "fourth"):
        assert await credentials.fields(renew=True) == {"token": expected}
    with pytest.raises(CredentialsRefused):
        await credentials.fields(renew=True)
    assert await credentials.fields(renew=True) == {"token": "fifth"}
    refreshed = [refreshing(name) for name in ("r", "r", "r", "s", "s")]
    assert cognito.requests == [SIGN_IN, *refreshed, SIGN_IN, SIGN_IN]
    assert set(cognito.calls) == {"initiate_auth", "get_tokens_from_refresh_token"}


async def test_a_refresh_without_a_result_is_a_sign_in() -> None:
    credentials = Cognito(token("first", RefreshToken="r"), {}, token("second")).login()
    await credentials.fields()
    assert await credentials.fields(renew=True) == {"token": "second"}


async def test_an_authenticators_code_is_asked_for_when_cognito_wants_it_and_once() -> None:
    def code() -> str:
        return "123456"

    cognito = Cognito(CHALLENGED, token("first", RefreshToken="r"), token("second"), REFUSED, CHALLENGED)
    credentials = cognito.login(mfa_code=code)
    assert await credentials.fields() == {"token": "first"}
    assert await credentials.fields(renew=True) == {"token": "second"}
    with pytest.raises(CredentialsRefused, match="sign in again"):
        await credentials.fields(renew=True)
    assert cognito.requests[1] == {
        "ClientId": "client",
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": "session-1",
        "ChallengeResponses": {"USERNAME": "ann-by-id", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
    }
    assert cognito.calls[1] == "respond_to_auth_challenge"
    nameless = Cognito({name: CHALLENGED[name] for name in ("ChallengeName", "Session")}, token("t"))
    await nameless.login(mfa_code=code).fields()
    assert nameless.requests[1]["ChallengeResponses"]["USERNAME"] == "ann"


@pytest.mark.parametrize(
    ("challenge", "sentence"),
    [
        ("NEW_PASSWORD_REQUIRED", "new password"),
        ("MFA_SETUP", "set up an authenticator app first"),
        ("SMS_MFA", "asks for SMS_MFA"),
    ],
)
async def test_a_challenge_that_cannot_be_answered_is_one_sentence(challenge: str, sentence: str) -> None:
    with pytest.raises(CredentialsRefused, match=sentence):
        await Cognito({"ChallengeName": challenge}).login().fields()


WRONG = "Wrong user name or password"
POOL = "no such user pool client"


@pytest.mark.parametrize(
    ("answer", "at_sign_in", "at_challenge"),
    [
        (refusal("NotAuthorizedException"), WRONG, "came too late"),
        (refusal("NotAuthorizedException", "Client c is configured with secret"), "has a secret", "has a secret"),
        (refusal("UserNotFoundException"), WRONG, WRONG),
        (refusal("ResourceNotFoundException"), POOL, POOL),
        (refusal("InvalidParameterException"), "USER_PASSWORD_AUTH", "mistyped: it is six digits"),
        (refusal("CodeMismatchException"), "CodeMismatchException", "Wrong code"),
        (refusal("ExpiredCodeException"), "ExpiredCodeException", "take the next one"),
        (refusal("SomethingElse"), "refused the sign-in: SomethingElse", "refused the sign-in: SomethingElse"),
        (refusal("TooManyRequestsException"), "no sign-ins at the moment", "no sign-ins at the moment"),
        (refusal("ThrottlingException"), "no sign-ins at the moment", "no sign-ins at the moment"),
        (refusal("InternalErrorException", status=500), "no sign-ins at the moment", "at the moment"),
    ],
)
async def test_what_cognito_says_is_one_sentence_and_what_passes_is_no_refusal(
    answer: Exception, at_sign_in: str, at_challenge: str
) -> None:
    error = SignInUnavailable if "at the moment" in at_sign_in else CredentialsRefused
    for cognito, sentence in ((Cognito(answer), at_sign_in), (Cognito(CHALLENGED, answer), at_challenge)):
        with pytest.raises(error, match=sentence) as failed:
            await cognito.login(mfa_code=lambda: "000000").fields()
        assert not any(hidden in str(failed.value) for hidden in ("hidden detail", "configured", "verify", "\n"))


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "no url"])
async def test_boto3_itself_against_an_endpoint_that_is_not_there(endpoint: str) -> None:
    login = CognitoLogin(username="a", password="b", client_id="c", region="us-east-1", endpoint_url=endpoint)
    with pytest.raises(SignInUnavailable, match="cannot be reached"):
        await login.fields()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Typing:
    """A person who types this, or presses Ctrl-D; remembers who would get Ctrl-C meanwhile."""

    def __init__(self, typed: str | None) -> None:
        self.typed = typed
        self.interrupt_handler: object = None

    def __call__(self, prompt: str) -> str:
        self.interrupt_handler = signal.getsignal(signal.SIGINT)
        if self.typed is None:
            raise EOFError
        return self.typed


@pytest.mark.parametrize("typed", ["123456", " 123 456 "])
def test_the_code_is_typed_on_a_terminal_as_the_app_shows_it_and_comes_from_the_environment_elsewhere(
    typed: str,
) -> None:
    assert mfa_code({"FINOPS_MFA_CODE": "stale"}, Terminal(), prompt=Typing(typed)) == "123456"
    assert mfa_code({"FINOPS_MFA_CODE": typed}, io.StringIO(), prompt=Typing("never")) == "123456"


@pytest.mark.parametrize(("stdin", "typed"), [(io.StringIO(), "123456"), (Terminal(), ""), (Terminal(), None)])
def test_without_a_code_a_sentence_says_what_to_do(stdin: io.StringIO, typed: str | None) -> None:
    with pytest.raises(CredentialsRefused, match="type it on a terminal, or set FINOPS_MFA_CODE"):
        mfa_code({"FINOPS_MFA_CODE": " "}, stdin, prompt=Typing(typed))


def test_ctrl_c_interrupts_the_typing_and_is_given_back_after_it() -> None:
    def other(number: int, frame: object) -> None:
        """Stands in for asyncio's."""

    typing, asyncios = Typing("123456"), signal.signal(signal.SIGINT, other)
    try:
        mfa_code({}, Terminal(), prompt=typing)
        assert typing.interrupt_handler is signal.default_int_handler
        assert signal.getsignal(signal.SIGINT) is other
    finally:
        signal.signal(signal.SIGINT, asyncios)
