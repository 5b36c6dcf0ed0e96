"""What counts as stopped, as succeeded, and as neither."""

import pytest

from security.attack import AttackSucceeded, Inconclusive, must, stopped_by


def test_a_refusal_with_an_expected_code_stops() -> None:
    assert stopped_by({"type": "error", "code": "INVALID_TOKEN"}, "INVALID_MESSAGE", "INVALID_TOKEN") == "INVALID_TOKEN"


@pytest.mark.parametrize("message", [{"type": "authenticated"}, {"type": "error", "code": "RATE_LIMITED"}])
def test_anything_else_is_the_attackers_success(message: dict[str, object]) -> None:
    with pytest.raises(AttackSucceeded, match=f"'type': '{message['type']}'"):
        stopped_by(message, "INVALID_TOKEN")


def test_a_broken_function_shows_nothing() -> None:
    with pytest.raises(Inconclusive, match="INTERNAL"):
        stopped_by({"type": "error", "code": "INTERNAL"}, "INVALID_TOKEN")


def test_failing_closed_may_be_what_is_expected() -> None:
    assert stopped_by({"type": "error", "code": "INTERNAL"}, "INTERNAL") == "INTERNAL"


def test_what_must_hold() -> None:
    must("something", "Not raised.")
    with pytest.raises(AttackSucceeded, match="A row is left"):
        must(set(), "A row is left.")
