"""Signing in with Cognito: against a stand-in for boto3's client, and once with boto3 and nobody there."""

import io
import signal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_client import CognitoLogin, GivenToken
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

    def __getattr__(self, call: str) -> Any:
        def answered(**request: Any) -> Any:
            self.calls.append(call)
            self.requests.append(request)
            answer = self.answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return answered

    def login(self) -> CognitoLogin:
        """A user's whose authenticator shows 123456."""
        return CognitoLogin(username="ann", password="pw", client_id="client", cognito=self, mfa_code=lambda: "123456")


def token(name: str, seconds: int = 3600, **more: str) -> dict[str, Any]:
    return {"AuthenticationResult": {"AccessToken": name, "ExpiresIn": seconds, **more}}


def refusal(code: str, *, status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "What Cognito says."},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "InitiateAuth")  # type: ignore[arg-type]


REFUSED = refusal("NotAuthorizedException")


async def test_a_given_token_is_not_renewed() -> None:
    with pytest.raises(CredentialsRefused, match="give a new one") as refused:
        await GivenToken("t").fields(renew=True)
    assert refused.value.code == "SESSION_EXPIRED"


async def test_signs_in_once_and_keeps_the_token_until_it_is_about_to_expire() -> None:
    cognito = Cognito(token("first", seconds=60), token("second"))
    credentials = cognito.login()
    for expected in ("first", "second", "second"):
        assert await credentials.fields() == {"token": expected}
    assert cognito.requests == [SIGN_IN, SIGN_IN]


async def test_renewing_uses_the_refresh_token_as_long_as_it_is_taken() -> None:
    cognito = Cognito(
        *(token("first", RefreshToken="r"), token("second"), refusal("TooManyRequestsException")),
        *(token("third", RefreshToken="s"), {}, token("fourth"), REFUSED, REFUSED, token("fifth")),
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
    refreshes = [{"ClientId": "client", "RefreshToken": name} for name in ("r", "r", "r", "s", "s")]
    assert cognito.requests == [SIGN_IN, *refreshes[:4], SIGN_IN, refreshes[4], SIGN_IN, SIGN_IN]
    assert set(cognito.calls) == {"initiate_auth", "get_tokens_from_refresh_token"}


async def test_an_authenticators_code_is_asked_for_when_cognito_wants_it_and_once() -> None:
    nameless = {name: CHALLENGED[name] for name in ("ChallengeName", "Session")}
    cognito = Cognito(CHALLENGED, token("first", RefreshToken="r"), token("second"), REFUSED, nameless)
    credentials = cognito.login()
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


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        ({"ChallengeName": "NEW_PASSWORD_REQUIRED"}, CredentialsRefused, "new password"),
        ({"ChallengeName": "SMS_MFA"}, CredentialsRefused, "asks for SMS_MFA"),
        (REFUSED, CredentialsRefused, r"What Cognito says\. \(NotAuthorizedException\)"),
        (refusal("TooManyRequestsException"), SignInUnavailable, "no sign-ins at the moment"),
        (refusal("InternalErrorException", status=500), SignInUnavailable, "no sign-ins at the moment"),
    ],
)
async def test_what_cognito_says_is_one_sentence_and_what_passes_is_no_refusal(
    answer: Any, error: type, sentence: str
) -> None:
    for answers in ([answer], [CHALLENGED, answer]):
        with pytest.raises(error, match=sentence):
            await Cognito(*answers).login().fields()


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
