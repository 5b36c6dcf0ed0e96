from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from finops_client.cognito_calls import CognitoCalls
from finops_client.errors import CredentialsRefused, SignInUnavailable


class Cognito:
    """Stands in for boto3's client: gives what it is told and records what it was asked."""

    def __init__(self, answer: dict[str, Any] | Exception) -> None:
        self.answer = answer
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def initiate_auth(self, **request: Any) -> dict[str, Any]:
        return self._answered("initiate_auth", request)

    def respond_to_auth_challenge(self, **request: Any) -> dict[str, Any]:
        return self._answered("respond_to_auth_challenge", request)

    def get_tokens_from_refresh_token(self, **request: Any) -> dict[str, Any]:
        return self._answered("get_tokens_from_refresh_token", request)

    def _answered(self, name: str, request: dict[str, Any]) -> dict[str, Any]:
        self.calls.append((name, request))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def refusal(code: str, message: str = "hidden detail", *, status: int = 400) -> ClientError:
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "InitiateAuth")


def test_a_call_is_boto3s() -> None:
    cognito = Cognito({"Session": "s"})
    calls = CognitoCalls(client=cognito)
    assert calls.initiate_auth(ClientId="c") == calls.respond_to_auth_challenge(Session="s") == {"Session": "s"}
    assert calls.get_tokens_from_refresh_token(RefreshToken="r") == {"Session": "s"}
    assert cognito.calls == [
        ("initiate_auth", {"ClientId": "c"}),
        ("respond_to_auth_challenge", {"Session": "s"}),
        ("get_tokens_from_refresh_token", {"RefreshToken": "r"}),
    ]


@pytest.mark.parametrize(
    ("code", "at_sign_in", "at_challenge"),
    [
        ("NotAuthorizedException", "Wrong user name or password", "came too late"),
        ("UserNotFoundException", "Wrong user name or password", "Wrong user name or password"),
        ("ResourceNotFoundException", "no such user pool client", "no such user pool client"),
        ("InvalidParameterException", "USER_PASSWORD_AUTH", "mistyped: it is six digits"),
        ("CodeMismatchException", "CodeMismatchException", "Wrong code"),
        ("ExpiredCodeException", "ExpiredCodeException", "take the next one"),
        ("SomethingElse", "refused the sign-in: SomethingElse", "refused the sign-in: SomethingElse"),
    ],
)
def test_a_refusal_is_one_sentence(code: str, at_sign_in: str, at_challenge: str) -> None:
    calls = CognitoCalls(client=Cognito(refusal(code)))
    for call, sentence in ((calls.initiate_auth, at_sign_in), (calls.respond_to_auth_challenge, at_challenge)):
        with pytest.raises(CredentialsRefused, match=sentence) as refused:
            call()
        assert "hidden detail" not in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "message",
    [
        "Client c is configured with secret but SECRET_HASH was not received",
        "Unable to verify secret hash for client c",
    ],
)
def test_an_app_client_with_a_secret_is_not_taken_for_a_wrong_password(message: str) -> None:
    calls = CognitoCalls(client=Cognito(refusal("NotAuthorizedException", message)))
    for call in (calls.initiate_auth, calls.respond_to_auth_challenge):
        with pytest.raises(CredentialsRefused, match="has a secret") as refused:
            call()
        assert message not in str(refused.value)


@pytest.mark.parametrize("code", ["NotAuthorizedException", "RefreshTokenReuseException"])
def test_a_refresh_token_that_is_no_longer_taken_is_a_refusal(code: str) -> None:
    with pytest.raises(CredentialsRefused):
        CognitoCalls(client=Cognito(refusal(code))).get_tokens_from_refresh_token()


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
def test_what_passes_is_no_refusal(answer: Exception, sentence: str) -> None:
    with pytest.raises(SignInUnavailable, match=sentence) as unavailable:
        CognitoCalls(client=Cognito(answer)).initiate_auth()
    assert "hidden detail" not in str(unavailable.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:1", "no url"])
def test_boto3_itself_against_an_endpoint_that_is_not_there(endpoint: str) -> None:
    calls = CognitoCalls(region="us-east-1", endpoint_url=endpoint)
    with pytest.raises(SignInUnavailable, match="cannot be reached"):
        calls.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId="client", AuthParameters={"USERNAME": "ann"})
    with pytest.raises(SignInUnavailable, match="cannot be reached"):
        calls.get_tokens_from_refresh_token(ClientId="client", RefreshToken="r")
