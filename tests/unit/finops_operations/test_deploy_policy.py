import json
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from finops_operations.deploy_policy import (
    filled_in,
    generated_bucket_name,
    generated_role_name,
    main,
    options_of,
    placeholders_of,
    policy_names,
)
from finops_operations.errors import OperationFailed

ACCOUNT = "111122223333"
STACKS = st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,127}", fullmatch=True)
RANDOM = st.from_regex(r"[A-Z0-9]{12,13}", fullmatch=True)
GIVEN = (
    "--account", ACCOUNT, "--region", "eu-west-1", "--stack-name", "mine", "--project-name", "own",
    "--bucket", "packages",
    "--cost-forecast-function", "cost", "--trusted-advisor-function", "advice",
    "--kms-key-arn", "arn:aws:kms:eu-west-1:111122223333:key/1", "--app-id", "d1", "--focus-export-bucket", "exports",
)  # fmt: skip


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "STACK_NAME", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "PROJECT_NAME", "LAMBDA_S3_BUCKET",
        "COST_FORECAST_FUNCTION", "TRUSTED_ADVISOR_FUNCTION", "AMPLIFY_APP_ID", "AMPLIFY_BRANCH",
    ):  # fmt: skip
        monkeypatch.delenv(name, raising=False)


def statement(printed: str, sid: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in json.loads(printed)["Statement"] if one["Sid"] == sid)
    return found


@pytest.mark.parametrize("policy", policy_names())
def test_each_policy_is_printed(policy: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([policy, *GIVEN]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["Version"] == "2012-10-17"
    assert "${" not in printed.out
    assert not printed.err


def test_the_environment_counts_before_the_defaults_which_are_those_of_deploy_sh(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROJECT_NAME", "of-the-environment")
    monkeypatch.setenv("LAMBDA_S3_BUCKET", "")
    main(["deploy", "--account", ACCOUNT])
    printed = capsys.readouterr().out
    assert "function:of-the-environment-message-handler" in printed
    assert statement(printed, "FindPackagesAndReleases")["Resource"] == "arn:aws:s3:::finops-deployment-packages-062025"
    assert f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:aws-cost-forecast-agent" in printed
    assert f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/finops-websocket-api/*" in printed


def test_the_account_is_that_of_the_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        assert main(["deploy"]) == 0
    # moto's account.
    assert "cloudformation:us-east-1:123456789012:stack/" in capsys.readouterr().out


@pytest.mark.parametrize(("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")])
def test_the_partition_is_the_regions(region: str, partition: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["deploy", "--account", ACCOUNT, "--region", region])
    assert statement(capsys.readouterr().out, "WatchAlarms")["Resource"] == (
        f"arn:{partition}:cloudwatch:{region}:{ACCOUNT}:alarm:*"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["everything"], "invalid choice"),
        (["kms-key"], "needs --kms-key-arn"),
        (["frontend"], "needs --app-id"),
        (["deploy", "--project-name", ""], "argument --project-name: "),
        (["deploy", "--bucket", "*"], "argument --bucket: this needs a name that a policy can hold, not *"),
        (["deploy", "--account", "12"], "argument --account: "),
        (["kms-key", "--kms-key-arn", "arn:aws:kms:us-east-1:111122223333:alias/mine"], "argument --kms-key-arn: "),
    ],
)
def test_a_mistake_is_told(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*arguments, "--account", ACCOUNT] if "--account" not in arguments else arguments)
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert not printed.out


@pytest.mark.parametrize(
    "option",
    ["--stack-name", "--region", "--project-name", "--bucket", "--account", "--cost-forecast-function",
     "--trusted-advisor-function", "--kms-key-arn", "--app-id", "--branch"],
)  # fmt: skip
@given(before=st.text(alphabet="abc123-", max_size=5), bad=st.sampled_from('*?"\\\n ${}'), after=st.text(max_size=5))
def test_no_value_widens_a_policy_or_breaks_its_json(option: str, before: str, bad: str, after: str) -> None:
    with pytest.raises(SystemExit):
        options_of(["deploy", f"{option}={before}{bad}{after}"])


def test_what_iam_does_not_take_is_refused() -> None:
    names = dict.fromkeys(placeholders_of("deploy"), "a" * 200)
    with pytest.raises(OperationFailed, match=r"policy deploy has \d+ characters, and IAM takes 6144"):
        filled_in("deploy", names)


@given(stack=STACKS, random=RANDOM, kept=st.integers(min_value=20, max_value=128))
def test_names_that_cloudformation_makes_are_matched_however_it_shortens_them(
    stack: str, random: str, kept: int
) -> None:
    assert fnmatchcase(f"{stack[:kept]}-BackgroundProcessorRole-{random}", generated_role_name(stack))
    assert fnmatchcase(f"{stack[:kept]}-resultsbucket-{random}".lower(), generated_bucket_name(stack))


@given(stack=st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,19}", fullmatch=True), other=STACKS)
def test_a_role_of_a_stack_whose_name_begins_alike_is_not(stack: str, other: str) -> None:
    assert not fnmatchcase(f"{stack}{other}"[:128].replace("-", "") + "-Role-1A2B3C", generated_role_name(stack))
