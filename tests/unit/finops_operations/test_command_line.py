from collections.abc import Sequence

import pytest
from botocore.exceptions import NoCredentialsError

from finops_operations.command_line import DEFAULT_REGION, DEFAULT_STACK, run, session_of, stack_parser
from finops_operations.errors import OperationFailed


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STACK_NAME", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def parsed(*arguments: str) -> tuple[str, str]:
    options = stack_parser("ops/some.sh", "Does something.").parse_args(arguments)
    assert session_of(options).region_name == options.region
    return options.stack_name, options.region


def test_the_defaults() -> None:
    assert parsed() == (DEFAULT_STACK, DEFAULT_REGION)


def test_the_environment_counts_before_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", "other")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert parsed() == ("other", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert parsed() == ("other", "eu-west-2")


def test_an_option_counts_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", "other")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    assert parsed("--stack-name", "mine", "--region", "us-west-2") == ("mine", "us-west-2")


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACK_NAME", "")
    monkeypatch.setenv("AWS_REGION", "")
    assert parsed() == (DEFAULT_STACK, DEFAULT_REGION)


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


def test_an_operation_ends_with_its_own_status(capsys: pytest.CaptureFixture[str]) -> None:
    given: list[Sequence[str] | None] = []

    def operation(arguments: Sequence[str] | None) -> int:
        given.append(arguments)
        return 7

    assert run(operation, ["--json"]) == 7
    assert given == [["--json"]]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (OperationFailed("There is no stack."), 1, "Error: There is no stack.\n"),
        (NoCredentialsError(), 1, "Error: There are no valid AWS credentials (aws configure, or AWS_PROFILE=...).\n"),
        (KeyboardInterrupt(), 130, "Interrupted.\n"),
    ],
)
def test_what_goes_wrong_is_a_sentence_and_a_status(
    raised: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def operation(_arguments: Sequence[str] | None) -> int:
        raise raised

    assert run(operation) == status
    assert capsys.readouterr() == ("", said)


def test_a_defect_is_not_hidden() -> None:
    def operation(_arguments: Sequence[str] | None) -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(operation)
