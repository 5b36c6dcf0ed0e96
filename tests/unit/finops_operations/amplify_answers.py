"""Answers of Amplify for the tests, complete as botocore's model of it wants them."""

from datetime import UTC, datetime
from typing import Any

APP = "da7jmqelobr5a"
BRANCH = {"appId": APP, "branchName": "staging"}
_TIME = datetime(2026, 11, 23, tzinfo=UTC)


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
