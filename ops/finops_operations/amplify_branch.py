"""A branch of an Amplify app without a repository, to which zips are deployed.

What AWS documents of it:

- StartDeployment takes `s3://BUCKET/KEY` as sourceUrl; sourceUrlType ZIP is the default (Amplify API reference,
  StartDeployment). It is for apps that are not connected to a repository (same page).
- Amplify reads the zip as the service amplify.amazonaws.com: the bucket's policy must allow it (Amplify Hosting user
  guide, "Creating a bucket policy to deploy a static website from S3 using the AWS SDKs").
- The zip holds the contents of the build's folder, not the folder, and at most 5 GB (same guide, "Deploying an
  application to Amplify without a Git repository").
- A deployment is refused while another one of the branch is unfinished, with "The last job(deployment) N was not
  finished, please wait until it finish or use StopJob operation" (aws-amplify/amplify-backend, issue 2137).
- The branch's display name is the first part of its address (API reference, type Branch). A slash in a branch's name
  is a hyphen there (aws-amplify/amplify-hosting, issue 739).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed, code_of

if TYPE_CHECKING:
    from types_boto3_amplify import AmplifyClient

SUCCEEDED = "SUCCEED"
FINISHED = frozenset({SUCCEEDED, "FAILED", "CANCELLED"})


@dataclass(frozen=True)
class AmplifyStep:
    """A step of a job."""

    name: str
    status: str
    reason: str = ""
    log_url: str = ""


@dataclass(frozen=True)
class AmplifyJob:
    """A deployment, as Amplify tells of it."""

    id: str
    status: str
    # Empty where Amplify does not tell.
    source_url: str = ""
    steps: tuple[AmplifyStep, ...] = ()

    @property
    def is_finished(self) -> bool:
        """Whether its status will change no more."""
        return self.status in FINISHED


@dataclass(frozen=True)
class AmplifyBranch:
    """The branch, known to be there and to take zips."""

    client: AmplifyClient
    app_id: str
    name: str
    # Where its visitors go, such as https://staging.d1234567890.amplifyapp.com
    url: str

    @classmethod
    def read(cls, client: AmplifyClient, app_id: str, name: str) -> AmplifyBranch:
        """The branch of this name.

        Raises:
            OperationFailed: there is no such app or branch, or the app takes no zips.
            botocore.exceptions.ClientError: Amplify does not say.
        """
        region = client.meta.region_name
        try:
            app = client.get_app(appId=app_id)["app"]
        except client.exceptions.NotFoundException as error:
            raise OperationFailed(
                f"There is no Amplify app {app_id} in {region}. Its id stands in the Amplify console, and in"
                " aws amplify list-apps."
            ) from error
        if app.get("repository"):
            raise OperationFailed(
                f"Amplify builds app {app_id} from {app['repository']} and takes no zips for it: push there, or name an"
                " app without a repository."
            )
        try:
            branch = client.get_branch(appId=app_id, branchName=name)["branch"]
        except client.exceptions.NotFoundException as error:
            raise OperationFailed(
                f"App {app_id} has no branch {name}. Name another with --branch, or make it:"
                f" aws amplify create-branch --app-id {app_id} --branch-name {name} --region {region}"
            ) from error
        label = branch.get("displayName") or name
        return cls(client, app_id, name, f"https://{label.replace('/', '-')}.{app['defaultDomain']}")

    def jobs(self) -> list[AmplifyJob]:
        """The last deployments, at most 50, the newest first."""
        answer = self.client.list_jobs(appId=self.app_id, branchName=self.name, maxResults=50)
        jobs = [_job(summary) for summary in answer["jobSummaries"]]
        return sorted(jobs, key=lambda job: int(job.id), reverse=True)

    def job(self, job_id: str) -> AmplifyJob:
        """One deployment with its steps."""
        job = self.client.get_job(appId=self.app_id, branchName=self.name, jobId=job_id)["job"]
        steps = tuple(
            AmplifyStep(step["stepName"], step["status"], step.get("statusReason", ""), step.get("logUrl", ""))
            for step in job["steps"]
        )
        return _job(job["summary"], steps)

    def check_idle(self) -> None:
        """Says so if a deployment is under way: Amplify would refuse another.

        Raises:
            OperationFailed: one is.
        """
        for job in self.jobs():
            if not job.is_finished:
                raise OperationFailed(
                    f"Deployment {job.id} of branch {self.name} is {job.status}, and Amplify takes one at a time."
                    f" Wait for it, or stop it: {self.command('stop-job', job.id)}"
                )

    def start(self, source_url: str) -> str:
        """Starts to deploy the zip at this address, and returns the job's id.

        An answer that was lost on its way is no failure: if the deployment is under way, its id is returned.
        """
        try:
            return self._start(source_url)
        except (ClientError, BotoCoreError):
            for job in self.jobs():
                if job.source_url == source_url and not job.is_finished:
                    return job.id
            raise

    def _start(self, source_url: str) -> str:
        try:
            answer = self.client.start_deployment(
                appId=self.app_id, branchName=self.name, sourceUrl=source_url, sourceUrlType="ZIP"
            )
        except ClientError as error:
            if code_of(error) == "LimitExceededException":
                raise OperationFailed(
                    "Amplify runs no more deployments at once in this account and region. Wait for those that run."
                ) from error
            raise
        return answer["jobSummary"]["jobId"]

    def command(self, action: str, job_id: str) -> str:
        """The AWS CLI's command for one of the jobs, such as get-job."""
        return (
            f"aws amplify {action} --app-id {self.app_id} --branch-name {self.name} --job-id {job_id}"
            f" --region {self.client.meta.region_name}"
        )


def _job(summary: Mapping[str, Any], steps: tuple[AmplifyStep, ...] = ()) -> AmplifyJob:
    return AmplifyJob(summary["jobId"], summary["status"], summary.get("sourceUrl", ""), steps)
