import json

import pytest

from finops_operations.command_line import run
from finops_operations.health_check import main


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_a_stack_that_cannot_be_read_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(main, ["--stack-name", "mine"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "Error: There are no valid AWS credentials (aws configure, or AWS_PROFILE=...).\n"


def test_a_stack_that_cannot_be_read_is_a_result_for_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(main, ["--json", "--stack-name", "mine", "--region", "eu-west-1"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["stack"], report["region"], report["healthy"]) == ("mine", "eu-west-1", False)
    [line] = report["checks"]
    assert (line["check"], line["state"]) == ("stack", "red")
    assert "credentials" in line["found"]


def test_an_address_that_is_none_is_one_json_object_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "garbage")
    assert run(main, ["--json"]) == 1
    [line] = json.loads(capsys.readouterr().out)["checks"]
    assert (line["state"], line["found"].startswith("AWS_ENDPOINT_URL is 'garbage'")) == ("red", True)


@pytest.mark.parametrize("arguments", [["--nonsense"], ["nonsense"], ["--stack-name"]])
def test_a_mistake_in_the_command_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run(main, arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_help_says_what_the_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "Exit status: 0 nothing is red" in capsys.readouterr().out
