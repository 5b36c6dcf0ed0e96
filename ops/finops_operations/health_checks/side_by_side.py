"""Runs checks side by side, and gives their findings in the checks' order. None of them holds up the command."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from threading import Thread

from botocore.exceptions import BotoCoreError, ClientError

from finops_operations.errors import OperationFailed, failure_of
from finops_operations.health_checks.check import Check, Finding, Result, State, red, skipped

# Seconds for all checks together. A healthy stack takes a few; a function that hangs is stopped by Lambda after 20.
PATIENCE = 45.0

_NO_ANSWER = "Run this again. If it stays so, look at https://health.aws.amazon.com/health/status."
_REFUSED = "Look at your permissions, or run this again. docs/WEBSOCKET_DEPLOYMENT_GUIDE.md names what this needs."

_DEFECT = "It says nothing of the stack. Report it to the project, with this line."


def run_side_by_side(checks: Sequence[Check], patience: float = PATIENCE) -> list[Result]:
    """What the checks find, in their order; a check without an answer after `patience` seconds is red."""
    findings: dict[str, Future[Finding]] = {check.name: Future() for check in checks}
    for check in checks:
        # Not a pool's threads, for which Python waits at its end: a call to AWS cannot be interrupted.
        Thread(target=_run, args=(check, findings), daemon=True).start()
    give_up_at = time.monotonic() + patience
    for finding in findings.values():
        wait([finding], timeout=max(0.0, give_up_at - time.monotonic()))
    return [Result(check.name, _finding(check, findings, patience)) for check in checks]


def _finding(check: Check, findings: Mapping[str, Future[Finding]], patience: float) -> Finding:
    if findings[check.name].done():
        return findings[check.name].result()
    for need in check.needs:
        if not findings[need].done():
            return skipped(f"{need} has not answered.")
    return red(f"No answer within {patience:g} seconds.", _NO_ANSWER)


def _run(check: Check, findings: Mapping[str, Future[Finding]]) -> None:
    try:
        findings[check.name].set_result(_missing_need(check, findings) or _look(check))
    except BaseException as defect:  # noqa: BLE001 - the thread's end: whoever waits gets what was raised
        findings[check.name].set_exception(defect)


def _missing_need(check: Check, findings: Mapping[str, Future[Finding]]) -> Finding | None:
    for need in check.needs:
        if findings[need].result().state is State.RED:
            return skipped(f"{need} is red.")
    return None


def _look(check: Check) -> Finding:
    try:
        return check.look()
    except OperationFailed as failure:
        return red(str(failure), _REFUSED)
    except (ClientError, BotoCoreError) as error:
        return red(str(failure_of(error)), _REFUSED)
    except Exception as defect:  # noqa: BLE001 - a check's entry point: its defect must not cost the others' findings
        return red(f"This check is broken: {type(defect).__name__}.", _DEFECT)
