from finops_operations.health_checks.check import Finding, State, ok, red, skipped, warning


def test_a_finding_for_each_state() -> None:
    assert ok("there") == Finding(State.OK, "there", "")
    assert warning("slow", "wait") == Finding(State.WARNING, "slow", "wait")
    assert red("gone", "bring it") == Finding(State.RED, "gone", "bring it")
    assert skipped("x is red.") == Finding(State.SKIPPED, "Not tried: x is red.", "")
