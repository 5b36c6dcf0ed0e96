"""What the operations meet: real queues and the table of jobs, in moto."""

from typing import Any

import boto3
import pytest

from finops_websocket.jobs.store import JobStore


@pytest.fixture(scope="module")
def sqs(aws: None) -> Any:
    return boto3.client("sqs")


@pytest.fixture
def jobs_table(jobs: JobStore) -> Any:
    return jobs.table
