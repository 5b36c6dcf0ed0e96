"""The cost agent, `aws-cost-forecast-agent`: what it cost, how periods compare, what it will cost."""

import functools
from collections.abc import Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from sample_agents.agent import Answer, compose, respond
from sample_agents.cost_agent.forecast import FEWEST_MONTHS, Trend
from sample_agents.cost_source import configured_costs
from sample_agents.costs import Costs
from sample_agents.months import Month, Period
from sample_agents.question import Kind, Question, complete
from sample_agents.understanding import understand
from sample_agents.writing import amount, change, money, paragraphs, plain, table

_MOST_ROWS = 20  # rows of a breakdown; the others are one row together
_METHOD = (
    "Method: a straight line (least squares) through the complete months, continued. Low and high are its "
    "80 % prediction interval: four outcomes in five lie inside, if the trend holds. It knows no seasons, no "
    "planned changes and no one-off costs."
)


class _Row(NamedTuple):
    """What one value cost, in each of the periods side by side."""

    name: str
    amounts: list[Decimal]

    @property
    def difference(self) -> Decimal:
        return self.amounts[-1] - self.amounts[0]


def answer(query: str, costs: Costs) -> Answer:
    """The answer. Raises UnanswerableError, whose text is one too, if the data cannot answer."""
    question = understand(query, costs)
    if question.kind is Kind.SAVINGS:
        question = question.noted("Where to save is the advisor's question; this is where the money goes.")
        question = complete(replace(question, kind=Kind.COST), costs.calendar)
    return (_forecast_report if question.kind is Kind.FORECAST else _cost_report)(question, costs)


def _cost_report(question: Question, costs: Costs) -> Answer:
    """The cost in the periods, together or, in a comparison, side by side; one section per currency with any."""
    section, where, notes = _cost_section, _when(question), []
    if question.kind is Kind.COMPARISON:
        section, where = _comparison_section, "these periods"
        if len({len(period) for period in question.periods}) > 1:
            notes = ["The periods differ in length, so the change is not like for like."]
    parts = costs.select(question.selection).by_currency(question.months)
    sections = [section(question, part, currency) for currency, part in parts.items()]
    nothing = f"**There is no charge** for {question.subject} in {where}."
    return compose(question, costs, sections or [nothing], found=bool(sections), notes=notes)


def _when(question: Question) -> str:
    return " and ".join(period.label for period in question.periods)


def _cost_section(question: Question, costs: Costs, currency: str) -> str:
    total = costs.total(question.months)
    cells = [
        [name, amount(cost, currency), f"{100 * cost / total:,.1f} %" if total > 0 else ""]
        for name, (cost,) in _rows(question, costs, [question.months])
    ]
    cells.append(["**Total**", f"**{amount(total, currency)}**", "100.0 %" if total > 0 else ""])
    subject = question.subject[:1].upper() + question.subject[1:]
    headline = f"**{subject} cost {money(total, currency)} in {_when(question)}**"
    month = question.periods[0].first
    before = month.plus(-1)
    comparable = costs.calendar.covers(before) and not costs.calendar.partial & {month, before}
    if comparable and len(question.periods) == len(question.periods[0]) == 1:
        earlier = costs.total({before})
        headline += f" ({before}: {money(earlier, currency)}; change: {change(earlier, total)})"
    header = [question.by.value.capitalize() if question.by else "Month", f"Cost ({currency})", "Share"]
    return paragraphs(f"{headline}.", table(header, cells))


def _comparison_section(question: Question, costs: Costs, currency: str) -> str:
    columns = [set(period) for period in question.periods]
    labels = [period.label for period in question.periods]
    total = _Row("**Total**", [costs.total(months) for months in columns])
    rows = [*_rows(question, costs, columns), total]
    cells = [[row.name, *(amount(value, currency) for value in row.amounts)] for row in rows]
    header = [question.by.value.capitalize() if question.by else "Cost", *(f"{label} ({currency})" for label in labels)]
    if len(labels) != 2:
        return table(header, cells)
    for row, cell in zip(rows, cells, strict=True):
        sign = "+" if row.difference > 0 else ""
        cell += [f"{sign}{amount(row.difference, currency)}", change(*row.amounts)]
    first, last = (money(value, currency) for value in total.amounts)
    size = money(abs(total.difference), currency)
    return paragraphs(
        f"**{labels[1]} cost {size} {'more' if total.difference > 0 else 'less'} than {labels[0]}** "
        f"({first}, then {last}; change: {change(*total.amounts)}).",
        table([*header, "Change", "Change in %"], cells),
    )


