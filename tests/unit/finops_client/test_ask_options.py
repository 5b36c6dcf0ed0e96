import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client.ask_options import AskOptions, read_options
from finops_client.cognito import CognitoLogin
from finops_client.credentials import ClaimedIdentity, GivenToken
from finops_client.exit_codes import MEANINGS
from finops_client.mfa_code import MfaCode

URL = "wss://example.invalid/prod"
SIGNED_IN = ("--url", URL, "--token", "t")
STACK = """WEBSOCKET_URL=ws://localhost:4566/_aws/execute-api/abc/prod
TEST_USERNAME=testuser
TEST_PASSWORD=pw
USER_POOL_CLIENT_ID=client
AWS_REGION=us-east-1
AWS_ENDPOINT_URL=http://localhost:4566
"""


def options(
    *arguments: str, environment: dict[str, str] | None = None, directory: Path = Path("/nonexistent")
) -> AskOptions:
    return read_options(arguments, environment or {}, directory, io.StringIO("from stdin\n"))


def settings_of(login: object) -> dict[str, object]:
    assert isinstance(login, CognitoLogin)
    return vars(login)


async def test_a_token_from_a_flag_goes_before_all() -> None:
    found = options(
        "--url", URL, "--token", "flag", "Why?", environment={"FINOPS_TOKEN": "env", "TEST_USERNAME": "ann"}
    )
    assert await found.credentials.fields() == {"token": "flag"}
    assert (found.question, found.url, found.timeout, found.agents) == ("Why?", URL, 900, ())


async def test_everything_from_the_environment() -> None:
    found = options("Why?", environment={"WEBSOCKET_URL": URL, "FINOPS_TOKEN": "env"})
    assert isinstance(found.credentials, GivenToken)
    assert found.url == URL


def test_the_guides_form() -> None:
    assert options("--url", URL, "--user-id", "u", "Why?").credentials == ClaimedIdentity("u", "u")
    assert options("--url", URL, "--user-id", "u", "--name", "n", "Why?").credentials == ClaimedIdentity("u", "n")


def test_a_user_name_flag_goes_before_a_token_in_the_environment() -> None:
    environment = {"FINOPS_TOKEN": "t", "TEST_PASSWORD": "pw", "USER_POOL_CLIENT_ID": "client"}
    found = options("--url", URL, "--username", "ann", "Why?", environment=environment)
    assert isinstance(found.credentials, CognitoLogin)


def test_the_local_stacks_file_is_used_when_there_is_no_url(tmp_path: Path) -> None:
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "stack.env").write_text(STACK)
    elsewhere = {"AWS_REGION": "eu-west-1", "TEST_PASSWORD": "from environment"}
    found = options("Why?", directory=tmp_path, environment=elsewhere)
    assert found.url.startswith("ws://localhost:4566/")
    login = settings_of(found.credentials)
    calls = vars(login["_calls"])
    assert calls["_region"] == "us-east-1"
    assert calls["_endpoint_url"] == "http://localhost:4566"
    assert login["_parameters"] == {"USERNAME": "testuser", "PASSWORD": "from environment"}
    with pytest.raises(SystemExit):
        options("--url", URL, "Why?", directory=tmp_path)


def test_a_named_file(tmp_path: Path) -> None:
    file = tmp_path / "other.env"
    file.write_text(STACK)
    assert options("--env-file", str(file), "Why?").url.startswith("ws://localhost")
    assert options("--env-file", str(file), "--url", URL, "Why?").url == URL


async def test_a_named_file_goes_before_the_environment_and_flags_before_both(tmp_path: Path) -> None:
    file = tmp_path / "other.env"
    file.write_text(STACK)
    environment = {
        "WEBSOCKET_URL": URL,
        "TEST_USERNAME": "other",
        "TEST_PASSWORD": "other",
        "USER_POOL_CLIENT_ID": "other",
        "FINOPS_TOKEN": "other",
    }
    found = options("--env-file", str(file), "Why?", environment=environment)
    login = settings_of(found.credentials)
    assert found.url.startswith("ws://localhost")
    assert login["_parameters"] == {"USERNAME": "testuser", "PASSWORD": "pw"}
    assert login["_client_id"] == "client"
    found = options("--env-file", str(file), "--url", URL, "--token", "flag", "Why?", environment=environment)
    assert found.url == URL
    assert await found.credentials.fields() == {"token": "flag"}
    file.write_text("FINOPS_TOKEN=file\n")
    found = options("--env-file", str(file), "Why?", environment=environment)
    assert await found.credentials.fields() == {"token": "file"}


