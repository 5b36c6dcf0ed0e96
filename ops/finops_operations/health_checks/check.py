"""A check and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How something is."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should look at it."""
    RED = "red"
    """It does not work."""
    SKIPPED = "skipped"
    """Nobody knows: what it needs is red."""


@dataclass(frozen=True)
class Finding:
    """What a check has found. `remedy` is the command to type, or what to do; empty if there is nothing to do."""

    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """Something to look at. `needs` names all checks that make looking in vain when they are red."""

    name: str
    look: Callable[[], Finding]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A check's name and what it has found."""

    check: str
    finding: Finding


def ok(found: str) -> Finding:
    """It is as it should be."""
    return Finding(State.OK, found)


def warning(found: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(State.WARNING, found, remedy)


def red(found: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(State.RED, found, remedy)


def skipped(reason: str) -> Finding:
    """It was not looked at."""
    return Finding(State.SKIPPED, f"Not tried: {reason}")
