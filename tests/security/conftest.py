"""The stack that is attacked, in the session's local cloud."""

from pathlib import Path

import pytest

from local_cloud.running_cloud import LocalCloud
from security.secured_stack import SecuredStack


@pytest.fixture(scope="session")
def secured_stack(local_cloud: LocalCloud, packages: Path, tmp_path_factory: pytest.TempPathFactory) -> SecuredStack:
    """The deployed stack with low limits."""
    return SecuredStack(local_cloud, packages, tmp_path_factory.mktemp("attacked"))
