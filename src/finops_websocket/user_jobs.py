"""How much a user asks: its unfinished jobs and its latest questions, and whether one more is within the limits. Pure.

It is an item of the jobs table, written in one transaction with each new job, under the condition that its version is
the one that was read: of two questions at the same moment, one is counted first.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from finops_websocket.errors import RateLimited, TooManyJobs

_MINUTE = 60

# Seconds after which asking again may help: jobs take minutes, and one of several may be nearly done.
_JOBS_TAKE = 30


@dataclass(frozen=True, kw_only=True)
class JobLimits:
    """How many unfinished jobs a user may have, and how many questions it may ask in any minute.

    A job that was cancelled while its agents were at work counts for `agent_timeout` seconds more.
    """

    active_jobs: int
    queries_per_minute: int
    agent_timeout: int


@dataclass(frozen=True, kw_only=True)
class UserJobs:
    """A user's jobs, oldest first, and when its latest questions were asked, in epoch seconds.

    A job that ends is not taken out at once: `active` is cleared of such jobs when it is full.
    """

    active: tuple[str, ...] = ()
    asked_at: tuple[int, ...] = ()
    version: int = 0

    def check_rate(self, now: int, limits: JobLimits) -> None:
        """Raise RateLimited if as many questions as are allowed were asked in the minute before `now`."""
        latest = self._latest(now)
        if len(latest) >= limits.queries_per_minute:
            # The one that has to be a minute old before another may be asked.
            until = latest[-limits.queries_per_minute] + _MINUTE
            raise RateLimited(
                f"At most {limits.queries_per_minute} questions a minute are taken. Please wait a moment.", until - now
            )

    def is_full(self, limits: JobLimits) -> bool:
        """Tell whether there are as many jobs as are allowed, if none has ended."""
        return len(self.active) >= limits.active_jobs

    def check_jobs(self, limits: JobLimits) -> None:
        """Raise TooManyJobs if there are as many jobs as are allowed."""
        if self.is_full(limits):
            raise TooManyJobs(
                f"At most {limits.active_jobs} questions are worked on at a time. Please wait until one is answered.",
                _JOBS_TAKE,
            )

    def without(self, ended: Collection[str]) -> "UserJobs":
        """Give the same without jobs that have ended."""
        return replace(self, active=tuple(job_id for job_id in self.active if job_id not in ended))

    def with_job(self, job_id: str, now: int) -> "UserJobs":
        """Give the same with one job more, asked at `now`."""
        return replace(self.with_question(now), active=(*self.active, job_id))

    def with_question(self, now: int) -> "UserJobs":
        """Give the same with one question more, asked at `now`; those of more than a minute ago are left out."""
        return replace(self, asked_at=(*self._latest(now), now), version=self.version + 1)

    def to_item(self, user_id: str, ttl: int) -> dict[str, Any]:
        """Give the user's item for the table."""
        return {
            "jobId": user_key(user_id),
            "active": list(self.active),
            "askedAt": list(self.asked_at),
            "version": self.version,
            "ttl": ttl,
        }

    @classmethod
    def from_item(cls, item: Mapping[str, Any] | None) -> "UserJobs":
        """Read the user's item, whose numbers are Decimals; one that is not there yet is empty."""
        if item is None:
            return cls()
        return cls(
            active=tuple(item["active"]),
            asked_at=tuple(int(asked_at) for asked_at in item["askedAt"]),
            version=int(item["version"]),
        )

    def _latest(self, now: int) -> tuple[int, ...]:
        # What a clock that was wrong has noted for a later time must not keep its user out until then.
        return tuple(asked_at for asked_at in self.asked_at if abs(now - asked_at) < _MINUTE)


def user_key(user_id: str) -> str:
    """Give the key of the user's item. Hashed, so that no choice of a userId reaches another key."""
    return f"user#{hashlib.sha256(user_id.encode()).hexdigest()}"
