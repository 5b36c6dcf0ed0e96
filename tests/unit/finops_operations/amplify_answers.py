"""Answers of Amplify for the tests, complete as its model wants them, and clients that answer with nothing else.

botocore's Stubber validates each request and each answer against the service's model.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
from botocore.stub import Stubber

from finops_operations.amplify_branch import AmplifyBranch

if TYPE_CHECKING:
    from types_boto3_amplify import AmplifyClient

APP = "da7jmqelobr5a"
BRANCH = {"appId": APP, "branchName": "staging"}
_TIME = datetime(2026, 11, 23, tzinfo=UTC)


@contextmanager
def stubbed_amplify() -> Iterator[tuple[AmplifyClient, Stubber]]:
    """A client, and what it answers with. At the end all answers must have been asked for."""
    client = boto3.client("amplify", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def branch_of(client: AmplifyClient) -> AmplifyBranch:
    return AmplifyBranch(client, APP, "staging", f"https://staging.{APP}.amplifyapp.com")


def app(**changes: Any) -> dict[str, Any]:
    return {
        "app": {
            "appId": APP,
            "appArn": f"arn:aws:amplify:us-east-1:111122223333:apps/{APP}",
            "name": "finops-ui",
            "description": "",
            "repository": "",
            "platform": "WEB",
            "createTime": _TIME,
            "updateTime": _TIME,
            "environmentVariables": {},
            "defaultDomain": f"{APP}.amplifyapp.com",
            "enableBranchAutoBuild": False,
            "enableBasicAuth": False,
            **changes,
        }
    }


def branch(name: str = "staging", **changes: Any) -> dict[str, Any]:
    return {
        "branch": {
            "branchArn": f"arn:aws:amplify:us-east-1:111122223333:apps/{APP}/branches/{name}",
            "branchName": name,
            "description": "",
            "stage": "NONE",
            "displayName": name,
            "enableNotification": False,
            "createTime": _TIME,
            "updateTime": _TIME,
            "environmentVariables": {},
            "enableAutoBuild": False,
            "customDomains": [],
            "framework": "",
            "activeJobId": "",
            "totalNumberOfJobs": "0",
            "enableBasicAuth": False,
            "ttl": "5",
            "enablePullRequestPreview": False,
            **changes,
        }
    }


def summary(job_id: str, status: str, source_url: str | None = None) -> dict[str, Any]:
    told = {} if source_url is None else {"sourceUrl": source_url, "sourceUrlType": "ZIP"}
    return {
        "jobArn": f"arn:aws:amplify:us-east-1:111122223333:apps/{APP}/branches/staging/jobs/{job_id}",
        "jobId": job_id,
        "commitId": "HEAD",
        "commitMessage": "",
        "commitTime": _TIME,
        "startTime": _TIME,
        "status": status,
        "jobType": "MANUAL",
        **told,
    }


def jobs(*summaries: dict[str, Any]) -> dict[str, Any]:
    return {"jobSummaries": list(summaries)}


def job(job_id: str, status: str, *steps: dict[str, Any]) -> dict[str, Any]:
    return {"job": {"summary": summary(job_id, status), "steps": list(steps)}}


def step(name: str, status: str, **told: str) -> dict[str, Any]:
    return {"stepName": name, "status": status, "startTime": _TIME, "endTime": _TIME, **told}
