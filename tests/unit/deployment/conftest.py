from pathlib import Path

import pytest

from unit.deployment.operator_machine import Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """An operator's machine, whose account has a stack that runs, and no monitoring."""
    return Machine(tmp_path, monkeypatch)
