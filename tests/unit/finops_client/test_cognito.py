from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from finops_client.cognito import CognitoLogin
from finops_client.errors import CredentialsRefused, SignInUnavailable
from unit.finops_client.recording_clock import RecordingClock


class Cognito:
    """Stands in for boto3's `initiate_auth`: gives what it is told and records what it was asked."""

    def __init__(self, *answers: dict[str, Any] | Exception) -> None:
        self.answers = list(answers)
        self.calls: list[dict[str, Any]] = []

    def initiate_auth(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def token(name: str) -> dict[str, Any]:
    return {"AuthenticationResult": {"AccessToken": name, "ExpiresIn": 3600}}


def refusal(code: str, *, status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": "secret detail"},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "InitiateAuth")


def login(cognito: Cognito, clock: RecordingClock | None = None) -> CognitoLogin:
    return CognitoLogin(
        username="ann",
        password="pw",
        client_id="client",
        initiate_auth=cognito.initiate_auth,
        clock=clock or RecordingClock(),
    )


async def test_signs_in_once_and_keeps_the_token_until_it_is_about_to_expire() -> None:
    cognito, clock = Cognito(token("first"), token("second")), RecordingClock()
    credentials = login(cognito, clock)
    assert await credentials.fields() == {"token": "first"}
    clock.time += 3600 - 61
    assert await credentials.fields() == {"token": "first"}
    clock.time += 2
    assert await credentials.fields() == {"token": "second"}
    assert cognito.calls[0] == {
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": "client",
        "AuthParameters": {"USERNAME": "ann", "PASSWORD": "pw"},
    }


async def test_renewing_gets_a_new_token_at_once() -> None:
    credentials = login(Cognito(token("first"), token("second")))
    await credentials.fields()
    assert await credentials.fields(renew=True) == {"token": "second"}


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refusal("NotAuthorizedException"), "Wrong user name or password"),
        (refusal("UserNotFoundException"), "Wrong user name or password"),
        (refusal("ResourceNotFoundException"), "no such user pool client"),
        (refusal("InvalidParameterException"), "USER_PASSWORD_AUTH"),
        (refusal("SomethingElse"), "Cognito refused the sign-in: SomethingElse"),
        ({"ChallengeName": "NEW_PASSWORD_REQUIRED"}, "new password"),
        ({"ChallengeName": "SOFTWARE_TOKEN_MFA"}, "SOFTWARE_TOKEN_MFA"),
    ],
)
async def test_a_refusal_is_one_sentence(answer: Any, sentence: str) -> None:
    with pytest.raises(CredentialsRefused, match=sentence) as refused:
        await login(Cognito(answer)).fields()
    assert "secret detail" not in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (refusal("TooManyRequestsException"), "Too many sign-ins"),
        (refusal("ThrottlingException"), "ThrottlingException"),
        (refusal("InternalErrorException", status=500), "InternalErrorException"),
        (refusal("503", status=503), "503"),
        (EndpointConnectionError(endpoint_url="http://nowhere"), "cannot be reached"),
    ],
)
async def test_what_passes_is_no_refusal(answer: Exception, sentence: str) -> None:
    with pytest.raises(SignInUnavailable, match=sentence) as unavailable:
        await login(Cognito(answer)).fields()
    assert "secret detail" not in str(unavailable.value)


async def test_a_token_expires_while_the_computer_sleeps() -> None:
    clock = RecordingClock()
    credentials = login(Cognito(token("first"), token("second")), clock)
    await credentials.fields()
    clock.asleep = 3600
    assert await credentials.fields() == {"token": "second"}


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "no url"])
async def test_boto3_itself_against_an_endpoint_that_is_not_there(endpoint: str) -> None:
    credentials = CognitoLogin(
        username="ann", password="pw", client_id="client", region="us-east-1", endpoint_url=endpoint
    )
    with pytest.raises(SignInUnavailable, match="cannot be reached"):
        await credentials.fields()
