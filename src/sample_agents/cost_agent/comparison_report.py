"""The answer to "how do these periods compare". Pure."""

from dataclasses import dataclass
from decimal import Decimal

from sample_agents.answer import Answer, compose
from sample_agents.costs import Costs
from sample_agents.markdown import paragraphs, plain, table
from sample_agents.money import amount, change, money
from sample_agents.question import Question

_MOST_ROWS = 20  # rows of a comparison; the others are one row together


@dataclass(frozen=True)
class _Row:
    """What one value cost in each of the periods."""

    name: str
    amounts: list[Decimal]

    @property
    def difference(self) -> Decimal:
        return self.amounts[-1] - self.amounts[0]


def comparison_report(question: Question, costs: Costs) -> Answer:
    """The periods side by side, two of them with their difference; one section per currency with any cost."""
    months = {month for period in question.periods for month in period}
    currencies = sorted({group.currency for group, _ in costs.select(question.selection, months)})
    sections = [_section(question, costs, currency) for currency in currencies]
    if not sections:
        sections = [f"**There is no charge** for {question.subject} in these periods."]
    same_length = len({len(period) for period in question.periods}) == 1
    notes = () if same_length else ("The periods differ in length, so the change is not like for like.",)
    return Answer(compose(question, costs, *sections, notes=notes), question.kind, bool(currencies))


def _section(question: Question, costs: Costs, currency: str) -> str:
    labels = [period.label for period in question.periods]
    total = _Row("**Total**", [costs.total(currency, question.selection, set(period)) for period in question.periods])
    with_change = len(labels) == 2
    header = [
        question.by.value.capitalize() if question.by else "Cost",
        *(f"{label} ({currency})" for label in labels),
        *(["Change", "Change in %"] if with_change else []),
    ]
    rows = [*_breakdown(question, costs, currency), total]
    return paragraphs(
        _headline(labels, total, currency) if with_change else "",
        table(header, [_cells(row, currency, with_change=with_change) for row in rows]),
    )


def _breakdown(question: Question, costs: Costs, currency: str) -> list[_Row]:
    """The rows of the breakdown, the largest first: changes of two periods, sums of more."""
    if question.by is None:
        return []
    columns = [costs.by_value(currency, question.by, question.selection, set(period)) for period in question.periods]
    rows = [
        _Row(plain(costs.label(question.by, value)), [column.get(value, Decimal(0)) for column in columns])
        for value in sorted({value for column in columns for value in column})
    ]
    rows = [row for row in rows if any(row.amounts)]
    if len(columns) == 2:
        rows.sort(key=lambda row: -abs(row.difference))
    else:
        rows.sort(key=lambda row: -sum(row.amounts))
    limit = question.top or _MOST_ROWS
    if others := rows[limit:]:
        sums = [sum(column, Decimal(0)) for column in zip(*(row.amounts for row in others), strict=True)]
        rows = [*rows[:limit], _Row(f"{len(others)} more", sums)]
    return rows


def _headline(labels: list[str], total: _Row, currency: str) -> str:
    first, last = (money(value, currency) for value in total.amounts)
    size = money(abs(total.difference), currency)
    return (
        f"**{labels[1]} cost {size} {'more' if total.difference > 0 else 'less'} than {labels[0]}** "
        f"({first}, then {last}; change: {change(*total.amounts)})."
    )


def _cells(row: _Row, currency: str, *, with_change: bool) -> list[str]:
    cells = [row.name, *(amount(value, currency) for value in row.amounts)]
    if with_change:
        sign = "+" if row.difference > 0 else ""
        cells += [sign + amount(row.difference, currency), change(*row.amounts)]
    return cells
