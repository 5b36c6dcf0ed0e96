"""One local cloud for the session, and the stack that the journeys go through."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import ROOT, LocalCloud


@pytest.fixture(scope="session")
def local_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A local cloud with IAM enforced."""
    cloud = LocalCloud(tmp_path_factory.mktemp("cloud"))
    yield cloud
    cloud.stop()


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The functions' real packages, built for this machine."""
    directory = tmp_path_factory.mktemp("packages")
    built = subprocess.run(
        [ROOT / "build_packages.sh", "--target", "host", "--with-sample-agents", "--output", directory],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return directory


@pytest.fixture(scope="session")
def stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> JourneyStack:
    """The deployed stack with scripted agents."""
    return JourneyStack(local_cloud, packages, tmp_path_factory.mktemp("journeys"))
