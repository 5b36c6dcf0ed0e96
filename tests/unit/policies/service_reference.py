"""AWS's Service Authorization Reference, as it comes with cfn-lint: the actions, and which of them know resources."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import cfnlint


def exists(action: str) -> bool:
    """Whether the reference lists an action."""
    return _entry(action) is not None


def knows_resources(action: str) -> bool:
    """Whether an action can be allowed on some resources and not on others. One that is not listed is taken to."""
    entry = _entry(action)
    return entry is None or "Resources" in entry


def _entry(action: str) -> dict[str, Any] | None:
    service, name = action.split(":")
    actions: dict[str, dict[str, Any]] = _reference()[service]["Actions"]
    return actions.get(name.lower())


@cache
def _reference() -> dict[str, Any]:
    path = Path(cfnlint.__file__).parent / "data" / "AdditionalSpecs" / "Policies.json"
    reference: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return reference
