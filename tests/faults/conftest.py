"""The stack of the faults, in the session's local cloud, and the AWS in memory of what needs no cloud."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from aws_lambda_powertools import Logger
from moto import mock_aws

from faults.aws_in_memory import AwsInMemory
from faults.faulty_stack import FaultyStack
from local_cloud.running_cloud import LocalCloud


@pytest.fixture(scope="session")
def faulty_stack(
    local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FaultyStack]:
    """The deployed stack behind the fault proxy."""
    stack = FaultyStack(local_cloud, packages, tmp_path_factory.mktemp("faults"))
    yield stack
    stack.proxy.stop()


@pytest.fixture(scope="module")
def aws() -> Iterator[AwsInMemory]:
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("POWERTOOLS_METRICS_NAMESPACE", "finops-websocket")
        # Without a handler's logger, its modules' loggers take no keys.
        Logger(stream=io.StringIO())
        yield AwsInMemory()
