import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
)
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.errors import OperationFailed, fails_with, failure_of


def client_error(code: str, message: str = "Because.") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTable")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "ExpiredToken",
            "Your AWS credentials have expired. Sign in again (aws sso login, or fresh keys), then run this again.",
        ),
        (
            "SignatureDoesNotMatch",
            "AWS does not know your credentials. Check aws sts get-caller-identity. It says: Because.",
        ),
        ("AccessDeniedException", "You may not call DescribeTable: Because."),
        ("403", "You may not call DescribeTable: Because."),
        ("Throttling", "AWS refused DescribeTable: Because."),
    ],
)
def test_what_aws_refuses(code: str, sentence: str) -> None:
    failure = failure_of(client_error(code))
    assert isinstance(failure, OperationFailed)
    assert str(failure) == sentence


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (NoCredentialsError(), "There are no valid AWS credentials"),
        (PartialCredentialsError(provider="env", cred_var="key"), "There are no valid AWS credentials"),
        (EndpointConnectionError(endpoint_url="http://localhost:1"), "AWS_ENDPOINT_URL"),
    ],
)
def test_what_stands_in_the_way(error: BotoCoreError, part: str) -> None:
    assert part in str(failure_of(error))


def test_aws_s_own_words_come_behind_the_sentence_on_one_line() -> None:
    with pytest.raises(OperationFailed, match=r"^Cannot read it: No\. Really not\.$"), fails_with("Cannot read it:"):
        raise client_error("ValidationError", "No.\nReally not.")


@given(code=st.text(), message=st.text())
def test_every_refusal_has_a_sentence(code: str, message: str) -> None:
    assert str(failure_of(client_error(code, message)))
