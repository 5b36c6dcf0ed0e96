from threading import Barrier, Event

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from finops_operations.errors import OperationFailed
from finops_operations.health_checks.check import Check, Finding, State, ok, red
from finops_operations.health_checks.side_by_side import run_side_by_side

REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "Not you."}}, "DescribeTable")


def states(*checks: Check, patience: float = 10) -> dict[str, State]:
    return {result.check: result.finding.state for result in run_side_by_side(checks, patience)}


def raising(error: Exception) -> Finding:
    raise error


def test_findings_come_in_the_checks_order() -> None:
    meet = Barrier(3, timeout=10)

    def look() -> Finding:
        # Passes only if all three look at the same time.
        meet.wait()
        return ok("there")

    assert list(states(*(Check(name, look) for name in "bca"))) == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (REFUSED, "You may not call DescribeTable: Not you."),
        (ReadTimeoutError(endpoint_url="http://localhost:1"), "Read timeout on endpoint URL"),
        (OperationFailed("It has no output."), "It has no output."),
    ],
)
def test_an_error_makes_its_own_line_red(error: Exception, sentence: str) -> None:
    broken, other = run_side_by_side([Check("broken", lambda: raising(error)), Check("other", lambda: ok("there"))])
    assert broken.finding.state is State.RED
    assert sentence in broken.finding.found
    assert broken.finding.remedy
    assert other.finding.state is State.OK


def test_what_needs_something_red_is_not_looked_at() -> None:
    looked = Event()

    def look() -> Finding:
        looked.set()
        return ok("there")

    results = run_side_by_side([Check("needing", look, ("broken",)), Check("broken", lambda: red("gone", "mend it"))])
    assert results[0].finding.found == "Not tried: broken is red."
    assert not looked.is_set()


def test_what_needs_something_that_is_only_skipped_is_looked_at() -> None:
    """Otherwise two that need each other's neighbour could both be skipped, and nothing red."""
    found = states(
        Check("first", lambda: Finding(State.SKIPPED, "Not tried: nobody can connect.")),
        Check("second", lambda: red("nobody can connect", "mend it"), ("first",)),
    )
    assert found == {"first": State.SKIPPED, "second": State.RED}


def test_a_check_that_hangs_holds_nobody_up() -> None:
    release = Event()

    def hang() -> Finding:
        release.wait(30)
        return ok("late")

    hanging, needing, other = run_side_by_side(
        [Check("hanging", hang), Check("needing", lambda: ok(""), ("hanging",)), Check("other", lambda: ok("there"))],
        patience=0.2,
    )
    release.set()
    assert (hanging.finding.state, hanging.finding.found) == (State.RED, "No answer within 0.2 seconds.")
    assert needing.finding.found == "Not tried: hanging has not answered."
    assert other.finding.state is State.OK


def test_a_defect_is_named_and_costs_no_other_check_its_finding() -> None:
    broken, needing, other = run_side_by_side(
        [
            Check("defect", lambda: raising(ZeroDivisionError("secret"))),
            Check("needing", lambda: ok(""), ("defect",)),
            Check("other", lambda: ok("there")),
        ]
    )
    assert (broken.finding.state, broken.finding.found) == (State.RED, "This check is broken: ZeroDivisionError.")
    assert broken.finding.remedy
    assert (needing.finding.state, other.finding.state) == (State.SKIPPED, State.OK)
