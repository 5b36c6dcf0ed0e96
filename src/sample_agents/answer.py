"""The shape that every answer has. Pure."""

from dataclasses import dataclass

from sample_agents.costs import Costs
from sample_agents.markdown import bullets, paragraphs
from sample_agents.question import Question


@dataclass(frozen=True)
class Answer:
    """An answer for a person, and what the log says of it."""

    markdown: str
    kind: str  # what was asked for; "not understood" if nothing was
    found: bool  # whether the data answer it


def compose(question: Question, costs: Costs, *body: str, notes: tuple[str, ...] = ()) -> str:
    """What was understood, the body, and the notes that the reader needs to trust it."""
    return paragraphs(
        f"I understood: {question}.",
        *body,
        bullets([*question.notes, *_partial_months(question, costs), *notes, _source(costs)]),
    )


def _partial_months(question: Question, costs: Costs) -> list[str]:
    months = {month for period in question.periods for month in period}
    return [
        f"{month} is partial: the newest charge ends on {costs.covered_until:%d %B %Y, %H:%M} UTC."
        if month == costs.calendar.newest
        else f"{month} is partial: the data start within it."
        for month in sorted(months & costs.calendar.partial)
    ]


def _source(costs: Costs) -> str:
    return (
        "Cost is the FOCUS column `EffectiveCost` (amortised, after discounts; taxes and credits included). "
        f"Data: {costs.rows:,} rows, {costs.calendar}."
    )
