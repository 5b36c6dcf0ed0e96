"""The attacks have teeth: without the control that stops it, each of these succeeds, and its test fails."""

import re
from pathlib import Path

import pytest

from faults.weakened_package import CONTROLS
from security.attack import AttackSucceeded
from security.secured_stack import SecuredStack
from security.test_attacks import ATTACKS

# The attack that each control stops, and how it says that it has succeeded: what an attacker gets, and not just no
# refusal, as a broken function gives.
SUCCESSES = {
    "the token's client": ("a genuine token of another app client", "'type': 'authenticated'"),
    "one user for a connection's life": (
        "signing in as another user on the same connection",
        "'type': 'authenticated'",
    ),
    "the origin": ("connecting from a page whose host begins like ours", "It is connected."),
    "slots for connections": ("one connection too many", "'type': 'authenticated'"),
    "few frames for who is not signed in": ("pinging without end, not signed in", "All of 40 frames were answered."),
    "the end of a flood": ("flooding on when refused, signed in", "It is refused and goes on"),
    "the token's end, at each question": ("asking after the token's end, in each way", "'type': 'job_queued'"),
    "the job's owner": ("resuming another's job", "'type': 'job_snapshot'"),
    "the limit of jobs": ("one unfinished job too many", "'type': 'job_queued'"),
    "the limit of questions a minute": ("too many questions a minute", "No question was refused."),
    "the place of a job that was cancelled at work": (
        "cancelling what is at work, to ask more",
        "'type': 'job_queued'",
    ),
    "repeated questions counted": ("one question again and again", "No question was refused."),
    "answers without control characters": (
        "an answer full of control characters, scripts and open fences",
        "got through.",
    ),
}


@pytest.mark.parametrize("name", CONTROLS)
async def test_attack_succeeds_without(
    name: str, secured_stack: SecuredStack, packages: Path, missed: list[tuple[str, str, str]]
) -> None:
    weakness, (attacked_by, success) = CONTROLS[name], SUCCESSES[name]
    (attack,) = (attack for attack in ATTACKS if attack.name == attacked_by)
    whole = (packages / weakness.package).read_bytes()
    with (
        secured_stack.with_code(weakness.function, weakness.package_of(packages), whole),
        pytest.raises(AttackSucceeded, match=re.escape(success)) as succeeded,
    ):
        await attack.run(secured_stack)
    missed.append((name, f"test_attack_fails[{attack.name}]", str(succeeded.value).splitlines()[0][:100]))
