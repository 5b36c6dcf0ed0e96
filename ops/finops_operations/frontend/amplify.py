"""A branch of an Amplify app without a repository, to which zips are deployed.

What cannot be done is an OperationFailed. What AWS documents of it:

- StartDeployment takes `s3://BUCKET/KEY` as sourceUrl; sourceUrlType ZIP is the default. It is for apps that are not
  connected to a repository (Amplify API reference, StartDeployment).
- Amplify reads the zip as the service amplify.amazonaws.com: the bucket's policy must allow it (Amplify Hosting user
  guide, "Creating a bucket policy to deploy a static website from S3 using the AWS SDKs").
- A deployment is refused while another one of the branch is unfinished, with "The last job(deployment) N was not
  finished, please wait until it finish or use StopJob operation" (aws-amplify/amplify-backend, issue 2137).
- The headers of a customHttp.yml go before the app's own (user guide, "Monorepo custom header requirements"). That the
  one at the root of a zip is read is in the log of a StartDeployment from S3, "Found customHttp.yml, applying custom
  headers..."; the console does not show them (aws-amplify/amplify-hosting, issue 1415).
  So UpdateApp is not called: its customHeaders would be one policy for all branches of the app, which may lead to
  different endpoints, and for whichever release is returned to.
- The branch's display name is the first part of its address (API reference, type Branch). A slash in a branch's name
  is a hyphen there (aws-amplify/amplify-hosting, issue 739).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - botocore's

from finops_operations.errors import OperationFailed, code_of, fails_with
from finops_operations.operator_messages import say, warn
from finops_operations.waiting import Clock

if TYPE_CHECKING:
    from types_boto3_amplify import AmplifyClient
    from types_boto3_amplify.type_defs import JobSummaryTypeDef, JobTypeDef

SUCCEEDED = "SUCCEED"
_FINISHED = {SUCCEEDED, "FAILED", "CANCELLED"}

# Seconds. A deployment takes about one minute.
_POLL = 3.0
_LOOKS_TO_A_SIGN_OF_LIFE = 10


@dataclass(frozen=True)
class AmplifyBranch:
    """The branch, known to be there and to take zips."""

    client: AmplifyClient
    app_id: str
    name: str
    url: str
    """Where its visitors go, such as https://staging.d1234567890.amplifyapp.com"""
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def read(cls, client: AmplifyClient, app_id: str, name: str) -> AmplifyBranch:
        """Find the branch of this name."""
        region = client.meta.region_name
        with fails_with(f"Amplify app {app_id} cannot be read in {region} (aws amplify list-apps names yours):"):
            app = client.get_app(appId=app_id)["app"]
        if app.get("repository"):
            raise OperationFailed(
                f"Amplify builds app {app_id} from {app['repository']} and takes no zips for it: push there, or name an"
                " app without a repository."
            )
        with fails_with(
            f"Branch {name} of app {app_id} cannot be read (name another with --branch, or make it: aws amplify"
            f" create-branch --app-id {app_id} --branch-name {name} --region {region}):"
        ):
            branch = client.get_branch(appId=app_id, branchName=name)["branch"]
        label = branch.get("displayName") or name
        return cls(client, app_id, name, f"https://{label.replace('/', '-')}.{app['defaultDomain']}")

    def deployments(self) -> list[JobSummaryTypeDef]:
        """Return the last deployments, which are Amplify's jobs, at most 50, the newest first."""
        answer = self.client.list_jobs(appId=self.app_id, branchName=self.name, maxResults=50)
        return sorted(answer["jobSummaries"], key=lambda job: int(job["jobId"]), reverse=True)

    def check_idle(self) -> None:
        """Make sure that no deployment is under way: Amplify would refuse another."""
        for job in self.deployments():
            if job["status"] not in _FINISHED:
                raise OperationFailed(
                    f"Deployment {job['jobId']} of branch {self.name} is {job['status']}, and Amplify takes one at a"
                    f" time. Wait for it, or stop it: {self._command('stop-job', job['jobId'])}"
                )

    def start(self, source_url: str) -> str:
        """Start to deploy the zip at this address, and return the job's id.

        An answer that was lost on its way is no failure: if the deployment is under way, its id is returned.
        """
        try:
            return self.client.start_deployment(
                appId=self.app_id, branchName=self.name, sourceUrl=source_url, sourceUrlType="ZIP"
            )["jobSummary"]["jobId"]
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, ClientError) and code_of(error) == "LimitExceededException":
                raise OperationFailed(
                    "Amplify runs no more deployments at once in this account and region. Wait for those that run."
                ) from error
            for job in self.deployments():
                if job.get("sourceUrl") == source_url and job["status"] not in _FINISHED:
                    return job["jobId"]
            raise

    def finished(self, job_id: str, timeout: float) -> JobTypeDef:
        """Return a deployment when it has come to an end, whichever, and say how it goes. `timeout` is in seconds.

        Raises:
            OperationFailed: it is not finished in time.
            KeyboardInterrupt: somebody wants to wait no longer. The deployment goes on, and they are told so.
        """
        status = "under way"
        told: set[str] = set()
        try:
            for look, passed in enumerate(self.clock.looks(_POLL, timeout), start=1):
                if job := self._asked(job_id):
                    status = job["summary"]["status"]
                    steps = [f"{step['stepName']}: {step['status']}" for step in job["steps"]]
                    for line in steps or [f"Deployment: {status}"]:
                        if line not in told:
                            say(line)
                            told.add(line)
                    if status in _FINISHED:
                        return job
                if look % _LOOKS_TO_A_SIGN_OF_LIFE == 0:
                    say(f"{status}, {passed:.0f} s")
        except KeyboardInterrupt:
            warn(
                f"Deployment {job_id} goes on without you. Watch it: {self._command('get-job', job_id)}"
                f" Stop it: {self._command('stop-job', job_id)}"
            )
            raise
        raise OperationFailed(
            f"Deployment {job_id} is still {status} after {timeout / 60:.0f} minutes. It goes on. Watch it:"
            f" {self._command('get-job', job_id)}"
        )

    def _asked(self, job_id: str) -> JobTypeDef | None:
        """Return the job, or None if Amplify cannot be asked at the moment: the deployment does not depend on it."""
        try:
            return self.client.get_job(appId=self.app_id, branchName=self.name, jobId=job_id)["job"]
        except (ClientError, HTTPClientError, ConnectionError) as error:
            # Of such the fault lies with the request, and asking again changes nothing.
            if isinstance(error, ClientError) and error.response["ResponseMetadata"]["HTTPStatusCode"] < 429:
                raise
            warn(f"Amplify does not answer; trying again. {error}")
            return None

    def _command(self, action: str, job_id: str) -> str:
        return (
            f"aws amplify {action} --app-id {self.app_id} --branch-name {self.name} --job-id {job_id}"
            f" --region {self.client.meta.region_name}"
        )


def why_failed(job: JobTypeDef) -> str:
    """Say of a deployment that did not succeed how it ended, and why."""
    summary = job["summary"]
    sentences = [f"Deployment {summary['jobId']} ended as {summary['status']}; what was served before is served on."]
    for step in job["steps"]:
        if step["status"] not in {SUCCEEDED, "PENDING"}:
            reason = step.get("statusReason") or "Amplify gives no reason"
            sentences.append(f"Step {step['stepName']} is {step['status']}: {reason}.")
            if log := step.get("logUrl"):
                sentences.append(f"Its log: {log}")
    return " ".join(sentences)
