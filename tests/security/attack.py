"""An attack: what a stranger or a user tries, what stops it, and how that ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from security.secured_stack import SecuredStack


class AttackSucceeded(Exception):
    """An attacker got what nobody must get."""


@dataclass(frozen=True)
class Attack:
    """What is tried, against what. `run` tells in a few words how it ended, and raises AttackSucceeded if it worked."""

    name: str
    against: str
    run: Callable[[SecuredStack], Awaitable[str]]


def stopped_by(message: dict[str, object], *codes: str) -> str:
    """Give the code with which a message refuses; raise AttackSucceeded if it does not, or with another code."""
    if message.get("code") not in codes:
        raise AttackSucceeded(f"Expected {' or '.join(codes)}, and got {message}.")
    return str(message["code"])


def must(condition: object, what_is_wrong: str) -> None:
    """Raise AttackSucceeded unless the condition holds."""
    if not condition:
        raise AttackSucceeded(what_is_wrong)
