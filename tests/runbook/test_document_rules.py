"""Each rule finds what breaks it, at its line, and nothing in what keeps it."""

import pytest

from runbook.command_blocks import command_blocks
from runbook.document_rules import hidden_failures, missing_sections, unmarked_blocks, values_of_one_account


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("```console\n$ a\n```", "line 1: `console` is neither"),
        ("```\na\n```", "line 1: the fence names no language"),
        ("text\n\n    a\n", "line 3: this block is only indented"),
        ("AWS only: so.\n\nMore.\n\n```bash aws-only\na\n```", "line 5: the paragraph before"),
    ],
)
def test_a_block_without_its_mark_is_found(document: str, found: str) -> None:
    (finding,) = unmarked_blocks(document)
    assert finding.startswith(found)


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("aws s3 ls s3://packages-of-june/", "'s3://packages-of-june' is a bucket's name"),
        ("curl https://sqs.us-east-1.amazonaws.com/111122223333/queue", "'111122223333' is an account's id"),
        ("wscat -c wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod", "is an API's id"),
        ("echo us-east-1_AbCdEfGhI", "is a user pool's id"),
        ("aws amplify start-deployment --app-id=dmadeupmadeup", "is an Amplify app's id"),
        ("export X=$(false)", "the declaration hides"),
        ('f() { local x="$(false)"; }', "the declaration hides"),
        ('echo "$(false)"', "the command around"),
        ("cat <(false)", "nobody learns that a process substitution"),
        ("false &", "nobody learns that a command in the background"),
    ],
)
def test_a_value_of_one_account_and_a_form_that_hides_a_failure_are_found(command: str, found: str) -> None:
    blocks = command_blocks(f"```bash\ntrue\n```\n```bash\n{command}\n```\n")
    (finding,) = values_of_one_account(blocks) + hidden_failures(blocks)
    assert finding.startswith("line 5: ")
    assert found in finding


@pytest.mark.parametrize(
    "command",
    [
        "export BUCKET=${BUCKET:-s3://packages-of-june}",
        './deploy.sh --bucket "$BUCKET" --timeout-minutes 5',
        "aws iam list-policies --policy arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
        'X="$(false | cat)"',
        'f() { echo "$(false)"; }',
        "echo '$(false) & <(false)' \"a & <(b)\"",
        'aws --query "[?Key==\\`name\\`].{A: B, C: D} | sort_by(E, &F)"',
        "true && ls >x 2>&1 |& cat &>y",
        "# $(false) &",
    ],
)
def test_what_keeps_the_rules_is_not_found(command: str) -> None:
    document = f"```bash\n{command}\n```\n"
    blocks = command_blocks(document)
    assert [*unmarked_blocks(document), *values_of_one_account(blocks), *hidden_failures(blocks)] == []


def test_a_missing_or_misplaced_section_and_an_unclosed_fence_are_found() -> None:
    sections = [(2, "One"), (3, "First Step"), (2, "Two")]
    assert missing_sections("## One\n\n### More\n\n### First step\n\n## Two\n", sections) == []
    assert "### First Step is missing" in missing_sections("## One\n\n## Two\n", sections)[0]
    assert missing_sections("## Two\n\n### First step\n\n## One\n", sections) != []
    with pytest.raises(ValueError, match="line 5 is not closed"):
        command_blocks("```bash\na\n```\n\n```bash\nb\n")
