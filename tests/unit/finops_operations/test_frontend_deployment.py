"""ops/deploy_frontend.sh's parts: Amplify, releases, checks, options. The command runs in tests/local_cloud.

The local cloud has no Amplify: requests and answers are held against botocore's model of it, and time passes in naps.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from finops_operations.errors import OperationFailed
from finops_operations.frontend.amplify import AmplifyBranch, why_failed
from finops_operations.frontend.deployment import (
    check_bucket,
    check_origin,
    options_of,
)
from finops_operations.frontend.releases import FrontendReleases, Record
from finops_operations.stack import Stack
from finops_operations.waiting import Clock
from unit.finops_operations import amplify_answers
from unit.finops_operations.amplify_answers import APP, job, jobs, step, summary
from unit.finops_operations.answering_aws import Answer, AnsweringSession, Refusal

ZIP = "s3://packages/finops-ui.zip"
URL = "https://staging.d1.amplifyapp.com"
A, B, C = "20261121T000000Z-aaaaaaa", "20261122T000000Z-bbbbbbb", "20261123T000000Z-ccccccc"
SESSION = AnsweringSession()


def branch_with(clock: Clock | None = None, **answers: Answer) -> AmplifyBranch:
    SESSION.asked.clear()
    SESSION.answers = answers
    return AmplifyBranch(SESSION.client("amplify"), APP, "staging", URL, clock or Clock())


def read(name: str = "staging", **answers: Answer) -> AmplifyBranch:
    healthy: dict[str, Answer] = {"GetApp": amplify_answers.app(), "GetBranch": amplify_answers.branch()}
    return AmplifyBranch.read(branch_with(**{**healthy, **answers}).client, APP, name)


def test_a_branch_knows_its_address() -> None:
    assert read().url == f"https://staging.{APP}.amplifyapp.com"
    for display_name in ("", "feature/new", "feature-new"):
        branch = read("feature/new", GetBranch=amplify_answers.branch("feature/new", displayName=display_name))
        assert branch.url == f"https://feature-new.{APP}.amplifyapp.com"


def test_an_app_or_a_branch_that_takes_no_zips_is_named() -> None:
    with pytest.raises(OperationFailed, match=r"https://git\.example/ui and takes no zips"):
        read(GetApp=amplify_answers.app(repository="https://git.example/ui"))
    with pytest.raises(
        OperationFailed, match=r"aws amplify create-branch --app-id .* staging --region eu-west-1\): no"
    ):
        read(GetBranch=Refusal("NotFoundException"))


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING"])
def test_a_branch_with_a_deployment_under_way_is_not_idle(status: str) -> None:
    ended = [summary("9", "SUCCEED"), summary("18", "CANCELLED"), summary("8", "FAILED")]
    branch = branch_with(ListJobs=jobs(*ended))
    branch.check_idle()
    assert [job["jobId"] for job in branch.deployments()] == ["18", "9", "8"]
    with pytest.raises(OperationFailed, match=f"Deployment 17 of branch staging is {status}.* stop-job .* --job-id 17"):
        branch_with(ListJobs=jobs(*ended, summary("17", status))).check_idle()


def test_a_start_whose_answer_was_lost_is_found_again_and_one_that_was_refused_is_refused() -> None:
    refusal = Refusal("BadRequestException", "The last job(deployment) 18 was not finished")
    before = summary("17", "SUCCEED", ZIP)
    branch = branch_with(StartDeployment=refusal, ListJobs=jobs(summary("18", "PENDING", ZIP), before))
    assert branch.start(ZIP) == "18"
    other = summary("18", "PENDING", "s3://packages/other.zip")
    with pytest.raises(ClientError, match="was not finished"):
        branch_with(StartDeployment=refusal, ListJobs=jobs(other, before)).start(ZIP)
    with pytest.raises(OperationFailed, match="no more deployments at once"):
        branch_with(StartDeployment=Refusal("LimitExceededException")).start(ZIP)


def wait(*answers: Answer, timeout: float = 900) -> tuple[float, Any]:
    """Wait for job 7, whose last answer comes again and again: the seconds that took, and how it ended."""
    left = list(answers)
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    branch = branch_with(Clock(lambda: now[0], sleep), GetJob=lambda _: left.pop(0) if len(left) > 1 else left[0])
    ended = branch.finished("7", timeout)
    return now[0] - 1000, ended


def test_each_step_is_told_once_and_a_long_one_gives_signs_of_life(capsys: pytest.CaptureFixture[str]) -> None:
    running = job("7", "RUNNING", step("DEPLOY", "RUNNING"))
    ended = job("7", "SUCCEED", step("DEPLOY", "SUCCEED"))
    assert wait(job("7", "PENDING"), *[running] * 20, ended) == (63, ended["job"])
    assert capsys.readouterr().err.split("\n  ") == [
        "  Deployment: PENDING",
        "DEPLOY: RUNNING",
        "RUNNING, 27 s",
        "RUNNING, 57 s",
        "DEPLOY: SUCCEED\n",
    ]


def test_a_failure_names_the_step_its_reason_and_its_log() -> None:
    failed = step("DEPLOY", "FAILED", statusReason="Unable to read the zip", logUrl="https://logs.example/7")
    _, ended = wait(job("7", "FAILED", step("BUILD", "SUCCEED"), failed, step("VERIFY", "PENDING")))
    assert why_failed(ended) == (
        "Deployment 7 ended as FAILED; what was served before is served on."
        " Step DEPLOY is FAILED: Unable to read the zip. Its log: https://logs.example/7"
    )
    _, ended = wait(job("7", "CANCELLED", step("DEPLOY", "CANCELLED")))
    assert why_failed(ended).endswith("Step DEPLOY is CANCELLED: Amplify gives no reason.")


def test_waiting_ends_and_the_deployment_goes_on() -> None:
    with pytest.raises(OperationFailed, match=r"still RUNNING after 1 minutes\. It goes on\. .* get-job .*-id 7"):
        wait(job("7", "RUNNING"), timeout=60)


@pytest.mark.parametrize(
    "stumble",
    [
        Refusal("InternalFailureException", status=500),
        Refusal("TooManyRequestsException", status=429),
        EndpointConnectionError(endpoint_url="https://amplify.us-east-1.amazonaws.com"),
        ReadTimeoutError(endpoint_url="https://amplify.us-east-1.amazonaws.com"),
    ],
)
def test_amplify_that_stumbles_is_asked_again_until_the_deadline_and_one_that_refuses_is_not(stumble: Answer) -> None:
    assert wait(stumble, job("7", "SUCCEED"))[0] == 3
    with pytest.raises(OperationFailed, match="still under way after 1 minutes"):
        wait(stumble, timeout=60)
    with pytest.raises(ClientError, match="UnauthorizedException"):
        wait(Refusal("UnauthorizedException", status=401))


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="packages")
        yield client


def test_a_bucket_that_amplify_cannot_read_is_warned_of(s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check_bucket(s3, "packages", "us-east-1")
    assert "does not name Amplify" in capsys.readouterr().err
    amplify = {"Service": "amplify.amazonaws.com"}
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": amplify}]}
    s3.put_bucket_policy(Bucket="packages", Policy=json.dumps(policy))
    check_bucket(s3, "packages", "us-east-1")
    assert capsys.readouterr().err == ""
    check_bucket(s3, "packages", "eu-west-1")
    assert "Amplify is in eu-west-1, the bucket packages in us-east-1." in capsys.readouterr().err
    with pytest.raises(OperationFailed, match=r"aws s3 mb s3://missing --region us-east-1\): Not Found"):
        check_bucket(s3, "missing", "us-east-1")


@pytest.mark.parametrize(
    ("origins", "warned"),
    [("*", False), (f"https://a.example,{URL}", False), ("https://a.example", True), (f"{URL}:8443", True)],
)
def test_a_site_whose_pages_may_not_connect_is_warned_of(
    origins: str, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    check_origin(Stack("s", "CREATE_COMPLETE", {"AllowedOrigins": origins}, {}), URL)
    assert (f"AllowedOrigins={origins},{URL}" in capsys.readouterr().err) is warned


@pytest.fixture
def releases(s3: Any) -> FrontendReleases:
    return FrontendReleases(s3, "packages", "stack/frontend/d1/staging")


def test_releases_come_newest_first_and_another_branchs_are_none(releases: FrontendReleases) -> None:
    for release in (B, A):
        releases.save({"id": release, "status": "uploaded"})
    replace(releases, place=f"{releases.place}/new").save({"id": C})
    releases.save({"id": A, "status": "deployed", "job": "7"})
    assert releases.newest() == [{"id": B, "status": "uploaded"}, {"id": A, "status": "deployed", "job": "7"}]


def test_of_two_releases_in_one_second_the_second_is_the_later_one(releases: FrontendReleases) -> None:
    now = datetime(2026, 11, 30, 12, 0, 0, 5, tzinfo=UTC)
    assert releases.next_time(now) == datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
    releases.save({"id": "20261130T120000Z-abc1234"})
    assert releases.next_time(now) == datetime(2026, 11, 30, 12, 0, 1, tzinfo=UTC)


def test_a_release_without_its_zip_is_none(releases: FrontendReleases) -> None:
    releases.save({"id": B})
    with pytest.raises(OperationFailed, match=f"There is no release {B} at s3://packages/stack/frontend/d1/staging/"):
        releases.get(B)


def test_a_record_that_nobody_can_read_hinders_no_list(releases: FrontendReleases) -> None:
    releases.save({"id": B})
    key = f"{releases.place}/{B}/release.json"
    releases.s3.put_object(Bucket="packages", Key=key, Body=b"{")
    assert releases.newest() == [{"id": B, "status": "unreadable"}]


IN_BUCKET = "s3://packages/stack/frontend/d1/staging/{}/finops-ui.zip"


def told(*deployed: tuple[str, str], records: list[Record] | None = None) -> tuple[str, str]:
    """What is live, and what was before, after these deployments, the oldest first: a source, and how it ended."""
    releases = FrontendReleases(SESSION.client("s3"), "packages", "stack/frontend/d1/staging")
    numbered: list[Any] = [
        summary(str(number), status, IN_BUCKET.format(source) if source in {A, B, C} else source)
        for number, (source, status) in enumerate(deployed, start=1)
    ]
    return releases.live_and_previous(records or [{"id": C}, {"id": B}, {"id": A}], numbered[::-1])


@pytest.mark.parametrize(
    ("deployed", "live", "previous"),
    [
        ([], "", ""),
        ([(A, "SUCCEED")], A, ""),
        ([(A, "FAILED"), (B, "FAILED")], "", ""),
        ([(A, "SUCCEED"), (B, "SUCCEED"), (C, "SUCCEED")], C, B),
        # A return: once more goes further back.
        ([(A, "SUCCEED"), (B, "SUCCEED"), (C, "SUCCEED"), (B, "SUCCEED")], B, A),
        # A failure: what is still served.
        ([(A, "SUCCEED"), (B, "SUCCEED"), (C, "FAILED")], B, B),
        # What was never served is passed over.
        ([(A, "SUCCEED"), (B, "FAILED"), (C, "SUCCEED")], C, A),
        # A deployment by hand, or from another place.
        ([(A, "SUCCEED"), (B, "SUCCEED"), ("s3://packages/finops-ui-updated.zip", "SUCCEED")], "", B),
        ([(A, "SUCCEED"), (B, "SUCCEED"), (IN_BUCKET.format(C).replace("d1", "d2"), "SUCCEED")], "", B),
    ],
)
def test_what_is_live_and_what_was_before(deployed: list[tuple[str, str]], live: str, previous: str) -> None:
    assert told(*deployed) == (live, previous)


def test_records_tell_where_amplify_does_not_and_remember_what_it_forgot() -> None:
    time = "2026-11-21T00:00:00Z"
    records = [{"id": C, "job": "3"}, {"id": B, "job": "2", "deployed": time}, {"id": A, "job": "1", "deployed": time}]
    assert told(("", "SUCCEED"), ("", "SUCCEED"), ("", "FAILED"), records=records) == (B, B)
    assert told((C, "SUCCEED"), records=[{"id": C}, {"id": B}, {"id": A, "deployed": time}]) == (C, A)


OPTIONS = ["--app-id", APP]


@pytest.mark.parametrize(
    "mistake",
    [
        [],
        ["--app-id", "arn:aws:amplify:us-east-1:111122223333:apps/d1"],
        [*OPTIONS, "--to", "the-last"],
        [*OPTIONS, "--to", "previous", "--list"],
        [*OPTIONS, "--timeout-minutes", "0"],
        [*OPTIONS, "--timeout-minutes", "soon"],
        [*OPTIONS, "--release"],
    ],
)
def test_a_mistake_ends_with_status_2(mistake: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMPLIFY_APP_ID", raising=False)
    with pytest.raises(SystemExit) as ended:
        options_of(mistake)
    assert ended.value.code == 2


@given(st.text(), st.text())
def test_any_values_are_taken_or_refused(app: str, release: str) -> None:
    try:
        options_of([f"--app-id={app}", f"--to={release}"])
    except SystemExit as ended:
        assert ended.code == 2
