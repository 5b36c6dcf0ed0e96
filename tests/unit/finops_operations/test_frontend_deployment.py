"""ops/deploy_frontend.sh's parts: Amplify, releases, checks, options. The command runs in tests/local_cloud.

The local cloud has no Amplify: requests and answers are held against botocore's model of it, and time passes in naps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from cloudformation_template import load
from finops_operations.errors import OperationFailed
from finops_operations.frontend.amplify import AmplifyBranch, DeploymentFailed, allows_amplify, wait_for
from finops_operations.frontend.checks import (
    check_amplify_reads,
    check_bucket,
    check_build,
    check_config,
    check_origin,
)
from finops_operations.frontend.deployment import options_of
from finops_operations.frontend.releases import (
    FrontendHistory,
    FrontendRelease,
    FrontendReleases,
    is_release_id,
    parse_record,
    release_id,
)
from finops_operations.stack import Stack
from unit.finops_operations import amplify_answers
from unit.finops_operations.amplify_answers import APP, BRANCH, job, step, summary
from unit.finops_operations.answering_aws import Answer, AnsweringSession, Refusal

ZIP = "s3://packages/finops-ui.zip"
URL = "https://staging.d1.amplifyapp.com"
ENDPOINT = "wss://abc.execute-api.us-east-1.amazonaws.com/prod"
PREFIX = "finops-websocket-api/frontend/d1a2b3/staging/"
A, B, C = "20261121T000000Z-aaaaaaa", "20261122T000000Z-bbbbbbb", "20261123T000000Z-ccccccc"
GONE = Refusal("NotFoundException")
SESSION = AnsweringSession()


def branch_with(**answers: Answer) -> AmplifyBranch:
    SESSION.asked.clear()
    SESSION.answers = answers
    return AmplifyBranch(SESSION.client("amplify"), APP, "staging", f"https://staging.{APP}.amplifyapp.com")


def read(name: str = "staging", **answers: Answer) -> AmplifyBranch:
    healthy: dict[str, Answer] = {"GetApp": amplify_answers.app(), "GetBranch": amplify_answers.branch()}
    return AmplifyBranch.read(branch_with(**{**healthy, **answers}).client, APP, name)


def jobs(*summaries: dict[str, Any]) -> Answer:
    return {"jobSummaries": list(summaries)}


@pytest.mark.parametrize(
    ("name", "display_name", "host"),
    [
        ("staging", "staging", "staging"),
        ("feature/new", "", "feature-new"),
        ("feature/new", "feature/new", "feature-new"),
        ("feature/new", "feature-new", "feature-new"),
    ],
)
def test_a_branch_knows_its_address(name: str, display_name: str, host: str) -> None:
    branch = read(name, GetBranch=amplify_answers.branch(name, displayName=display_name))
    assert branch.url == f"https://{host}.{APP}.amplifyapp.com"
    assert SESSION["GetBranch"] == [{"appId": APP, "branchName": name}]


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"GetApp": GONE}, f"There is no Amplify app {APP} in eu-west-1"),
        (
            {"GetApp": amplify_answers.app(repository="https://git.example/ui")},
            "https://git.example/ui and takes no zips",
        ),
        ({"GetBranch": GONE}, f"aws amplify create-branch --app-id {APP} --branch-name staging --region eu-west-1"),
    ],
)
def test_an_app_that_takes_no_zips_or_a_branch_that_is_missing_is_named(
    answers: dict[str, Answer], sentence: str
) -> None:
    with pytest.raises(OperationFailed) as failure:
        read(**answers)
    assert sentence in str(failure.value)


def test_other_refusals_are_not_explained_away() -> None:
    with pytest.raises(ClientError):
        read(GetApp=Refusal("UnauthorizedException"))


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING"])
def test_a_branch_with_a_deployment_under_way_is_not_idle(status: str) -> None:
    with pytest.raises(OperationFailed, match=f"Deployment 17 of branch staging is {status}.* stop-job .* --job-id 17"):
        branch_with(ListJobs=jobs(summary("17", status))).check_idle()


def test_a_branch_whose_deployments_ended_is_idle() -> None:
    ended = [summary(str(number), status) for number, status in enumerate(("SUCCEED", "FAILED", "CANCELLED"))]
    branch_with(ListJobs=jobs(*ended)).check_idle()


def test_deployments_come_newest_first() -> None:
    branch = branch_with(ListJobs=jobs(*(summary(number, "SUCCEED") for number in ("9", "11", "10"))))
    assert [job["jobId"] for job in branch.deployments()] == ["11", "10", "9"]
    assert SESSION["ListJobs"] == [{**BRANCH, "maxResults": 50}]


def test_a_zip_is_deployed_from_its_address() -> None:
    branch = branch_with(StartDeployment={"jobSummary": summary("18", "PENDING", ZIP)})
    assert branch.start(ZIP) == "18"
    assert SESSION["StartDeployment"] == [{**BRANCH, "sourceUrl": ZIP, "sourceUrlType": "ZIP"}]


def test_a_start_whose_answer_was_lost_is_found_again_and_one_that_was_refused_is_refused() -> None:
    refusal = Refusal("BadRequestException", "The last job(deployment) 18 was not finished")
    before = summary("17", "SUCCEED", ZIP)
    branch = branch_with(StartDeployment=refusal, ListJobs=jobs(summary("18", "PENDING", ZIP), before))
    assert branch.start(ZIP) == "18"
    other = summary("18", "PENDING", "s3://packages/other.zip")
    with pytest.raises(ClientError, match="was not finished"):
        branch_with(StartDeployment=refusal, ListJobs=jobs(other, before)).start(ZIP)


def test_too_many_deployments_are_explained() -> None:
    with pytest.raises(OperationFailed, match="no more deployments at once"):
        branch_with(StartDeployment=Refusal("LimitExceededException")).start(ZIP)


def wait(*answers: Answer, timeout: float = 900, interrupted: bool = False) -> float:
    """Wait for job 7, whose last answer comes again and again, and return the seconds that took."""
    left = list(answers)
    now = [1000.0]

    def sleep(seconds: float) -> None:
        if interrupted:
            raise KeyboardInterrupt
        now[0] += seconds

    branch = branch_with(GetJob=lambda _: left.pop(0) if len(left) > 1 else left[0])
    wait_for(branch, "7", timeout, lambda: now[0], sleep)
    return now[0] - 1000


def test_each_step_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    running = job("7", "RUNNING", step("DEPLOY", "RUNNING"), step("VERIFY", "PENDING"))
    ended = job("7", "SUCCEED", step("DEPLOY", "SUCCEED"), step("VERIFY", "SUCCEED"))
    wait(job("7", "PENDING"), running, running, running, ended)
    assert SESSION["GetJob"][0] == {**BRANCH, "jobId": "7"}
    assert capsys.readouterr().err.splitlines() == [
        "  Deployment: PENDING",
        "  DEPLOY: RUNNING",
        "  VERIFY: PENDING",
        "  DEPLOY: SUCCEED",
        "  VERIFY: SUCCEED",
    ]


def test_a_long_step_gives_signs_of_life(capsys: pytest.CaptureFixture[str]) -> None:
    assert wait(*[job("7", "PENDING")] * 30, job("7", "SUCCEED")) == 90
    assert capsys.readouterr().err.count("PENDING, ") == 2


def test_a_failure_names_the_step_its_reason_and_its_log() -> None:
    failed = step("DEPLOY", "FAILED", statusReason="Unable to read the zip", logUrl="https://logs.example/7")
    with pytest.raises(DeploymentFailed) as failure:
        wait(job("7", "FAILED", step("BUILD", "SUCCEED"), failed, step("VERIFY", "PENDING")))
    assert str(failure.value) == (
        "Deployment 7 ended as FAILED; what was served before is served on."
        " Step DEPLOY is FAILED: Unable to read the zip. Its log: https://logs.example/7"
    )
    with pytest.raises(DeploymentFailed, match=r"Deployment 7 ended as CANCELLED.*Amplify gives no reason"):
        wait(job("7", "CANCELLED", step("DEPLOY", "CANCELLED")))


def test_waiting_ends_and_the_deployment_goes_on() -> None:
    with pytest.raises(
        OperationFailed, match=r"still RUNNING after 1 minutes\. It goes on\. .* get-job .*-id 7"
    ) as late:
        wait(job("7", "RUNNING"), timeout=60)
    assert not isinstance(late.value, DeploymentFailed)


@pytest.mark.parametrize(
    "stumble",
    [
        Refusal("InternalFailureException", status=500),
        Refusal("TooManyRequestsException", status=429),
        EndpointConnectionError(endpoint_url="https://amplify.us-east-1.amazonaws.com"),
    ],
)
def test_amplify_that_stumbles_is_asked_again_until_the_deadline(stumble: Answer) -> None:
    assert wait(stumble, job("7", "SUCCEED")) == 3
    with pytest.raises(OperationFailed, match="still under way after 1 minutes"):
        wait(stumble, timeout=60)


def test_amplify_that_refuses_is_not() -> None:
    with pytest.raises(ClientError, match="UnauthorizedException"):
        wait(Refusal("UnauthorizedException", status=401))


def test_interrupted_waiting_says_that_the_deployment_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeyboardInterrupt):
        wait(job("7", "RUNNING"), interrupted=True)
    assert "Deployment 7 goes on without you" in capsys.readouterr().err


AMPLIFY = {"Service": "amplify.amazonaws.com"}


@pytest.mark.parametrize(
    ("statement", "allows"),
    [
        ({"Effect": "Allow", "Principal": AMPLIFY, "Action": "s3:GetObject"}, True),
        ([{"Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com", "amplify.amazonaws.com"]}}], True),
        ([{"Effect": "Allow", "Principal": "*"}], True),
        ([{"Effect": "Deny", "Principal": AMPLIFY}], False),
        ([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}], False),
        ([], False),
    ],
)
def test_a_statement_for_amplify_is_found(statement: Any, allows: bool) -> None:
    assert allows_amplify(json.dumps({"Version": "2012-10-17", "Statement": statement})) is allows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Statement", "Effect", "Principal", "Service"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.text() | json_values.map(json.dumps))
def test_any_policy_has_an_answer(policy: str) -> None:
    assert allows_amplify(policy) in {True, False}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="packages")
        yield client


def test_a_bucket_that_amplify_cannot_read_is_warned_of(s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    check_amplify_reads(s3, "packages", "us-east-1", "us-east-1")
    assert "does not let Amplify read it" in capsys.readouterr().err
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": AMPLIFY}]}
    s3.put_bucket_policy(Bucket="packages", Policy=json.dumps(policy))
    check_amplify_reads(s3, "packages", "us-east-1", "us-east-1")
    assert capsys.readouterr().err == ""


def test_a_bucket_elsewhere_is_warned_of(s3: Any, capsys: pytest.CaptureFixture[str]) -> None:
    s3.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    check_amplify_reads(s3, "far", check_bucket(s3, "far", "us-east-1"), "us-east-1")
    assert "Amplify is in us-east-1, the bucket far in eu-west-1." in capsys.readouterr().err


def test_a_bucket_that_is_missing_or_somebody_elses_is_refused(s3: Any) -> None:
    with pytest.raises(OperationFailed, match="aws s3 mb s3://missing --region us-east-1"):
        check_bucket(s3, "missing", "us-east-1")
    SESSION.answers = {"HeadBucket": Refusal("403", status=403)}
    with pytest.raises(OperationFailed, match="You may not use the bucket packages"):
        check_bucket(SESSION.client("s3"), "packages", "us-east-1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"const config = {{api: {{websocketEndpoint: '{ENDPOINT}'}}}};", None),
        ("const config = {api: {websocketEndpoint: 'wss://old'}};", f"leads to wss://old, the stack's is {ENDPOINT}."),
        ("const config = {};", "leads to no endpoint"),
        ("const config = {api: 1};", "leads to no endpoint"),
        (None, "There is no "),
    ],
)
def test_a_config_must_lead_to_the_stack(tmp_path: Path, text: str | None, said: str | None) -> None:
    if text is not None:
        (tmp_path / "config.js").write_text(f"{text}\nexport default config;\n")
    if said is None:
        check_config(tmp_path / "config.js", ENDPOINT)
        return
    with pytest.raises(OperationFailed) as failure:
        check_config(tmp_path / "config.js", ENDPOINT)
    assert said in str(failure.value)
    assert "Write it: ops/write_frontend_config.sh. To deploy it as it is: --force" in str(failure.value)


def test_a_build_must_have_the_endpoint_in_it(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text(f'x="{ENDPOINT}"')
    check_build(tmp_path, ENDPOINT)
    (tmp_path / "index.html").write_text("x")
    with pytest.raises(OperationFailed, match="the build is older than config"):
        check_build(tmp_path, ENDPOINT)


@pytest.mark.parametrize(
    ("origins", "warned"),
    [("*", False), (f"https://a.example,{URL}", False), ("https://a.example", True), (f"{URL}:8443", True)],
)
def test_a_site_whose_pages_may_not_connect_is_warned_of(
    origins: str, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    check_origin(Stack("s", "CREATE_COMPLETE", {"AllowedOrigins": origins}, {}), URL)
    assert (f"AllowedOrigins={origins},{URL}" in capsys.readouterr().err) is warned


def test_the_template_has_the_parameters_that_are_read() -> None:
    assert {"LambdaS3Bucket", "AllowedOrigins"} <= set(load()["Parameters"])


@pytest.fixture
def releases(s3: Any) -> FrontendReleases:
    return FrontendReleases(s3, "packages", "finops-websocket-api", "d1a2b3", "staging")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "a.zip").write_bytes(b"zip")
    return tmp_path / "a.zip"


def test_an_id_is_made_of_time_and_commit() -> None:
    made = release_id(datetime(2026, 11, 23, 20, 15, tzinfo=UTC), "f8c6228")
    assert made == "20261123T201500Z-f8c6228"
    assert is_release_id(made)
    assert not is_release_id(f"{made}/deeper")


def test_a_release_lies_below_stack_app_and_branch(releases: FrontendReleases, s3: Any, package: Path) -> None:
    releases.upload(FrontendRelease(A, commit="f8c6228", status="uploaded"), package)
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket="packages")["Contents"]]
    assert keys == ["finops-ui-websocket-deployed.zip", f"{PREFIX}{A}/finops-ui.zip", f"{PREFIX}{A}/release.json"]
    assert releases.source_url(A) == f"s3://packages/{PREFIX}{A}/finops-ui.zip"
    record = json.loads(s3.get_object(Bucket="packages", Key=keys[2])["Body"].read())
    assert (record["id"], record["commit"], record["status"]) == (A, "f8c6228", "uploaded")


def test_releases_come_newest_first_and_another_branchs_are_none(
    releases: FrontendReleases, s3: Any, package: Path
) -> None:
    below = FrontendReleases(s3, "packages", "finops-websocket-api", "d1a2b3", "staging/new")
    for release in (B, A):
        releases.upload(FrontendRelease(release, status="uploaded"), package)
    below.upload(FrontendRelease(C), package)
    releases.save(FrontendRelease(A, status="deployed", job="7"))
    assert releases.newest() == [
        FrontendRelease(B, status="uploaded"),
        FrontendRelease(A, status="deployed", job="7"),
    ]


def test_a_release_without_its_zip_is_none(releases: FrontendReleases, package: Path) -> None:
    releases.upload(FrontendRelease(A, endpoint="wss://a"), package)
    releases.save(FrontendRelease(B))
    assert releases.get(A).endpoint == "wss://a"
    with pytest.raises(OperationFailed, match=f"There is no release {B}"):
        releases.get(B)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_record_is_read_as_far_as_it_goes(record: bytes) -> None:
    assert parse_record(record, A).id == A


def test_a_record_of_another_version_is_read_as_far_as_it_goes() -> None:
    assert parse_record(b'{"id": "x", "new": 1, "job": 7}', A) == FrontendRelease(A, job="7")
    assert parse_record(b"{", A).status == "unreadable"


class ListedReleases(FrontendReleases):
    """Releases that lie in no bucket."""

    def __init__(self, listed: list[FrontendRelease]) -> None:
        super().__init__(SESSION.client("s3"), "packages", "stack", "d1", "staging")
        self._listed = sorted(listed, key=lambda release: release.id, reverse=True)

    def newest(self) -> list[FrontendRelease]:
        return self._listed


def history(*deployed: tuple[str, str], records: list[FrontendRelease] | None = None) -> FrontendHistory:
    """After these deployments, the oldest first: a release or an address, and how it ended."""
    releases = ListedReleases(records or [FrontendRelease(release) for release in (A, B, C)])
    numbered: list[Any] = [
        summary(str(number), status, releases.source_url(source) if source in {A, B, C} else source)
        for number, (source, status) in enumerate(deployed, start=1)
    ]
    return releases.history(numbered[::-1])


@pytest.mark.parametrize(
    ("deployed", "live", "previous"),
    [
        ([(A, "SUCCEED"), (B, "SUCCEED"), (C, "SUCCEED")], C, B),
        # A return: once more goes further back.
        ([(A, "SUCCEED"), (B, "SUCCEED"), (C, "SUCCEED"), (B, "SUCCEED")], B, A),
        # A failure: what is still served.
        ([(A, "SUCCEED"), (B, "SUCCEED"), (C, "FAILED")], B, B),
        # What was never served is passed over.
        ([(A, "SUCCEED"), (B, "FAILED"), (C, "SUCCEED")], C, A),
        # A deployment by hand.
        ([(A, "SUCCEED"), (B, "SUCCEED"), ("s3://packages/finops-ui-updated.zip", "SUCCEED")], "", B),
        (
            [(A, "SUCCEED"), (B, "SUCCEED"), (f"s3://other/stack/frontend/d1/staging/{C}/finops-ui.zip", "SUCCEED")],
            "",
            B,
        ),
    ],
)
def test_what_is_live_and_what_was_before(deployed: list[tuple[str, str]], live: str, previous: str) -> None:
    told = history(*deployed)
    assert (told.live, told.previous) == (live, previous)


@pytest.mark.parametrize("deployed", [[], [(A, "SUCCEED")], [(A, "FAILED"), (B, "FAILED")]])
def test_without_an_earlier_release_there_is_no_previous(deployed: list[tuple[str, str]]) -> None:
    with pytest.raises(OperationFailed, match="no earlier release that was ever served"):
        _ = history(*deployed).previous


def test_records_tell_where_amplify_does_not_and_remember_what_it_forgot() -> None:
    first, second = (
        FrontendRelease(release, job=job_id, deployed="2026-11-21T00:00:00Z")
        for release, job_id in ((A, "1"), (B, "2"))
    )
    told = history(
        ("", "SUCCEED"), ("", "SUCCEED"), ("", "FAILED"), records=[first, second, FrontendRelease(C, job="3")]
    )
    assert (told.live, told.last, told.previous) == (B, C, B)
    forgotten = [FrontendRelease(A, deployed="2026-11-21T00:00:00Z"), FrontendRelease(B), FrontendRelease(C)]
    assert history((C, "SUCCEED"), records=forgotten).previous == A


OPTIONS = ["--app-id", APP]


def test_the_guides_names_are_the_defaults() -> None:
    options = options_of(OPTIONS)
    assert (options.stack_name, options.branch, str(options.build_dir)) == ("finops-websocket-api", "staging", "build")
    assert options.frontend.name == "finops-ui"
    assert options.frontend.is_dir()


def test_the_app_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMPLIFY_APP_ID", "d1")
    assert options_of([]).app_id == "d1"
    assert options_of(OPTIONS).app_id == APP


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
