"""Understands a plain English question in terms of the data. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from sample_agents.costs import Costs
from sample_agents.errors import UnanswerableError
from sample_agents.focus_export import Dimension
from sample_agents.period_words import take_periods
from sample_agents.question import Question, complete
from sample_agents.question_words import (
    DIMENSION_WORDS,
    FILLER_WORDS,
    KIND_PRECEDENCE,
    KIND_WORDS,
    MONTHLY,
    RANKING_WORDS,
    Kind,
    Mention,
    Named,
    QuestionText,
    known_names,
)
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

_BY = frozenset({"by", "per"})
_BEFORE_NAMES = frozenset({"on", "for", "of", "in", "at", "from"})
_ARTICLES = frozenset({"the", "my", "our", "a", "an", "each"})


def understand(text: str, costs: Costs) -> Question:
    """What the question asks for.

    Raises UnanswerableError, with what there is or with questions that work, if the data cannot answer it.
    """
    words = QuestionText(text)
    names = words.take(known_names(costs))
    kinds = words.take(KIND_WORDS)
    asked = {mention.meaning for mention in kinds}
    kind = next((kind for kind in KIND_PRECEDENCE if kind in asked), None)
    forecast, compare = kind is Kind.FORECAST, kind is Kind.COMPARISON
    periods, ahead = take_periods(words, costs.calendar, forecast=forecast, compare=compare)
    rankings = words.take(RANKING_WORDS)
    dimensions = words.take(DIMENSION_WORDS)
    words.take(FILLER_WORDS)
    unused = list(_runs(words))
    nothing_known = not (kinds or names or dimensions or rankings or periods)
    if nothing_known or (kind is None and unused):
        raise UnanswerableError(_NOT_UNDERSTOOD)
    for run in unused:
        _refuse_unknown_name(words, run, kinds)
    if ahead and kind in (None, Kind.COST):
        kind = Kind.FORECAST
    question = Question(
        kind=kind or Kind.COST,
        periods=periods,
        names=_present(names, costs),
        by=next((Dimension(found.meaning) for found in dimensions if found.meaning != MONTHLY), None),
        by_month=any(found.meaning == MONTHLY for found in dimensions),
        top=rankings[0].meaning if rankings else None,
        notes=tuple(f'I did not use "{plain(_text(words, run))}".' for run in unused),
    )
    return complete(_tidied(question, dimensions), costs.calendar)


def _runs(words: QuestionText) -> Iterator[range]:
    """The words that nothing has taken, neighbours together."""
    # Within a run, a position and its number among those left grow alike.
    for _, run in groupby(enumerate(words.left()), key=lambda pair: pair[1] - pair[0]):
        positions = [position for _, position in run]
        yield range(positions[0], positions[-1] + 1)


def _text(words: QuestionText, run: range) -> str:
    return " ".join(words.word(position) for position in run)


def _refuse_unknown_name(words: QuestionText, run: range, kinds: Sequence[Mention[Kind]]) -> None:
    """Refuse when unknown words stand where a name would: "my Foo spend", "cost of Foo", "by Foo"."""
    position = run.start - 1
    while words.word(position) in _ARTICLES:
        position -= 1
    name = plain(_text(words, run))
    if words.word(position) in _BY:
        raise UnanswerableError(
            f'I cannot break costs down by "{name}": I know service, region, account, provider and month.'
        )
    if words.word(position) in _BEFORE_NAMES or any(kind.start == run.stop for kind in kinds):
        raise UnanswerableError(
            f'I found no service, region, account or provider called "{name}" in the data. '
            'Ask "cost by service", "cost by region" or "cost by account" to see what there is.'
        )


def _present(mentions: Sequence[Mention[Named]], costs: Costs) -> tuple[Named, ...]:
    """The names, each once. Raises UnanswerableError for one that the data lack."""
    for mention in mentions:
        named = mention.meaning
        if not named.values:
            values = costs.values(named.dimension)
            there = [plain(costs.label(named.dimension, value)) for value in values[:_MOST_NAMES]]
            rest = len(values) - len(there)
            raise UnanswerableError(
                paragraphs(
                    f"{plain(named.label)} is not in the data. Each {named.dimension.value} there:",
                    bullets(there + ([f"and {rest} more"] if rest else [])),
                )
            )
    return tuple(dict.fromkeys(mention.meaning for mention in mentions))


def _tidied(question: Question, dimensions: Sequence[Mention[str]]) -> Question:
    """Without a breakdown that would have one row, and with the one that several names ask for."""
    counts = {dimension: len(values) for dimension, values in question.selection.items()}
    several = next((dimension for dimension, count in counts.items() if count > 1), None)
    if question.by and counts.get(question.by) == 1:
        question = replace(question, by=None)
    elif question.by is None and several:
        question = replace(question, by=several)
    ignored = {found.meaning for found in dimensions} - {MONTHLY, question.by and question.by.value}
    if question.by and ignored - {dimension.value for dimension in counts}:
        note = f"I break down by one thing at a time, here by {question.by.value}."
        question = replace(question, notes=(*question.notes, note))
    return question
