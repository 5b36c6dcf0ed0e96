"""What a question comes to in the end, for who does not care for the steps."""

from __future__ import annotations

from dataclasses import dataclass

from finops_client.events import JobCompleted


@dataclass(frozen=True)
class Answer:
    """A job's answer in markdown; `partial` if an agent failed and its part is missing."""

    markdown: str
    partial: bool
    end: JobCompleted
