"""Each rule finds what breaks it, and nothing in what keeps it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.code_fences import UnclosedFence
from runbook.command_block import command_blocks
from runbook.document_rules import (
    hidden_failures,
    missing_sections,
    unmarked_blocks,
    values_of_one_account,
)
from runbook.guide_sections import GUIDE_SECTIONS


def values_in(*commands: str) -> list[str]:
    """What is found in commands that are not in the first block."""
    code = "\n".join(commands)
    return values_of_one_account(command_blocks(f"```bash\ntrue\n```\n\n```bash\n{code}\n```\n"))


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ("```sh\na\n```", "line 1: `sh` is neither"),
        ("```console\n$ a\n```", "line 1: `console` is neither"),
        ("```\na\n```", "line 1: the fence names no language"),
        ("text\n\n    a\n", "line 3: this block is only indented"),
        ("```bash aws-only\na\n```", "line 1: the paragraph before the fence must begin with 'AWS only:'"),
        ("AWS only: so.\n\nMore.\n\n```bash aws-only\na\n```", "line 5: the paragraph before"),
    ],
)
def test_a_block_without_its_mark_is_found(document: str, found: str) -> None:
    (finding,) = unmarked_blocks(document)
    assert finding.startswith(found)


@pytest.mark.parametrize(
    ("command", "value"),
    [
        ("aws s3 ls s3://packages-of-june/", "s3://packages-of-june"),
        ("./deploy.sh --bucket packages", "--bucket packages"),
        (
            "aws sqs get-queue-attributes --queue-url https://sqs.us-east-1.amazonaws.com/111122223333/queue",
            "111122223333",
        ),
        ("wscat -c wss://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod", "a1b2c3d4e5.execute-api."),
        ("aws apigatewayv2 update-stage --api-id a1b2c3d4e5", "--api-id a1b2c3d4e5"),
        ("echo us-east-1_AbCdEfGhI", "us-east-1_AbCdEfGhI"),
        ("aws amplify start-deployment --app-id=dmadeupmadeup", "--app-id=dmadeupmadeup"),
        ("curl https://main.dmadeupmadeup1.amplifyapp.com", "dmadeupmadeup1"),
        ("echo AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),  # pragma: allowlist secret (AWS's own example)
    ],
)
def test_a_value_of_one_account_is_found_at_its_line(command: str, value: str) -> None:
    (finding,) = values_in("true", command)
    assert finding.startswith("line 7: ")
    assert f"{value!r} is a" in finding


def test_variables_and_names_that_everybody_has_are_none_of_them() -> None:
    assert (
        values_in(
            'aws s3 cp build/a.zip "s3://$BUCKET/"',
            './deploy.sh --bucket "$BUCKET" --timeout-minutes 5',
            'aws apigatewayv2 update-stage --api-id "$API_ID" --stage-name prod',
            "aws lambda get-function --function-name finops-websocket-message-handler",
            "aws iam list-policies --policy arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
            "date -d @1764000000",
        )
        == []
    )


def test_only_the_first_block_sets_defaults() -> None:
    default = "export BUCKET=${BUCKET:-s3://packages-of-june}\n"
    first = f"```bash\n{default}```\n"
    assert values_of_one_account(command_blocks(first)) == []
    assert values_of_one_account(command_blocks(f"```bash\ntrue\n```\n{first}")) != []


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("export X=$(false)", "the declaration hides"),
        ('f() { local x="$(false)"; }', "the declaration hides"),
        ('echo "$(false)"', "the command around"),
        ("for x in $(false); do true; done", "the command around"),
        ("cat <(false)", "nobody learns that a process substitution"),
        ("false &", "nobody learns that a command in the background"),
    ],
)
def test_a_form_that_hides_a_failure_is_found_at_its_line(command: str, found: str) -> None:
    block = f"```bash\ntrue\n{command}\n```\n"
    (finding,) = hidden_failures(command_blocks(block))
    assert finding.startswith(f"line 3: {found}")
    assert hidden_failures(command_blocks(f"AWS only: so.\n\n{block.replace('bash', 'bash aws-only')}")) == []


@pytest.mark.parametrize(
    "command",
    [
        "X=$(false)\nexport X",
        'X="$(false | cat)"',
        'f() { echo "$(false)"; }',
        "echo '$(false) & <(false)' \"a & <(b)\"",
        'aws --query "[?Key==\\`name\\`].{A: B, C: D} | sort_by(E, &F)"',
        "true && ls >x 2>&1 |& cat &>y",
        "# $(false) &",
        'echo $((1 + 2)) "it\'s"',
    ],
)
def test_what_hides_nothing_is_not_found(command: str) -> None:
    assert hidden_failures(command_blocks(f"```bash\n{command}\n```\n")) == []


def test_a_missing_or_misplaced_section_is_found() -> None:
    sections = [(2, "One"), (3, "First Step"), (2, "Two")]
    assert missing_sections("## One\n\n### More\n\n### First step\n\n## Two\n", sections) == []
    (missing,) = missing_sections("## One\n\n## Two\n", sections)
    assert "### First Step is missing" in missing
    assert missing_sections("## Two\n\n### First step\n\n## One\n", sections) != []
    assert missing_sections("## One\n\n## First step\n\n## Two\n", sections) != []


@given(st.text())
def test_any_text_can_be_judged(document: str) -> None:
    try:
        unmarked_blocks(document)
        values_of_one_account(command_blocks(document))
    except UnclosedFence:
        pass
    missing_sections(document, GUIDE_SECTIONS)
