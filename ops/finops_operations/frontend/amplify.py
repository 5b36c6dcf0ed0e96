"""A branch of an Amplify app without a repository, to which zips are deployed.

What AWS documents of it:

- StartDeployment takes `s3://BUCKET/KEY` as sourceUrl; sourceUrlType ZIP is the default (Amplify API reference,
  StartDeployment). It is for apps that are not connected to a repository (same page).
- Amplify reads the zip as the service amplify.amazonaws.com: the bucket's policy must allow it (Amplify Hosting user
  guide, "Creating a bucket policy to deploy a static website from S3 using the AWS SDKs"). The statements for it stand
  in Step 8 of the project's guide.
- The zip holds the contents of the build's folder, not the folder, and at most 5 GB (same guide, "Deploying an
  application to Amplify without a Git repository").
- A deployment is refused while another one of the branch is unfinished, with "The last job(deployment) N was not
  finished, please wait until it finish or use StopJob operation" (aws-amplify/amplify-backend, issue 2137).
- The branch's display name is the first part of its address (API reference, type Branch). A slash in a branch's name
  is a hyphen there (aws-amplify/amplify-hosting, issue 739).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
)

from finops_operations.errors import OperationFailed, code_of
from finops_operations.operator_messages import say, warn

if TYPE_CHECKING:
    from types_boto3_amplify import AmplifyClient
    from types_boto3_amplify.type_defs import JobSummaryTypeDef, JobTypeDef
    from types_boto3_s3 import S3Client

SUCCEEDED = "SUCCEED"
FINISHED = frozenset({SUCCEEDED, "FAILED", "CANCELLED"})

_SERVICE = "amplify.amazonaws.com"

# Seconds. A deployment takes about one minute.
_POLL = 3.0
_SIGN_OF_LIFE = 30.0

# Before it, the fault lies with the request, and asking again changes nothing.
_SERVER_FAULT = 500
_TOO_MANY_REQUESTS = 429


class DeploymentFailed(OperationFailed):
    """The deployment came to an end, and to no good one."""


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
        """Find the branch of this name.

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

    def deployments(self) -> list[JobSummaryTypeDef]:
        """Give the last deployments, which are Amplify's jobs, at most 50, the newest first."""
        answer = self.client.list_jobs(appId=self.app_id, branchName=self.name, maxResults=50)
        return sorted(answer["jobSummaries"], key=lambda job: int(job["jobId"]), reverse=True)

    def deployment(self, job_id: str) -> JobTypeDef:
        """Give one deployment with its steps."""
        return self.client.get_job(appId=self.app_id, branchName=self.name, jobId=job_id)["job"]

    def check_idle(self) -> None:
        """Make sure that no deployment is under way: Amplify would refuse another.

        Raises:
            OperationFailed: one is.
        """
        for job in self.deployments():
            if job["status"] not in FINISHED:
                raise OperationFailed(
                    f"Deployment {job['jobId']} of branch {self.name} is {job['status']}, and Amplify takes one at a"
                    f" time. Wait for it, or stop it: {self.command('stop-job', job['jobId'])}"
                )

    def start(self, source_url: str) -> str:
        """Start to deploy the zip at this address, and return the job's id.

        An answer that was lost on its way is no failure: if the deployment is under way, its id is returned.

        Raises:
            OperationFailed: too many deployments run.
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
                if job.get("sourceUrl") == source_url and job["status"] not in FINISHED:
                    return job["jobId"]
            raise

    def command(self, action: str, job_id: str) -> str:
        """Give the AWS CLI's command for one of the jobs, such as get-job."""
        return (
            f"aws amplify {action} --app-id {self.app_id} --branch-name {self.name} --job-id {job_id}"
            f" --region {self.client.meta.region_name}"
        )


def wait_for(
    branch: AmplifyBranch,
    job_id: str,
    timeout: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return when a deployment has succeeded, and say how it goes. `timeout`, `clock` and `sleep` are in seconds.

    Raises:
        DeploymentFailed: it failed, or was cancelled.
        OperationFailed: it is not finished in time.
        KeyboardInterrupt: somebody wants to wait no longer. The deployment goes on, and they are told so.
    """
    try:
        _check_success(_finished(branch, job_id, timeout, clock, sleep))
    except KeyboardInterrupt:
        warn(
            f"Deployment {job_id} goes on without you. Watch it: {branch.command('get-job', job_id)}"
            f" Stop it: {branch.command('stop-job', job_id)}"
        )
        raise


def may_read(s3: S3Client, bucket: str) -> bool:
    """Tell whether a bucket's policy allows Amplify anything. True where you may not look: nobody can tell then."""
    try:
        return allows_amplify(s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError as error:
        return code_of(error) != "NoSuchBucketPolicy"


def allows_amplify(policy: str) -> bool:
    """Tell whether a policy's text has a statement that allows Amplify something."""
    try:
        statements = json.loads(policy).get("Statement", [])
    except (ValueError, AttributeError):
        return False
    return any(_allows(statement) for statement in _listed(statements))


def _finished(
    branch: AmplifyBranch,
    job_id: str,
    timeout: float,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
) -> JobTypeDef:
    start = told_at = clock()
    status = "under way"
    told: set[tuple[str, str]] = set()
    while True:
        job = _asked(branch, job_id)
        now = clock()
        if job is not None:
            status = job["summary"]["status"]
            news = [(step["stepName"], step["status"]) for step in job["steps"]] or [("Deployment", status)]
            for name, step_status in news:
                if (name, step_status) not in told:
                    say(f"{name}: {step_status}")
                    told_at = now
            told.update(news)
            if status in FINISHED:
                return job
        if now - start >= timeout:
            raise OperationFailed(
                f"Deployment {job_id} is still {status} after {timeout / 60:.0f} minutes. It goes on. Watch it:"
                f" {branch.command('get-job', job_id)}"
            )
        if now - told_at >= _SIGN_OF_LIFE:
            say(f"{status}, {now - start:.0f} s")
            told_at = now
        sleep(_POLL)


def _asked(branch: AmplifyBranch, job_id: str) -> JobTypeDef | None:
    """Give the job, or None where Amplify cannot be asked at the moment: the deployment does not depend on it."""
    try:
        return branch.deployment(job_id)
    except (HTTPClientError, EndpointConnectionError, ConnectTimeoutError) as error:
        warn(f"Amplify cannot be reached; trying again. {error}")
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status < _SERVER_FAULT and status != _TOO_MANY_REQUESTS:
            raise
        warn(f"Amplify does not answer as it should; trying again. {error}")
    return None


def _check_success(job: JobTypeDef) -> None:
    summary = job["summary"]
    if summary["status"] == SUCCEEDED:
        return
    sentences = [f"Deployment {summary['jobId']} ended as {summary['status']}; what was served before is served on."]
    for step in job["steps"]:
        if step["status"] not in {SUCCEEDED, "PENDING"}:
            reason = step.get("statusReason") or "Amplify gives no reason"
            sentences.append(f"Step {step['stepName']} is {step['status']}: {reason}.")
            if log := step.get("logUrl"):
                sentences.append(f"Its log: {log}")
    raise DeploymentFailed(" ".join(sentences))


def _allows(statement: Any) -> bool:
    if not isinstance(statement, dict) or statement.get("Effect") != "Allow":
        return False
    principal = statement.get("Principal")
    return principal == "*" or (isinstance(principal, dict) and _SERVICE in _listed(principal.get("Service")))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
