"""The scanners' own environment, which ./run_tests.sh scan makes."""

from pathlib import Path

import pytest

from project_copy import REPOSITORY

REQUIREMENTS = REPOSITORY / "tests" / "scan" / "requirements.txt"
ENVIRONMENT = REPOSITORY / ".local" / "scanners"


@pytest.fixture(scope="session")
def scanners() -> Path:
    """The folder of the scanners' programs."""
    stamp = ENVIRONMENT / "installed"
    is_current = stamp.exists() and stamp.read_bytes() == REQUIREMENTS.read_bytes()
    assert is_current, "The scanners are not installed as they are pinned: ./run_tests.sh scan installs them."
    return ENVIRONMENT / "bin"
