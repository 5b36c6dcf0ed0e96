import pytest

from finops_operations.operator_messages import heading, say, warn


def test_everything_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    heading("Checking")
    say("npm is there")
    warn("it is old")

    assert capsys.readouterr() == ("", "Checking\n  npm is there\n  Warning: it is old\n")
