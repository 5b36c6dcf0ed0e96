"""The stack that the journeys go through, in the session's local cloud."""

from pathlib import Path

import pytest

from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import LocalCloud


@pytest.fixture(scope="session")
def stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> JourneyStack:
    """The deployed stack with scripted agents."""
    return JourneyStack(local_cloud, packages, tmp_path_factory.mktemp("journeys"))
