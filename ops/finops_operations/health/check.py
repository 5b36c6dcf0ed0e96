"""A check, what it finds, and many of them side by side, so that none holds up the command."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from threading import Thread

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed, code_of, failure_of

# Seconds for all checks together. A healthy stack takes a few; a function that hangs is stopped by Lambda after 20.
PATIENCE = 45.0

AGAIN = "Run this again in a minute."
WAIT = "Wait until that is done, then run this again."
_NO_ANSWER = "Run this again. If it stays so, look at https://health.aws.amazon.com/health/status."
_REFUSED = "Look at your permissions, or run this again. docs/WEBSOCKET_DEPLOYMENT_GUIDE.md names what this needs."
_DEFECT = "It says nothing of the stack. Report it to the project, with this line."

# How the services say that there is no such thing. HeadBucket answers without a body: its status is all there is.
_MISSING = frozenset(
    {
        "404",
        "AWS.SimpleQueueService.NonExistentQueue",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)


class State(StrEnum):
    """How something is, as a program reads it."""

    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should look at it."""
    FAILED = "red"
    """It does not work."""
    SKIPPED = "skipped"
    """Nobody knows: what it needs does not work."""


@dataclass(frozen=True)
class Finding:
    """What a check has found. `remedy` is the command to type, or what to do; empty if there is nothing to do."""

    state: State
    found: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A part of a stack, and how to check it. `needs` names all checks whose failure makes this one pointless."""

    name: str
    check: Callable[[], Finding]
    needs: tuple[str, ...] = ()


class Concluded(Exception):
    """A check has its finding before its end."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.found)
        self.finding = finding


def ok(found: str) -> Finding:
    """It is as it should be."""
    return Finding(State.OK, found)


def warning(found: str, remedy: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(State.WARNING, found, remedy)


def failed(found: str, remedy: str) -> Finding:
    """It does not work."""
    return Finding(State.FAILED, found, remedy)


def skipped(reason: str) -> Finding:
    """It was not checked."""
    return Finding(State.SKIPPED, f"Not tried: {reason}")


@contextmanager
def if_missing(finding: Finding) -> Iterator[None]:
    """Conclude the check with this finding if AWS answers that there is no such thing."""
    try:
        yield
    except ClientError as error:
        if code_of(error) in _MISSING:
            raise Concluded(finding) from error
        raise


def run_checks(checks: Sequence[Check], patience: float = PATIENCE) -> dict[str, Finding]:
    """Run the checks and give their findings in their order; one that takes more than `patience` seconds has failed."""
    findings: dict[str, Future[Finding]] = {check.name: Future() for check in checks}
    for check in checks:
        # Not a pool's threads, for which Python waits at its end: a call to AWS cannot be interrupted.
        Thread(target=_settle, args=(check, findings), daemon=True).start()
    wait(findings.values(), timeout=patience)
    return {check.name: _finding(check, findings, patience) for check in checks}


def _settle(check: Check, findings: Mapping[str, Future[Finding]]) -> None:
    broken = next((need for need in check.needs if findings[need].result().state is State.FAILED), None)
    findings[check.name].set_result(skipped(f"{broken} is red.") if broken else run_check(check))


def run_check(check: Check) -> Finding:
    """Run one check. An error of AWS's, or a defect of the check's own, is a finding too."""
    try:
        return check.check()
    except Concluded as conclusion:
        return conclusion.finding
    except OperationFailed as failure:
        return failed(str(failure), _REFUSED)
    except (ClientError, BotoCoreError) as error:
        return failed(str(failure_of(error)), _REFUSED)
    except Exception as defect:  # noqa: BLE001 - a check's entry point: its defect must not cost the others' findings
        return failed(f"This check is broken: {type(defect).__name__}.", _DEFECT)


def _finding(check: Check, findings: Mapping[str, Future[Finding]], patience: float) -> Finding:
    if findings[check.name].done():
        return findings[check.name].result()
    for need in check.needs:
        if not findings[need].done():
            return skipped(f"{need} has not answered.")
    return failed(f"No answer within {patience:g} seconds.", _NO_ANSWER)
