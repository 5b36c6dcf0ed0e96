"""Each protection that a test takes out of a function's package, to see whether the suite would notice."""

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

CONNECTION_MANAGER, MESSAGE_HANDLER = "connection-manager", "message-handler"
BACKGROUND_PROCESSOR = "background-processor"


@dataclass(frozen=True)
class Weakness:
    """A function, the text of one of its modules that protects, and what stands there without the protection."""

    function: str
    module: str
    protected: str
    unprotected: str

    @property
    def package(self) -> str:
        return f"websocket-{self.function}.zip"

    def package_of(self, packages: Path) -> bytes:
        """Give the package without the protection; fail unless its text is there exactly once."""
        weakened = io.BytesIO()
        with (
            zipfile.ZipFile(packages / self.package) as package,
            zipfile.ZipFile(weakened, "w", zipfile.ZIP_DEFLATED) as copy,
        ):
            assert self.module in package.namelist()
            for entry in package.infolist():
                content = package.read(entry)
                if entry.filename == self.module:
                    assert content.count(self.protected.encode()) == 1, f"{self.module} has changed"
                    content = content.replace(self.protected.encode(), self.unprotected.encode())
                copy.writestr(entry, content)
        return weakened.getvalue()


# What tests/faults/test_protections.py misses.
A_CLAIM_RESPECTS_A_LIVE_LEASE = Weakness(
    BACKGROUND_PROCESSOR,
    "finops_websocket/jobs/store.py",
    "if job is None or job.is_finished or job.held_for(now, lease):",
    "if job is None or job.is_finished:",
)
AN_END_IS_WRITTEN_TO_AN_UNFINISHED_JOB_ONLY = Weakness(
    MESSAGE_HANDLER,
    "finops_websocket/jobs/store.py",
    'return Attr("status").is_in(list(UNFINISHED))',
    'return Attr("status").exists()',
)
AN_END_IS_STORED_BEFORE_IT_IS_SENT = Weakness(
    BACKGROUND_PROCESSOR,
    "background_processor/process_job.py",
    "        self._job = self._services.jobs.complete(",
    "        from dataclasses import replace\n"
    '        ended = replace(self._job, status="completed", progress=100, partial=partial, seq=self._job.seq + 1)\n'
    "        end = messages.job_completed(ended, self._answers, self._services.answers)\n"
    "        self._services.delivery.broadcast(ended, end)\n"
    "        self._job = self._services.jobs.complete(",
)

# What the attacks of tests/security/test_controls.py miss.
CONTROLS = {
    "the token's client": Weakness(
        CONNECTION_MANAGER,
        "connection_manager/tokens.py",
        "if claims.get(_CLIENT_CLAIMS[token_use]) != self._client_id:",
        "if False:",
    ),
    "one user for a connection's life": Weakness(
        CONNECTION_MANAGER,
        "finops_websocket/connections/store.py",
        'condition |= Attr("userId").eq(connection.user_id)',
        'condition |= Attr("userId").exists()',
    ),
    "the origin": Weakness(
        CONNECTION_MANAGER,
        "connection_manager/handler.py",
        "if not services.origins.allows(origins):",
        "if False:",
    ),
    "slots for connections": Weakness(
        CONNECTION_MANAGER,
        "finops_websocket/connections/slots.py",
        '            raise RateLimited(\n                f"You are signed in',
        '            RateLimited(\n                f"You are signed in',
    ),
    "few frames for who is not signed in": Weakness(
        CONNECTION_MANAGER,
        "finops_websocket/connections/rate_limit.py",
        "FRAMES_BEFORE_SIGN_IN = 20",
        "FRAMES_BEFORE_SIGN_IN = 20_000",
    ),
    "the end of a flood": Weakness(
        CONNECTION_MANAGER,
        "finops_websocket/connections/rate_limit.py",
        "if frames > FRAMES_THAT_END_IT:",
        "if False:",
    ),
    "the token's end, at each question": Weakness(
        MESSAGE_HANDLER,
        "finops_websocket/connections/identity.py",
        "if connection.expires_at is None or connection.expires_at <= now:",
        "if False:",
    ),
    "the job's owner": Weakness(
        MESSAGE_HANDLER,
        "finops_websocket/connections/identity.py",
        "return identify_verified(connection, now) == owner",
        "return bool(identify_verified(connection, now)) and owner is not None",
    ),
    "the limit of jobs": Weakness(
        MESSAGE_HANDLER,
        "finops_websocket/jobs/admission.py",
        "return len(self.active) >= limits.active_jobs",
        "return False",
    ),
    "the limit of questions a minute": Weakness(
        MESSAGE_HANDLER,
        "finops_websocket/jobs/admission.py",
        "if len(latest) >= limits.queries_per_minute:",
        "if False:",
    ),
    "the place of a job that was cancelled at work": Weakness(
        MESSAGE_HANDLER,
        "finops_websocket/jobs/admission.py",
        "was_interrupted = job.status == CANCELLED and job.attempts > 0",
        "was_interrupted = False",
    ),
    "repeated questions counted": Weakness(
        MESSAGE_HANDLER,
        "finops_websocket/jobs/admission.py",
        "if self._write([self._put_user(job, user.with_question(now))]):",
        "if True:",
    ),
    "answers without control characters": Weakness(
        BACKGROUND_PROCESSOR,
        "background_processor/agent_answer.py",
        "content = plain_text(content)",
        "content = str(content)",
    ),
}
