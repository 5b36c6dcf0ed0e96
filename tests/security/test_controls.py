"""The attacks have teeth: without the control that stops it, each of these succeeds, and its test fails."""

import re
from pathlib import Path

import pytest

from faults.weakened_package import BACKGROUND_PROCESSOR, CONNECTION_MANAGER, MESSAGE_HANDLER, Weakness, weakened
from security.attack import AttackSucceeded
from security.secured_stack import SecuredStack
from security.test_attacks import ATTACKS

# What is taken out, the attack that it stops, and how that says that it has succeeded: what an attacker gets, and not
# just no refusal, as a broken function gives.
CONTROLS = {
    "the token's client": (
        Weakness(
            CONNECTION_MANAGER,
            "connection_manager/tokens.py",
            "if claims.get(_CLIENT_CLAIMS[token_use]) != self._client_id:",
        ),
        "a genuine token of another app client",
        "'type': 'authenticated'",
    ),
    "one user for a connection's life": (
        Weakness(
            CONNECTION_MANAGER,
            "finops_websocket/connections/store.py",
            'condition |= Attr("userId").eq(connection.user_id)',
            'condition |= Attr("userId").exists()',
        ),
        "signing in as another user on the same connection",
        "'type': 'authenticated'",
    ),
    "the origin": (
        Weakness(CONNECTION_MANAGER, "connection_manager/handler.py", "if not services.origins.allows(origins):"),
        "connecting from a page whose host begins like ours",
        "It is connected.",
    ),
    "slots for connections": (
        Weakness(
            CONNECTION_MANAGER,
            "finops_websocket/connections/slots.py",
            '            raise RateLimited(\n                f"You are signed in',
            '            RateLimited(\n                f"You are signed in',
        ),
        "one connection too many",
        "'type': 'authenticated'",
    ),
    "few frames for who is not signed in": (
        Weakness(
            CONNECTION_MANAGER,
            "finops_websocket/connections/rate_limit.py",
            "FRAMES_BEFORE_SIGN_IN = 20",
            "FRAMES_BEFORE_SIGN_IN = 20_000",
        ),
        "pinging without end, not signed in",
        "All of 40 frames were answered.",
    ),
    "the end of a flood": (
        Weakness(CONNECTION_MANAGER, "finops_websocket/connections/rate_limit.py", "if frames > FRAMES_THAT_END_IT:"),
        "flooding on when refused, signed in",
        "It is refused and goes on",
    ),
    "the token's end, at each question": (
        Weakness(
            MESSAGE_HANDLER,
            "finops_websocket/connections/identity.py",
            "if connection.expires_at is None or connection.expires_at <= now:",
        ),
        "asking after the token's end, in each way",
        # A job was made; whether job_queued or its first progress_update says so first, nobody promises.
        "'jobId': '",
    ),
    "the job's owner": (
        Weakness(
            MESSAGE_HANDLER,
            "finops_websocket/connections/identity.py",
            "return identify_verified(connection, now) == owner",
            "return bool(identify_verified(connection, now)) and owner is not None",
        ),
        "resuming another's job",
        "'type': 'job_snapshot'",
    ),
    "the limit of jobs": (
        Weakness(
            MESSAGE_HANDLER,
            "finops_websocket/jobs/admission.py",
            "return len(self.active) >= limits.active_jobs",
            "return False",
        ),
        "one unfinished job too many",
        "'type': 'job_queued'",
    ),
    "the limit of questions a minute": (
        Weakness(MESSAGE_HANDLER, "finops_websocket/jobs/admission.py", "if len(latest) >= limits.queries_per_minute:"),
        "too many questions a minute",
        "No question was refused.",
    ),
    "the place of a job that was cancelled at work": (
        Weakness(
            MESSAGE_HANDLER,
            "finops_websocket/jobs/admission.py",
            "was_interrupted = job.status == CANCELLED and job.attempts > 0",
            "was_interrupted = False",
        ),
        "cancelling what is at work, to ask more",
        "'type': 'job_queued'",
    ),
    "repeated questions counted": (
        Weakness(
            MESSAGE_HANDLER,
            "finops_websocket/jobs/admission.py",
            "if self._write([self._put_user(job, user.with_question(now))]):",
            "if True:",
        ),
        "one question again and again",
        "No question was refused.",
    ),
    "answers without control characters": (
        Weakness(
            BACKGROUND_PROCESSOR,
            "background_processor/agent_answer.py",
            "content = plain_text(content)",
            "content = str(content)",
        ),
        "an answer full of control characters, scripts and open fences",
        "got through.",
    ),
}


@pytest.mark.parametrize(("weakness", "attacked_by", "success"), CONTROLS.values(), ids=CONTROLS)
async def test_attack_succeeds_without(
    weakness: Weakness, attacked_by: str, success: str, secured_stack: SecuredStack, packages: Path
) -> None:
    with weakened(secured_stack, packages, weakness), pytest.raises(AttackSucceeded, match=re.escape(success)):
        await ATTACKS[attacked_by](secured_stack)
