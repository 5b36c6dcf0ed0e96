"""Waits for an Amplify deployment, and tells how it goes."""

from __future__ import annotations

import time
from collections.abc import Callable

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, HTTPClientError

from finops_operations.amplify_branch import SUCCEEDED, AmplifyBranch, AmplifyJob
from finops_operations.errors import OperationFailed
from finops_operations.operator_messages import say, warn

# Seconds. A deployment takes about one minute.
_POLL = 3.0
_SIGN_OF_LIFE = 30.0

# Before it, the fault lies with the request, and asking again changes nothing.
_SERVER_FAULT = 500
_TOO_MANY_REQUESTS = 429


class DeploymentFailed(OperationFailed):
    """The deployment came to an end, and to no good one."""


class AmplifyProgress:
    """Follows one deployment to its end."""

    def __init__(
        self,
        branch: AmplifyBranch,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`clock` gives seconds from any start on."""
        self._branch = branch
        self._clock = clock
        self._sleep = sleep
        self._told: set[tuple[str, str]] = set()

    def wait(self, job_id: str, timeout: float) -> None:
        """Returns when the deployment has succeeded. `timeout` is in seconds.

        Raises:
            DeploymentFailed: it failed, or was cancelled.
            OperationFailed: it is not finished in time.
            KeyboardInterrupt: somebody wants to wait no longer. The deployment goes on, and they are told so.
        """
        try:
            self._wait(job_id, timeout)
        except KeyboardInterrupt:
            warn(
                f"Deployment {job_id} goes on without you. Watch it: {self._branch.command('get-job', job_id)}"
                f" Stop it: {self._branch.command('stop-job', job_id)}"
            )
            raise

    def _wait(self, job_id: str, timeout: float) -> None:
        start = told = self._clock()
        status = "under way"
        while True:
            job = self._look(job_id)
            now = self._clock()
            if job is not None:
                status = job.status
                if self._tell(job):
                    told = now
            if job is not None and job.is_finished:
                return _judge(job)
            if now - start >= timeout:
                raise OperationFailed(
                    f"Deployment {job_id} is still {status} after {timeout / 60:.0f} minutes. It goes on. Watch it:"
                    f" {self._branch.command('get-job', job_id)}"
                )
            if now - told >= _SIGN_OF_LIFE:
                say(f"{status}, {now - start:.0f} s")
                told = now
            self._sleep(_POLL)

    def _look(self, job_id: str) -> AmplifyJob | None:
        """The job, or None where Amplify cannot be asked at the moment: the deployment does not depend on it."""
        try:
            return self._branch.job(job_id)
        except (HTTPClientError, EndpointConnectionError, ConnectTimeoutError) as error:
            warn(f"Amplify cannot be reached; trying again. {error}")
        except ClientError as error:
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if status < _SERVER_FAULT and status != _TOO_MANY_REQUESTS:
                raise
            warn(f"Amplify does not answer as it should; trying again. {error}")
        return None

    def _tell(self, job: AmplifyJob) -> bool:
        """Whether there was something new to tell."""
        news = [(step.name, step.status) for step in job.steps] or [("Deployment", job.status)]
        news = [entry for entry in news if entry not in self._told]
        for name, status in news:
            say(f"{name}: {status}")
        self._told.update(news)
        return bool(news)


def _judge(job: AmplifyJob) -> None:
    if job.status == SUCCEEDED:
        return
    broken = [step for step in job.steps if step.status not in {SUCCEEDED, "PENDING"}]
    sentences = [f"Deployment {job.id} ended as {job.status}; what was served before is served on."]
    for step in broken:
        sentences.append(f"Step {step.name} is {step.status}: {step.reason or 'Amplify gives no reason'}.")
        if step.log_url:
            sentences.append(f"Its log: {step.log_url}")
    raise DeploymentFailed(" ".join(sentences))
