"""The command line. What it does is tested on a deployed stack: tests/local_cloud/test_dead_letters.py."""

import pytest

from finops_operations.dead_letters import main

ONE_OR_ALL = "needs the ids of jobs or messages, or --all"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["replay"], f"replay {ONE_OR_ALL}"),
        (["discard", "--yes"], f"discard {ONE_OR_ALL}"),
        (["replay", "--all", "job-1"], f"replay {ONE_OR_ALL}"),
        (["list", "job-1"], "list takes no ids and no --all"),
        (["--all"], "list takes no ids and no --all"),
        (["pause", "job-1"], "pause takes no ids and no --all"),
        (["replay", "--json", "job-1"], "--json and --show-bodies belong to list"),
        (["resume", "--show-bodies"], "--json and --show-bodies belong to list"),
        (["replay", "--yes", "job-1"], "--yes belongs to discard"),
        (["replay", ""], "'' is no id of a job or a message"),
        (["replay", "job 1\n"], r"'job 1\n' is no id of a job or a message"),
        (["replay", "x" * 129], "is no id of a job or a message"),
        (["replay", "jöb"], r"'j\xf6b' is no id of a job or a message"),
        (["discord", "job-1"], "invalid choice: 'discord'"),
        (["discard", "job-1"], "add --yes to discard without being asked"),
        (["discard", "--all"], "add --yes to discard without being asked"),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked_of_aws(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_the_help_says_what_each_verb_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "with AuthMode=open nobody is told" in printed
    for verb in ("list", "replay", "discard", "pause", "resume"):
        assert f"\n  {verb} " in printed
