from collections.abc import Sequence

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, PartialCredentialsError
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.command_line import DEFAULT_REGION, DEFAULT_STACK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed, failure_of


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STACK_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def parsed(*arguments: str) -> tuple[str, str]:
    options = stack_parser("ops/some.sh", "Does something.").parse_args(arguments)
    assert session_of(options).region_name == options.region
    return options.stack_name, options.region


@pytest.mark.parametrize(
    ("variables", "arguments", "read"),
    [
        ({}, [], (DEFAULT_STACK, DEFAULT_REGION)),
        ({"STACK_NAME": "", "AWS_REGION": ""}, [], (DEFAULT_STACK, DEFAULT_REGION)),
        ({"STACK_NAME": "other", "AWS_DEFAULT_REGION": "eu-west-1"}, [], ("other", "eu-west-1")),
        ({"AWS_DEFAULT_REGION": "eu-west-1", "AWS_REGION": "eu-west-2"}, [], (DEFAULT_STACK, "eu-west-2")),
        (
            {"STACK_NAME": "other", "AWS_REGION": "eu-west-1"},
            ["--stack-name", "mine", "--region", "eusc-de-east-1"],
            ("mine", "eusc-de-east-1"),
        ),
    ],
)
def test_an_option_counts_before_a_variable_and_that_before_the_default(
    variables: dict[str, str], arguments: list[str], read: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert parsed(*arguments) == read


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"])
@pytest.mark.parametrize("value", ["garbage", "localhost:4566", "http://", "http://[", "http://a b", "http://a:port"])
def test_an_address_that_is_none_is_a_sentence(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(OperationFailed, match=f"^{name} is .*unset {name}"):
        parsed()


@pytest.mark.parametrize("value", ["", "http://localhost:4566", "http://[::1]:4566", "https://vpce-1.example.com/"])
def test_an_address_of_a_local_cloud(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", value)
    assert parsed() == (DEFAULT_STACK, DEFAULT_REGION)


def refused(code: str, message: str = "Because.") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "DescribeTable")


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (OperationFailed("There is no stack."), 1, "Error: There is no stack."),
        (NoCredentialsError(), 1, "Error: There are no valid AWS credentials (aws configure, or AWS_PROFILE=...)."),
        (PartialCredentialsError(provider="env", cred_var="key"), 1, "Error: There are no valid AWS credentials"),
        (
            EndpointConnectionError(endpoint_url="http://localhost:1"),
            1,
            'http://localhost:1" Is the network there, and',
        ),
        (
            refused("ExpiredToken"),
            1,
            "Error: Your AWS credentials have expired. Sign in again (aws sso login, or fresh",
        ),
        (refused("SignatureDoesNotMatch"), 1, "Check aws sts get-caller-identity. It says: Because."),
        (refused("AccessDeniedException"), 1, "Error: You may not call DescribeTable: Because."),
        (refused("403"), 1, "Error: You may not call DescribeTable: Because."),
        (refused("Throttling", "No.\nReally not."), 1, "Error: AWS refused DescribeTable: No. Really not.\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
        (KeyboardInterrupt("Nothing was done."), 130, "Interrupted. Nothing was done.\n"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_a_status(
    raised: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def operation(_arguments: Sequence[str] | None) -> int:
        raise raised

    assert run(operation) == status
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


@given(code=st.text(), message=st.text())
def test_every_refusal_has_a_sentence(code: str, message: str) -> None:
    assert str(failure_of(refused(code, message)))


def test_a_defect_is_not_hidden() -> None:
    def operation(_arguments: Sequence[str] | None) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(operation)
