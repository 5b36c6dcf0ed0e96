"""The whole answer, put together from the agents' parts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """One agent's part: its heading, its markdown, or the sentence that says why it has none."""

    title: str
    content: str
    has_failed: bool


def compose(parts: Sequence[Part]) -> str:
    """Put the parts together in the order in which their agents were asked; what is missing is said at the end."""
    answered = [part for part in parts if not part.has_failed]
    missing = [part for part in parts if part.has_failed]
    if len(parts) == 1:
        sections = [part.content for part in answered]
    else:
        sections = [f"## {part.title}\n\n{part.content}" for part in answered]
    if missing:
        reasons = " ".join(f"{part.title}: {part.content}" for part in missing)
        sections.append(f"> **This answer is partial.** {reasons}")
    return "\n\n".join(sections)