def _rows(question: Question, costs: Costs, columns: Sequence[Collection[Month]]) -> list[_Row]:
    """A row for each month, in their order, or for each value that cost anything; the others as one.

    The largest value comes first: by the change between two columns, by the sum of any other number.
    """
    calendar, by = costs.calendar, question.by
    if by:
        sums = [costs.sums(lambda group: group.value(by), months) for months in columns]
        rows = [
            _Row(plain(costs.label(by, value)), [column.get(value, Decimal(0)) for column in sums])
            for value in costs.values(by)
        ]
        rows = [row for row in rows if any(row.amounts)]
    else:
        months = [month for month in sorted(question.months) if question.by_month and calendar.covers(month)]
        rows = [
            _Row(f"{month}{' (partial)' if month in calendar.partial else ''}", [costs.total({month})])
            for month in months
        ]
    if by or question.top:
        rows.sort(key=lambda row: -abs(row.difference) if len(columns) == 2 else -sum(row.amounts))
    limit = question.top or (_MOST_ROWS if by else len(rows))
    if others := rows[limit:]:
        sums_of_others = [sum(column, Decimal(0)) for column in zip(*(row.amounts for row in others), strict=True)]
        rows[limit:] = [_Row(f"{len(others)} more", sums_of_others)]
    return rows


def _forecast_report(question: Question, costs: Costs) -> Answer:
    """The expected cost of each month asked for with its range, one section per currency with any cost."""
    sections, found = [], False
    # A forecast is asked of data that have a complete month: without one, the question was refused.
    last = costs.calendar.newest_complete or costs.calendar.newest
    for currency, part in costs.select(question.selection).by_currency().items():
        by_month = part.sums(lambda group: group.month)
        complete = [month for month in by_month if month <= last and month not in costs.calendar.partial]
        # From the first month with a cost on; a later one without a charge cost nothing.
        history = [by_month.get(month, Decimal(0)) for month in Period(min(complete, default=last.plus(1)), last)]
        if len(history) >= FEWEST_MONTHS:
            sections.append(_forecast_section(question, part, currency, Trend(history), last))
            found = True
        else:
            sections.append(
                f"**No forecast in {currency}**: {question.subject} has {len(history)} complete months of "
                f"history, and a trend needs at least {FEWEST_MONTHS}."
            )
    if not sections:
        sections = [f"**There is no charge** for {question.subject}, so there is nothing to forecast."]
    return compose(question, costs, sections, found=found, notes=(_METHOD,) if found else ())


def _forecast_section(question: Question, costs: Costs, currency: str, trend: Trend, last: Month) -> str:
    """The forecast by a trend that ends in the last month."""
    period, newest = question.periods[0], costs.calendar.newest
    steps = {month: len(Period(last, month)) - 1 for month in period}
    total = trend.estimate(list(steps.values()))
    estimates = {str(month): trend.estimate([step]) for month, step in steps.items()}
    if len(steps) > 1:
        estimates["**Total**"] = total
    rows = [[name, *(amount(value, currency) for value in estimate)] for name, estimate in estimates.items()]
    basis = (
        f"{Period(last.plus(1 - trend.months), last)} ({trend.months} complete months) cost "
        f"{money(trend.mean, currency)} a month on average; the trend adds {money(trend.slope, currency)} each month."
    )
    if newest in steps:
        basis += f" {newest} so far: {money(costs.total({newest}), currency)}."
    return paragraphs(
        f"**Expected for {period.label}: {money(total.expected, currency)}**, "
        f"between {amount(total.low, currency)} and {money(total.high, currency)}.",
        table(["Month", f"Expected ({currency})", f"Low ({currency})", f"High ({currency})"], rows),
        basis,
    )


handler = functools.partial(respond, "cost", answer, configured_costs)