def test_what_a_named_file_leaves_open_comes_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "other.env"
    file.write_text(STACK.replace("TEST_PASSWORD=pw", "TEST_PASSWORD="))
    found = options("--env-file", str(file), "Why?", environment={"TEST_PASSWORD": "from environment"})
    parameters = settings_of(found.credentials)["_parameters"]
    assert parameters == {"USERNAME": "testuser", "PASSWORD": "from environment"}


def test_the_question_from_standard_input() -> None:
    assert options("--url", URL, "--token", "t", "-").question == "from stdin"


def test_agents_and_the_rest() -> None:
    found = options(
        *("--url", URL, "--token", "t", "--agent", "a", "--agent", "b", "--request-id", "r"),
        *("--json", "--quiet", "--timeout", "1.5", "Why?"),
    )
    assert found.agents == ("a", "b")
    assert (found.request_id, found.as_json, found.quiet, found.timeout) == ("r", True, True, 1.5)


def test_an_origin_is_for_who_gives_one() -> None:
    assert options(*SIGNED_IN, "Why?").origin is None
    assert options(*SIGNED_IN, "--origin", "https://finops.example", "Why?").origin == "https://finops.example"


def test_an_authenticators_code_can_be_had_from_where_the_password_is() -> None:
    environment = {"TEST_PASSWORD": "pw", "USER_POOL_CLIENT_ID": "client", "FINOPS_MFA_CODE": "123456"}
    found = options("--url", URL, "--username", "ann", "Why?", environment=environment)
    code = settings_of(found.credentials)["_mfa_code"]
    assert isinstance(code, MfaCode)
    assert code() == "123456"


def test_one_thing_at_a_time() -> None:
    def what(*arguments: str) -> tuple[object, ...]:
        found = options(*SIGNED_IN, *arguments)
        return found.question, found.resume, found.cancel, found.list_jobs, found.limit

    assert what("Why?") == ("Why?", None, None, False, 20)
    assert what("--resume", "job-1") == (None, "job-1", None, False, 20)
    assert what("--cancel", "job-1") == (None, None, "job-1", False, 20)
    assert what("--list", "--limit", "3") == (None, None, None, True, 3)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "QUESTION --resume --cancel --list is required"),
        (["Why?"], "no URL"),
        (["--url", "http://x", "--token", "t", "Why?"], "ws://"),
        (["--url", URL, "Why?"], "no credentials"),
        (["--url", URL, "--username", "ann", "Why?"], "TEST_PASSWORD"),
        (["--url", URL, "--token", "t", "  "], "empty"),
        (["--url", URL, "--token", "t", "\udcff"], "UTF-8"),
        (["--url", URL, "--token", "t", "--timeout", "0", "Why?"], "above 0"),
        (["--url", URL, "--token", "t", "--timeout", "nan", "Why?"], "above 0"),
        (["--url", URL, "--token", "t", "--timeout", "soon", "Why?"], "above 0"),
        (["--env-file", "/nonexistent/stack.env", "Why?"], "cannot be read"),
        ([*SIGNED_IN], "required"),
        ([*SIGNED_IN, "--list", "Why?"], "not allowed with"),
        ([*SIGNED_IN, "--resume", "a", "--cancel", "a"], "not allowed with"),
        ([*SIGNED_IN, "--resume", "a", "--list"], "not allowed with"),
        ([*SIGNED_IN, "--resume", " "], "job id is empty"),
        ([*SIGNED_IN, "--cancel", "\udcff"], "UTF-8"),
        ([*SIGNED_IN, "--resume", "a", "--agent", "b"], "with a question only"),
        ([*SIGNED_IN, "--list", "--request-id", "b"], "with a question only"),
        ([*SIGNED_IN, "--limit", "5", "Why?"], "with --list only"),
        ([*SIGNED_IN, "--list", "--limit", "0"], "above 0"),
        ([*SIGNED_IN, "--origin", "https://a/b", "Why?"], "not an origin"),
        ([*SIGNED_IN, "--list", "--limit", "many"], "above 0"),
    ],
)
def test_wrong_usage(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options(*arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_help_lists_every_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options("--help")
    shown = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"{int(code)}  {meaning}" in shown for code, meaning in MEANINGS.items())
    assert "then --env-file, then the environment" in shown


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options("--version")
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("ask ")


@given(st.text())
def test_any_timeout_is_a_number_or_wrong_usage(text: str) -> None:
    try:
        assert options("--url", URL, "--token", "t", f"--timeout={text}", "Why?").timeout > 0
    except SystemExit as ended:
        assert ended.code == 2


@given(st.text())
def test_any_limit_is_a_number_or_wrong_usage(text: str) -> None:
    try:
        assert options(*SIGNED_IN, "--list", f"--limit={text}").limit > 0
    except SystemExit as ended:
        assert ended.code == 2
