"""The command line alone; the command runs in tests/local_cloud/test_frontend_scripts.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.frontend_deployment import options_of

APP = ["--app-id", "da7jmqelobr5a"]


def test_guides_names_are_the_defaults() -> None:
    options = options_of(APP)

    assert (options.stack_name, options.branch, str(options.build_dir)) == ("finops-websocket-api", "staging", "build")
    assert options.frontend.name == "finops-ui"
    assert options.frontend.is_dir()


def test_app_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPLIFY_APP_ID", "d1")

    assert options_of([]).app_id == "d1"
    assert options_of(APP).app_id == "da7jmqelobr5a"


@pytest.mark.parametrize(
    "mistake",
    [
        ["--app-id", "arn:aws:amplify:us-east-1:111122223333:apps/d1"],
        [*APP, "--to", "the-last"],
        [*APP, "--to", "previous", "--list"],
        [*APP, "--timeout-minutes", "0"],
        [*APP, "--timeout-minutes", "soon"],
        [*APP, "--release"],
    ],
)
def test_mistake_ends_with_status_2(mistake: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        options_of(mistake)

    assert ended.value.code == 2


def test_app_must_be_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("AMPLIFY_APP_ID", raising=False)

    with pytest.raises(SystemExit):
        options_of([])

    assert "--app-id" in capsys.readouterr().err


@given(st.text(), st.text())
def test_any_values_are_taken_or_refused(app: str, release: str) -> None:
    try:
        options_of([f"--app-id={app}", f"--to={release}"])
    except SystemExit as ended:
        assert ended.code == 2
