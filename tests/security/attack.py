"""An attack: what a stranger or a user tries, what stops it, and how that ends."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from security.secured_stack import SecuredStack

# What a function answers that is broken: it stops attackers and everybody else.
BROKEN = "INTERNAL"


TryAttack = Callable[[str, str, Awaitable[str]], Awaitable[None]]
"""Lets an attack run, by its name and what it is against, and notes how it ends."""


class AttackSucceeded(Exception):
    """An attacker got what nobody must get."""


class Inconclusive(Exception):
    """Something was broken or too slow, so it cannot be told what an attacker would get."""


@dataclass(frozen=True)
class Attack:
    """What is tried, against what.

    `run` tells in a few words how it ended; it raises AttackSucceeded if it worked, and Inconclusive if that cannot be
    told.
    """

    name: str
    against: str
    run: Callable[[SecuredStack], Awaitable[str]]


def stopped_by(message: dict[str, object], *codes: str) -> str:
    """Give the code with which a message refuses.

    Raises Inconclusive if the function is broken, unless that is what is expected, and AttackSucceeded if the message
    does not refuse or has another code.
    """
    code = message.get("code")
    if code == BROKEN and BROKEN not in codes:
        raise Inconclusive(f"Expected {' or '.join(codes)}, and the function is broken: {message}.")
    if code not in codes:
        raise AttackSucceeded(f"Expected {' or '.join(codes)}, and got {message}.")
    return str(code)


def must(condition: object, what_is_wrong: str) -> None:
    """Raise AttackSucceeded unless the condition holds."""
    if not condition:
        raise AttackSucceeded(what_is_wrong)
