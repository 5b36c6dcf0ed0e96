"""The attacks have teeth: without the control that stops it, each of these succeeds, and its test fails."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults.weakened_package import Weakness
from security.attack import Attack, AttackSucceeded
from security.secured_stack import SecuredStack
from security.test_attacks import ATTACKS

CONNECTION_MANAGER, MESSAGE_HANDLER = "connection-manager", "message-handler"
BACKGROUND_PROCESSOR = "background-processor"


@dataclass(frozen=True)
class Control:
    """What is taken out of which function's package, the attack that it stops, and how that one then succeeds."""

    name: str
    function: str
    module: str
    protected: str
    unprotected: str
    attack: str
    success: str

    @property
    def weakness(self) -> Weakness:
        return Weakness(f"websocket-{self.function}.zip", self.module, self.protected, self.unprotected)


# How an attack says that it has succeeded: what an attacker gets, and not just no refusal, as a broken function gives.
CONTROLS = (
    Control(
        "the token's client",
        CONNECTION_MANAGER,
        "connection_manager/token_verifier.py",
        "if claims.get(_CLIENT_CLAIMS[token_use]) != self._client_id:",
        "if False:",
        "a genuine token of another app client",
        "'type': 'authenticated'",
    ),
    Control(
        "one user for a connection's life",
        CONNECTION_MANAGER,
        "finops_websocket/connection_store.py",
        'condition |= Attr("userId").eq(connection.user_id)',
        'condition |= Attr("userId").exists()',
        "signing in as another user on the same connection",
        "'type': 'authenticated'",
    ),
    Control(
        "the origin",
        CONNECTION_MANAGER,
        "connection_manager/connect.py",
        "if not self._origins.allows(event.origins):",
        "if False:",
        "connecting from a page whose host begins like ours",
        "It is connected.",
    ),
    Control(
        "slots for connections",
        CONNECTION_MANAGER,
        "finops_websocket/user_connections.py",
        '            raise RateLimited(\n                f"You are signed in',
        '            RateLimited(\n                f"You are signed in',
        "one connection too many",
        "'type': 'authenticated'",
    ),
    Control(
        "few frames for who is not signed in",
        CONNECTION_MANAGER,
        "finops_websocket/frame_limit.py",
        "FRAMES_BEFORE_SIGN_IN = 20",
        "FRAMES_BEFORE_SIGN_IN = 20_000",
        "pinging without end, not signed in",
        "All of 40 frames were answered.",
    ),
    Control(
        "the end of a flood",
        CONNECTION_MANAGER,
        "finops_websocket/frame_limit.py",
        "if frames > FRAMES_THAT_END_IT:",
        "if False:",
        "flooding on when refused, signed in",
        "It is refused and goes on",
    ),
    Control(
        "the token's end, at each question",
        MESSAGE_HANDLER,
        "finops_websocket/identity.py",
        "if connection.expires_at is None or connection.expires_at <= now:",
        "if False:",
        "asking after the token's end, in each way",
        "'type': 'job_queued'",
    ),
    Control(
        "the job's owner",
        MESSAGE_HANDLER,
        "finops_websocket/identity.py",
        "return identify_verified(connection, now) == owner",
        "return bool(identify_verified(connection, now)) and owner is not None",
        "resuming another's job",
        "'type': 'job_snapshot'",
    ),
    Control(
        "the limit of jobs",
        MESSAGE_HANDLER,
        "finops_websocket/user_jobs.py",
        "return len(self.active) >= limits.active_jobs",
        "return False",
        "one unfinished job too many",
        "'type': 'job_queued'",
    ),
    Control(
        "the limit of questions a minute",
        MESSAGE_HANDLER,
        "finops_websocket/user_jobs.py",
        "if len(latest) >= limits.queries_per_minute:",
        "if False:",
        "too many questions a minute",
        "No question was refused.",
    ),
    Control(
        "the place of a job that was cancelled at work",
        MESSAGE_HANDLER,
        "finops_websocket/job_admission.py",
        "was_interrupted = job.status == CANCELLED and job.attempts > 0",
        "was_interrupted = False",
        "cancelling what is at work, to ask more",
        "'type': 'job_queued'",
    ),
    Control(
        "repeated questions counted",
        MESSAGE_HANDLER,
        "finops_websocket/job_admission.py",
        "if self._write([self._put_user(job, user.with_question(now))]):",
        "if True:",
        "one question again and again",
        "No question was refused.",
    ),
    Control(
        "answers without control characters",
        BACKGROUND_PROCESSOR,
        "background_processor/agent_answer.py",
        "content = plain_text(content)",
        "content = str(content)",
        "an answer full of control characters, scripts and open fences",
        "got through.",
    ),
)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.name)
async def test_attack_succeeds_without(
    control: Control, secured_stack: SecuredStack, packages: Path, missed: list[tuple[str, str, str]]
) -> None:
    with (
        without(control, secured_stack, packages),
        pytest.raises(AttackSucceeded, match=re.escape(control.success)) as succeeded,
    ):
        await attack_named(control.attack).run(secured_stack)
    missed.append((control.name, f"test_attack_fails[{control.attack}]", str(succeeded.value).splitlines()[0][:100]))


def attack_named(name: str) -> Attack:
    (attack,) = (attack for attack in ATTACKS if attack.name == name)
    return attack


@contextmanager
def without(control: Control, stack: SecuredStack, packages: Path) -> Iterator[None]:
    whole = (packages / control.weakness.package).read_bytes()
    with stack.with_code(control.function, control.weakness.package_of(packages), whole):
        yield
