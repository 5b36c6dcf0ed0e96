from typing import Any

import pytest

from finops_client.cognito import CognitoLogin
from finops_client.cognito_calls import CognitoCalls
from finops_client.errors import CredentialsRefused, SignInUnavailable
from unit.finops_client.recording_clock import RecordingClock

REFUSED = CredentialsRefused("Refused.")
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


class Calls(CognitoCalls):
    """Gives what it is told, whichever call is made, and records what it was asked."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[dict[str, Any]] = []

    def initiate_auth(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    respond_to_auth_challenge = get_tokens_from_refresh_token = initiate_auth


def token(name: str, **more: str) -> dict[str, Any]:
    return {"AuthenticationResult": {"AccessToken": name, "ExpiresIn": 3600, **more}}


def refreshing(token: str) -> dict[str, Any]:
    return {"ClientId": "client", "RefreshToken": token}


def login(calls: Calls, clock: RecordingClock | None = None, **options: Any) -> CognitoLogin:
    return CognitoLogin(
        username="ann", password="pw", client_id="client", calls=calls, clock=clock or RecordingClock(), **options
    )


async def test_signs_in_once_and_keeps_the_token_until_it_is_about_to_expire() -> None:
    calls, clock = Calls(token("first"), token("second")), RecordingClock()
    credentials = login(calls, clock)
    assert await credentials.fields() == {"token": "first"}
    clock.time += 3600 - 61
    assert await credentials.fields() == {"token": "first"}
    clock.time += 2
    assert await credentials.fields() == {"token": "second"}
    assert calls.requests == [SIGN_IN, SIGN_IN]


async def test_a_token_expires_while_the_computer_sleeps() -> None:
    clock = RecordingClock()
    credentials = login(Calls(token("first"), token("second")), clock)
    await credentials.fields()
    clock.asleep = 3600
    assert await credentials.fields() == {"token": "second"}


async def test_renewing_uses_the_refresh_token_as_long_as_it_is_taken() -> None:
    calls = Calls(token("first", RefreshToken="r"), token("second"), token("third", RefreshToken="s"), token("fourth"))
    credentials = login(calls)
    await credentials.fields()
    for expected in ("second", "third", "fourth"):
        assert await credentials.fields(renew=True) == {"token": expected}
    assert calls.requests[1:] == [refreshing("r"), refreshing("r"), refreshing("s")]


async def test_a_refresh_token_that_is_refused_is_given_up_for_a_new_sign_in() -> None:
    calls = Calls(token("first", RefreshToken="r"), REFUSED, REFUSED, token("second"))
    credentials = login(calls)
    await credentials.fields()
    with pytest.raises(CredentialsRefused):
        await credentials.fields(renew=True)
    assert await credentials.fields(renew=True) == {"token": "second"}
    assert calls.requests[1:] == [refreshing("r"), SIGN_IN, SIGN_IN]


async def test_a_refresh_without_a_result_is_a_sign_in() -> None:
    credentials = login(Calls(token("first", RefreshToken="r"), {}, token("second")))
    await credentials.fields()
    assert await credentials.fields(renew=True) == {"token": "second"}


async def test_a_refresh_that_fails_for_the_moment_keeps_the_refresh_token() -> None:
    calls = Calls(token("first", RefreshToken="r"), SignInUnavailable("Later."), token("second"))
    credentials = login(calls)
    await credentials.fields()
    with pytest.raises(SignInUnavailable):
        await credentials.fields(renew=True)
    assert await credentials.fields(renew=True) == {"token": "second"}
    assert calls.requests[1:] == [refreshing("r"), refreshing("r")]


async def test_an_authenticators_code_is_asked_for_when_cognito_wants_it() -> None:
    asked: list[str] = []

    def code() -> str:
        asked.append("code")
        return "123456"

    calls = Calls(CHALLENGED, token("first", RefreshToken="r"), token("second"))
    credentials = login(calls, mfa_code=code)
    assert asked == []
    assert await credentials.fields() == {"token": "first"}
    assert await credentials.fields(renew=True) == {"token": "second"}
    assert asked == ["code"]
    assert calls.requests[1] == {
        "ClientId": "client",
        "ChallengeName": "SOFTWARE_TOKEN_MFA",
        "Session": "session-1",
        "ChallengeResponses": {"USERNAME": "ann-by-id", "SOFTWARE_TOKEN_MFA_CODE": "123456"},
    }
    no_names = Calls({name: value for name, value in CHALLENGED.items() if name != "ChallengeParameters"}, token("t"))
    await login(no_names, mfa_code=code).fields()
    assert no_names.requests[1]["ChallengeResponses"]["USERNAME"] == "ann"


async def test_a_wrong_code_is_a_refusal() -> None:
    with pytest.raises(CredentialsRefused, match="Refused"):
        await login(Calls(CHALLENGED, REFUSED), mfa_code=lambda: "000000").fields()


@pytest.mark.parametrize(
    ("challenge", "sentence"),
    [
        ("NEW_PASSWORD_REQUIRED", "new password"),
        ("SOFTWARE_TOKEN_MFA", "nobody to ask"),
        ("MFA_SETUP", "set up an authenticator app first"),
        ("SMS_MFA", "asks for SMS_MFA"),
    ],
)
async def test_a_challenge_that_cannot_be_answered_is_one_sentence(challenge: str, sentence: str) -> None:
    with pytest.raises(CredentialsRefused, match=sentence):
        await login(Calls({"ChallengeName": challenge})).fields()
