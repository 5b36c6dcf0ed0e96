"""What a person can do who has reached a limit. Pure."""

from __future__ import annotations


def advice_at_limit(code: str, retry_after: float | None) -> str:
    """A sentence to stand behind the server's own; `retry_after` is in seconds."""
    if code == "TOO_MANY_JOBS":
        return (
            "Ask again when a job has ended: ask --list shows your jobs, ask --cancel JOB_ID ends one. "
            "A job that is cancelled at work keeps its place until its agents' time is over."
        )
    return "Try again later." if retry_after is None else f"Try again in {retry_after:g} seconds."
