"""An attack: what a stranger or a user tries. It raises if it cannot be shown that something stops it."""

from collections.abc import Awaitable, Callable

from security.secured_stack import SecuredStack

# What a function answers that is broken: it stops attackers and everybody else.
BROKEN = "INTERNAL"

Attack = Callable[[SecuredStack], Awaitable[object]]
"""Raises AttackSucceeded if it worked, and Inconclusive if that cannot be told."""


class AttackSucceeded(Exception):
    """An attacker got what nobody must get."""


class Inconclusive(Exception):
    """Something was broken or too slow, so it cannot be told what an attacker would get."""


def stopped_by(message: dict[str, object], *codes: str) -> None:
    """Raise AttackSucceeded unless a message refuses with one of the codes.

    Raises Inconclusive if the function is broken, unless that is what is expected.
    """
    code = message.get("code")
    if code == BROKEN and BROKEN not in codes:
        raise Inconclusive(f"Expected {' or '.join(codes)}, and the function is broken: {message}.")
    must(code in codes, f"Expected {' or '.join(codes)}, and got {message}.")


def must(condition: object, what_is_wrong: str) -> None:
    """Raise AttackSucceeded unless the condition holds."""
    if not condition:
        raise AttackSucceeded(what_is_wrong)
