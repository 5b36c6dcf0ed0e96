"""The local cloud has no Amplify: requests and answers are validated against botocore's model of it."""

import pytest
from botocore.exceptions import ClientError

from finops_operations.amplify_branch import AmplifyBranch, AmplifyStep
from finops_operations.errors import OperationFailed
from unit.finops_operations import amplify_answers
from unit.finops_operations.amplify_answers import APP, BRANCH, branch_of, stubbed_amplify

ZIP = "s3://packages/finops-ui.zip"
START = {**BRANCH, "sourceUrl": ZIP, "sourceUrlType": "ZIP"}
PAGE = {**BRANCH, "maxResults": 50}


def test_branch_knows_its_address() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("get_app", amplify_answers.app(), {"appId": APP})
        stubber.add_response("get_branch", amplify_answers.branch(), BRANCH)

        assert AmplifyBranch.read(client, APP, "staging").url == "https://staging.da7jmqelobr5a.amplifyapp.com"


@pytest.mark.parametrize("display_name", ["", "feature/new", "feature-new"])
def test_slash_in_a_branch_is_a_hyphen_in_its_address(display_name: str) -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("get_app", amplify_answers.app())
        stubber.add_response("get_branch", amplify_answers.branch("feature/new", displayName=display_name))

        read = AmplifyBranch.read(client, APP, "feature/new")

    assert read.url == "https://feature-new.da7jmqelobr5a.amplifyapp.com"


def test_app_that_is_not_there_is_named() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_client_error("get_app", "NotFoundException")

        with pytest.raises(OperationFailed, match="There is no Amplify app da7jmqelobr5a in us-east-1"):
            AmplifyBranch.read(client, APP, "staging")


def test_app_with_a_repository_is_refused() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("get_app", amplify_answers.app(repository="https://git.example/finops-ui"))

        with pytest.raises(OperationFailed, match=r"from https://git\.example/finops-ui and takes no zips"):
            AmplifyBranch.read(client, APP, "staging")


def test_branch_that_is_not_there_can_be_made() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("get_app", amplify_answers.app())
        stubber.add_client_error("get_branch", "NotFoundException")

        with pytest.raises(
            OperationFailed, match="aws amplify create-branch --app-id da7jmqelobr5a --branch-name staging"
        ):
            AmplifyBranch.read(client, APP, "staging")


def test_other_refusals_are_not_explained_away() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_client_error("get_app", "UnauthorizedException")

        with pytest.raises(ClientError):
            AmplifyBranch.read(client, APP, "staging")


def test_jobs_come_newest_first() -> None:
    told = [amplify_answers.summary(job_id, "SUCCEED", ZIP) for job_id in ("9", "11", "10")]
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("list_jobs", amplify_answers.jobs(*told), PAGE)

        assert [job.id for job in branch_of(client).jobs()] == ["11", "10", "9"]


def test_job_has_its_steps() -> None:
    steps = [
        amplify_answers.step("DEPLOY", "FAILED", statusReason="No zip", logUrl="https://logs.example"),
        amplify_answers.step("VERIFY", "PENDING"),
    ]
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("get_job", amplify_answers.job("7", "FAILED", *steps), {**BRANCH, "jobId": "7"})

        job = branch_of(client).job("7")

    assert job.is_finished
    assert job.steps == (
        AmplifyStep("DEPLOY", "FAILED", "No zip", "https://logs.example"),
        AmplifyStep("VERIFY", "PENDING"),
    )


@pytest.mark.parametrize("status", ["CREATED", "PENDING", "PROVISIONING", "RUNNING", "CANCELLING"])
def test_branch_with_a_deployment_under_way_is_not_idle(status: str) -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("list_jobs", amplify_answers.jobs(amplify_answers.summary("17", status)))

        with pytest.raises(
            OperationFailed, match=f"Deployment 17 of branch staging is {status}.* stop-job .* --job-id 17"
        ):
            branch_of(client).check_idle()


def test_branch_whose_deployments_ended_is_idle() -> None:
    ended = [amplify_answers.summary(str(i), status) for i, status in enumerate(("SUCCEED", "FAILED", "CANCELLED"))]
    with stubbed_amplify() as (client, stubber):
        stubber.add_response("list_jobs", amplify_answers.jobs(*ended))

        branch_of(client).check_idle()


def test_zip_is_deployed_from_its_address() -> None:
    with stubbed_amplify() as (client, stubber):
        answer = {"jobSummary": amplify_answers.summary("18", "PENDING", ZIP)}
        stubber.add_response("start_deployment", answer, START)

        assert branch_of(client).start(ZIP) == "18"


def test_start_whose_answer_was_lost_is_found_again() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_client_error(
            "start_deployment", "BadRequestException", "The last job(deployment) 18 was not finished"
        )
        stubber.add_response(
            "list_jobs",
            amplify_answers.jobs(
                amplify_answers.summary("18", "PENDING", ZIP), amplify_answers.summary("17", "SUCCEED", ZIP)
            ),
        )

        assert branch_of(client).start(ZIP) == "18"


def test_start_that_was_refused_is_refused() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_client_error("start_deployment", "BadRequestException", "no such bucket")
        stubber.add_response(
            "list_jobs",
            amplify_answers.jobs(
                amplify_answers.summary("18", "PENDING", "s3://packages/other.zip"),
                amplify_answers.summary("17", "SUCCEED", ZIP),
            ),
        )

        with pytest.raises(ClientError, match="no such bucket"):
            branch_of(client).start(ZIP)


def test_too_many_deployments_are_explained() -> None:
    with stubbed_amplify() as (client, stubber):
        stubber.add_client_error("start_deployment", "LimitExceededException")

        with pytest.raises(OperationFailed, match="no more deployments at once"):
            branch_of(client).start(ZIP)
