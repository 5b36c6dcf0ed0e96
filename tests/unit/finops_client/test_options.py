"""The ask command's options, and where each value comes from."""

import contextlib
import io
import re
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_client import ClaimedIdentity, CognitoLogin, GivenToken
from finops_client.options import AskOptions, ExitCode, origin, read_env_file, read_options

URL = "wss://example.invalid/prod"
LOCAL_URL = "ws://localhost:4566/_aws/execute-api/abc/prod"
SIGNED_IN = ("--url", URL, "--token", "t")
OTHERS = dict.fromkeys(["TEST_USERNAME", "TEST_PASSWORD", "USER_POOL_CLIENT_ID", "FINOPS_TOKEN"], "other")
STACK = f"""WEBSOCKET_URL={LOCAL_URL}
TEST_USERNAME=testuser
TEST_PASSWORD=pw
USER_POOL_CLIENT_ID=client
AWS_REGION=us-east-1
AWS_ENDPOINT_URL=http://localhost:4566
"""


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The file that a local run leaves."""
    file = tmp_path / ".local" / "stack.env"
    file.parent.mkdir()
    file.write_text(STACK)
    return file


def options(*arguments: str, environment: Any = None, directory: Path = Path("/nonexistent")) -> AskOptions:
    return read_options(arguments, environment or {}, directory, io.StringIO("from stdin\n"))


def login_of(found: AskOptions) -> CognitoLogin:
    assert isinstance(found.credentials, CognitoLogin)
    return found.credentials


def token_of(found: AskOptions) -> str:
    assert isinstance(found.credentials, GivenToken)
    return found.credentials.token


def test_a_flag_goes_before_the_environment() -> None:
    environment = OTHERS | {"WEBSOCKET_URL": "wss://other.invalid"}
    assert token_of(options(*SIGNED_IN, "Why?", environment=environment)) == "t"
    assert options(*SIGNED_IN, "Why?", environment=environment).url == URL
    assert token_of(options("Why?", environment=environment)) == "other"
    login = login_of(options("--username", "ann", "Why?", environment=environment))
    assert (login.username, login.password) == ("ann", "other")


def test_the_guides_form() -> None:
    assert options("--url", URL, "--user-id", "u", "Why?").credentials == ClaimedIdentity("u", "u")
    assert options("--url", URL, "--user-id", "u", "--name", "n", "Why?").credentials == ClaimedIdentity("u", "n")


def test_the_local_stacks_file_is_used_when_there_is_no_url(stack: Path) -> None:
    directory = stack.parent.parent
    environment = {"AWS_REGION": "eu-west-1", "TEST_PASSWORD": "from environment"}
    found = options("Why?", directory=directory, environment=environment)
    login = login_of(found)
    assert (found.url, login.region, login.endpoint_url) == (LOCAL_URL, "us-east-1", "http://localhost:4566")
    assert (login.username, login.password) == ("testuser", "from environment")
    with pytest.raises(SystemExit):
        options("--url", URL, "Why?", directory=directory)


def test_a_named_file_goes_before_the_environment_and_flags_before_both(stack: Path) -> None:
    environment = OTHERS | {"WEBSOCKET_URL": URL}
    named = ("--env-file", str(stack))
    found = options(*named, "Why?", environment=environment)
    login = login_of(found)
    assert (found.url, login.client_id) == (LOCAL_URL, "client")
    assert (login.username, login.password) == ("testuser", "pw")
    found = options(*named, *SIGNED_IN, "Why?", environment=environment)
    assert (found.url, token_of(found)) == (URL, "t")
    stack.write_text("FINOPS_TOKEN=file\nTEST_PASSWORD=\n")
    assert token_of(options(*named, "Why?", environment=environment)) == "file"
    login = login_of(options(*named, "--username", "ann", "Why?", environment=environment))
    assert (login.username, login.password) == ("ann", "other")


def test_all_that_a_question_can_be_given() -> None:
    found = options(
        *SIGNED_IN, *("--agent", "a", "--agent", "b", "--request-id", "r", "--origin", "https://finops.example"),
        *("--json", "--quiet", "--timeout", "1.5", "-"),
    )  # fmt: skip
    assert (found.question, found.agents, found.origin) == ("from stdin", ["a", "b"], "https://finops.example")
    assert (found.request_id, found.as_json, found.quiet, found.timeout) == ("r", True, True, 1.5)
    plain = options(*SIGNED_IN, " Why? ")
    assert (plain.question, plain.agents, plain.origin, plain.timeout) == ("Why?", [], None, 900)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "QUESTION --resume --cancel --list is required"),
        (["Why?"], "no URL"),
        (["--url", "http://x", "--token", "t", "Why?"], "ws://"),
        (["--url", URL, "Why?"], "no credentials"),
        (["--url", URL, "--username", "ann", "Why?"], "TEST_PASSWORD"),
        ([*SIGNED_IN, "  "], "empty"),
        (["--env-file", "/nonexistent/stack.env", "Why?"], "cannot be read"),
        ([*SIGNED_IN, "--list", "Why?"], "not allowed with"),
        ([*SIGNED_IN, "--resume", " "], "job id is empty"),
        ([*SIGNED_IN, "--cancel", "\udcff"], "UTF-8"),
        ([*SIGNED_IN, "--resume", "a", "--agent", "b"], "with a question only"),
        ([*SIGNED_IN, "--limit", "5", "Why?"], "with --list only"),
        ([*SIGNED_IN, "--list", "--limit", "many"], "above 0"),
        ([*SIGNED_IN, "--origin", "https://a/b", "Why?"], "not an origin"),
    ],
)
def test_wrong_usage(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options(*arguments)
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_help_lists_every_exit_status_and_there_is_a_version(capsys: pytest.CaptureFixture[str]) -> None:
    for option in ("--help", "--version"):
        with pytest.raises(SystemExit) as ended:
            options(option)
        assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert re.findall(r"^ {2,4}(\d+)  \w", shown, re.MULTILINE) == [str(int(code)) for code in ExitCode]
    assert "then --env-file, then the environment" in shown
    assert shown.splitlines()[-1].startswith("ask ")


@given(st.text() | st.floats().map(str) | st.integers().map(str))
def test_any_timeout_and_limit_is_a_number_above_0_or_wrong_usage(text: str) -> None:
    for arguments in ([f"--timeout={text}", "Why?"], ["--list", f"--limit={text}"]):
        try:
            found = options(*SIGNED_IN, *arguments)
        except SystemExit as ended:
            assert ended.code == 2
        else:
            assert found.timeout > 0
            assert found.limit > 0


def test_an_origin_is_taken_as_it_is_and_what_is_none_refused() -> None:
    for text in ("https://finops.example", "http://localhost:5173", "null", "http://[::1]:80"):
        assert origin(text) == text
    for text in ("", "a.b", "https://", "https://a/", "https://a b", "https://a\r\nX: y", "https://u@a", "https://a\n",
                 "https://ä", "https://a,https://b/"):  # fmt: skip
        with pytest.raises(ArgumentTypeError, match="not an origin"):
            origin(text)


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, VALUES.filter(lambda value: value[0] not in {"'", '"'})), st.text())
def test_what_is_written_into_an_env_file_is_read_and_any_other_text_or_refused(
    tmp_path_factory: pytest.TempPathFactory, values: dict[str, str], text: str
) -> None:
    file = tmp_path_factory.getbasetemp() / "stack.env"
    file.write_text("\n".join(f"{name}={value}" for name, value in values.items()))
    assert read_env_file(file) == values
    file.write_bytes(text.encode(errors="replace"))
    with contextlib.suppress(ArgumentTypeError):
        read_env_file(file)


def test_comments_export_quotes_and_windows_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "stack.env"
    file.write_bytes(b"# the stack\r\n\r\nexport A=1\r\nB='two words'\nC=\"x=y\"\nD=\nE='\nF=pass #word\n")
    assert read_env_file(file) == {"A": "1", "B": "two words", "C": "x=y", "E": "'", "F": "pass #word"}


@pytest.mark.parametrize(("content", "sentence"), [(b"A=1\nsecret value\n", "line 2"), (b"A=\xff", "UTF-8")])
def test_a_file_that_is_none_is_refused_and_what_is_in_it_not_shown(
    content: bytes, sentence: str, stack: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.write_bytes(content)
    with pytest.raises(SystemExit):
        options("--env-file", str(stack), "Why?")
    shown = capsys.readouterr().err
    assert sentence in shown
    assert "secret" not in shown
