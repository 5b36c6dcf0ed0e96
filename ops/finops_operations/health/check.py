"""A check, what it finds, and many of them side by side, so that none holds up the command."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from threading import Thread

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed, code_of, failure_of

AGAIN = "Run this again in a minute."
WAIT = "Wait until that is done, then run this again."
_REFUSED = "Look at your permissions, or run this again. docs/WEBSOCKET_DEPLOYMENT_GUIDE.md names what this needs."

# How the codes end that say that there is no such thing. HeadBucket answers without a body: its status is all there is.
_MISSING = ("404", "NotFoundException", "NonExistentQueue", "QueueDoesNotExist")


class State(StrEnum):
    """How something is, as a program reads it. With a warning it works, and somebody should look at it."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "red"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What a check has found. `remedy` is the command to type, or what to do; empty if there is nothing to do."""

    state: State
    found: str
    remedy: str = ""


ok = partial(Finding, State.OK)
warning = partial(Finding, State.WARNING)
failed = partial(Finding, State.FAILED)
skipped = partial(Finding, State.SKIPPED)


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


@contextmanager
def if_missing(finding: Finding) -> Iterator[None]:
    """Conclude the check with this finding if AWS answers that there is no such thing."""
    try:
        yield
    except ClientError as error:
        if code_of(error).endswith(_MISSING):
            raise Concluded(finding) from error
        raise


def run_checks(checks: Sequence[Check], patience: float = 45.0) -> dict[str, Finding]:
    """Run the checks and give their findings in their order; one that takes more than `patience` seconds has failed.

    A healthy stack takes a few; a function that hangs is stopped by Lambda after 20.
    """
    findings: dict[str, Future[Finding]] = {check.name: Future() for check in checks}

    def settle(check: Check) -> None:
        broken = next((need for need in check.needs if findings[need].result().state is State.FAILED), None)
        finding = skipped(f"Not tried: {broken} is red.") if broken else run_check(check)
        findings[check.name].set_result(finding)

    def finding_of(check: Check) -> Finding:
        if findings[check.name].done():
            return findings[check.name].result()
        if silent := next((need for need in check.needs if not findings[need].done()), None):
            return skipped(f"Not tried: {silent} has not answered.")
        again = "Run this again. If it stays so, look at https://health.aws.amazon.com/health/status."
        return failed(f"No answer within {patience:g} seconds.", again)

    for check in checks:
        # Not a pool's threads, for which Python waits at its end: a call to AWS cannot be interrupted.
        Thread(target=settle, args=(check,), daemon=True).start()
    wait(findings.values(), timeout=patience)
    return {check.name: finding_of(check) for check in checks}


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
        report = "It says nothing of the stack. Report it to the project, with this line."
        return failed(f"This check is broken: {type(defect).__name__}.", report)
