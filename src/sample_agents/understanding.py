"""Understands a plain English question in terms of the data. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from sample_agents.costs import Costs, Dimension
from sample_agents.errors import UnanswerableError
from sample_agents.period_words import take_periods
from sample_agents.question import Kind, Question, complete
from sample_agents.question_text import Mention, QuestionText
from sample_agents.vocabulary import DIMENSION_WORDS, FILLER_WORDS, KIND_WORDS, RANKING_WORDS, known_names
from sample_agents.writing import bullets, paragraphs, plain

EXAMPLES = (
    "What was my S3 spend in May?",
    "Top 5 services last month",
    "Compare April and May by service",
    "Spend by region in Q3",
    "Forecast for the next 3 months",
    "Where can I save money?",
)

_NOT_UNDERSTOOD = paragraphs(
    "I cannot answer that: I answer questions about the costs in the data.",
    "Questions that work:",
    bullets(EXAMPLES),
)
_MOST_NAMES = 40  # listed when a name is not in the data


def understand(text: str, costs: Costs) -> Question:
    """What the question asks for.

    Raises UnanswerableError, with what there is or with questions that work, if the data cannot answer it.
    """
    words = QuestionText(text)
    names = words.take(known_names(costs))
    kinds = words.take(KIND_WORDS)
    asked = {mention.meaning for mention in kinds}
    kind = next((kind for kind in Kind if kind in asked), None)
    periods, ahead = take_periods(words, costs.calendar, kind)
    rankings = words.take(RANKING_WORDS)
    dimensions = words.take(DIMENSION_WORDS)
    words.take(FILLER_WORDS)
    unused = _runs(words.left)
    if (kind is None and unused) or not (kinds or names or dimensions or rankings or periods):
        raise UnanswerableError(_NOT_UNDERSTOOD)
    for run in unused:
        _refuse_unknown_name(words, run, kinds)
    for mention in names:
        if not mention.meaning.values:
            _refuse_absent_name(mention.meaning.dimension, mention.meaning.label, costs)
    if ahead and kind in (None, Kind.COST):
        kind = Kind.FORECAST
    question = Question(
        kind=kind or Kind.COST,
        periods=periods,
        names=tuple(dict.fromkeys(mention.meaning for mention in names)),
        by=next((Dimension(found.meaning) for found in dimensions if found.meaning != "month"), None),
        by_month=any(found.meaning == "month" for found in dimensions),
        top=rankings[0].meaning if rankings else None,
        notes=tuple(f'I did not use "{_text(words, run)}".' for run in unused),
    )
    return complete(_tidied(question, {found.meaning for found in dimensions}), costs.calendar)


def _runs(positions: set[int]) -> list[range]:
    """The positions, neighbours together."""
    starts = sorted(position for position in positions if position - 1 not in positions)
    ends = sorted(position + 1 for position in positions if position + 1 not in positions)
    return list(map(range, starts, ends))


def _text(words: QuestionText, run: range) -> str:
    return plain(" ".join(map(words.word, run)))


def _refuse_unknown_name(words: QuestionText, run: range, kinds: Sequence[Mention[str]]) -> None:
    """Refuse when unknown words stand where a name would: "my Foo spend", "cost of Foo", "by Foo"."""
    position = run.start - 1
    while words.word(position) in {"the", "my", "our", "a", "an", "each"}:
        position -= 1
    if words.word(position) in {"by", "per"}:
        raise UnanswerableError(
            f'I cannot break costs down by "{_text(words, run)}": I know service, region, account, provider and month.'
        )
    before_a_name = words.word(position) in {"on", "for", "of", "in", "at", "from"}
    if before_a_name or any(kind.start == run.stop for kind in kinds):
        raise UnanswerableError(
            f'I found no service, region, account or provider called "{_text(words, run)}" in the data. '
            'Ask "cost by service", "cost by region" or "cost by account" to see what there is.'
        )


def _refuse_absent_name(dimension: Dimension, label: str, costs: Costs) -> None:
    """Refuse a usual name that the data lack, with the names that they have."""
    values = costs.values(dimension)
    there = [plain(costs.label(dimension, value)) for value in values[:_MOST_NAMES]]
    rest = [f"and {len(values) - _MOST_NAMES} more"] if len(values) > _MOST_NAMES else []
    opening = f"{plain(label)} is not in the data. Each {dimension.value} there:"
    raise UnanswerableError(paragraphs(opening, bullets(there + rest)))


def _tidied(question: Question, dimensions: set[str]) -> Question:
    """Without a breakdown that would have one row, and with the one that several names ask for."""
    counts = {dimension: len(values) for dimension, values in question.selection.items()}
    if question.by and counts.get(question.by) == 1:
        question = replace(question, by=None)
    elif question.by is None:
        question = replace(question, by=next((dimension for dimension, count in counts.items() if count > 1), None))
    if question.by and dimensions - {"month", question.by.value, *counts}:
        question = question.noted(f"I break down by one thing at a time, here by {question.by.value}.")
    return question
