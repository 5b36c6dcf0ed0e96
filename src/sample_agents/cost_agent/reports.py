"""The cost agent's reports: what it cost, how periods compare, what it will cost. Pure."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sample_agents.agent import Answer, compose
from sample_agents.cost_agent.forecast import FEWEST_MONTHS, Trend
from sample_agents.costs import Costs
from sample_agents.months import Month, Period
from sample_agents.question import Question
from sample_agents.writing import amount, change, money, paragraphs, plain, share, table

_MOST_ROWS = 20  # rows of a breakdown; the others are one row together
_METHOD = (
    "Method: a straight line (least squares) through the complete months, continued. Low and high are its "
    "80 % prediction interval: four outcomes in five lie inside, if the trend holds. It knows no seasons, no "
    "planned changes and no one-off costs."
)


@dataclass(frozen=True)
class _Row:
    """What one value cost, in each of the periods side by side."""

    name: str
    amounts: list[Decimal]

    @property
    def difference(self) -> Decimal:
        return self.amounts[-1] - self.amounts[0]


def cost_report(question: Question, costs: Costs) -> Answer:
    """The cost in the periods asked for, one section per currency with any."""
    return _report(question, costs, _cost_section, f"in {_when(question)}")


def comparison_report(question: Question, costs: Costs) -> Answer:
    """The periods side by side, two of them with their difference; one section per currency with any cost."""
    same_length = len({len(period) for period in question.periods}) == 1
    notes = () if same_length else ("The periods differ in length, so the change is not like for like.",)
    return _report(question, costs, _comparison_section, "in these periods", notes)


def forecast_report(question: Question, costs: Costs) -> Answer:
    """The expected cost of each month asked for with its range, one section per currency with any cost."""
    sections, found = [], False
    for currency in costs.currencies():
        by_month = costs.by_month(currency, question.selection)
        history = _complete_months(by_month, costs)
        if len(history) >= FEWEST_MONTHS:
            sections.append(_forecast_section(question, costs, currency, by_month, history))
            found = True
        elif by_month:
            sections.append(
                f"**No forecast in {currency}**: {question.subject} has {len(history)} complete months of "
                f"history, and a trend needs at least {FEWEST_MONTHS}."
            )
    if not sections:
        sections.append(f"**There is no charge** for {question.subject}, so there is nothing to forecast.")
    return compose(question, costs, sections, found=found, notes=(_METHOD,) if found else ())


def _report(
    question: Question,
    costs: Costs,
    section: Callable[[Question, Costs, str], str],
    where: str,
    notes: Sequence[str] = (),
) -> Answer:
    """A section for each currency in which the question's months have a charge."""
    currencies = costs.currencies(question.selection, question.months)
    sections = [section(question, costs, currency) for currency in currencies]
    if not sections:
        sections = [f"**There is no charge** for {question.subject} {where}."]
    return compose(question, costs, sections, found=bool(currencies), notes=notes)


def _cost_section(question: Question, costs: Costs, currency: str) -> str:
    total = costs.total(currency, question.selection, question.months)
    subject = question.subject[:1].upper() + question.subject[1:]
    headline = f"**{subject} cost {money(total, currency)} in {_when(question)}**"
    rows = [
        [row.name, amount(row.amounts[0], currency), share(row.amounts[0], total)]
        for row in _cost_rows(question, costs, currency)
    ]
    rows.append(["**Total**", f"**{amount(total, currency)}**", share(total, total)])
    return paragraphs(
        f"{headline}{_month_before(question, costs, currency, total)}.",
        table([question.by.value.capitalize() if question.by else "Month", f"Cost ({currency})", "Share"], rows),
    )


def _when(question: Question) -> str:
    return " and ".join(period.label for period in question.periods)


def _month_before(question: Question, costs: Costs, currency: str, total: Decimal) -> str:
    """For one complete month after another: how the cost changed."""
    period = question.periods[0]
    before = period.first.plus(-1)
    one_month = len(question.periods) == 1 and len(period) == 1
    if not one_month or costs.calendar.partial & {period.first, before} or not costs.calendar.covers(before):
        return ""
    earlier = costs.total(currency, question.selection, {before})
    return f" ({before}: {money(earlier, currency)}; change: {change(earlier, total)})"


def _cost_rows(question: Question, costs: Costs, currency: str) -> list[_Row]:
    if question.by:
        return _breakdown(question, costs, currency, [question.months])
    by_month = costs.by_month(currency, question.selection)
    rows = [
        _Row(
            f"{month} (partial)" if month in costs.calendar.partial else str(month),
            [by_month.get(month, Decimal(0))],
        )
        for month in sorted(question.months)
        if costs.calendar.covers(month)
    ]
    if not question.top:
        return rows
    rows.sort(key=lambda row: -row.amounts[0])
    return _with_the_others_as_one(rows, question.top)


def _comparison_section(question: Question, costs: Costs, currency: str) -> str:
    columns = [set(period) for period in question.periods]
    labels = [period.label for period in question.periods]
    total = _Row("**Total**", [costs.total(currency, question.selection, months) for months in columns])
    rows = [*_breakdown(question, costs, currency, columns), total]
    header = [
        question.by.value.capitalize() if question.by else "Cost",
        *(f"{label} ({currency})" for label in labels),
    ]
    cells = [[row.name, *(amount(value, currency) for value in row.amounts)] for row in rows]
    if len(labels) != 2:
        return table(header, cells)
    changes = [
        [f"{'+' if row.difference > 0 else ''}{amount(row.difference, currency)}", change(*row.amounts)] for row in rows
    ]
    first, last = (money(value, currency) for value in total.amounts)
    size = money(abs(total.difference), currency)
    return paragraphs(
        f"**{labels[1]} cost {size} {'more' if total.difference > 0 else 'less'} than {labels[0]}** "
        f"({first}, then {last}; change: {change(*total.amounts)}).",
        table([*header, "Change", "Change in %"], [row + more for row, more in zip(cells, changes, strict=True)]),
    )


def _breakdown(question: Question, costs: Costs, currency: str, columns: Sequence[Collection[Month]]) -> list[_Row]:
    """A row for each value, the largest first: by the change between two columns, by the sum of any other number."""
    by = question.by
    if by is None:
        return []
    sums = [costs.by_value(currency, by, question.selection, months) for months in columns]
    rows = [
        _Row(plain(costs.label(by, value)), [column.get(value, Decimal(0)) for column in sums])
        for value in sorted({value for column in sums for value in column})
    ]
    rows = [row for row in rows if any(row.amounts)]
    rows.sort(key=lambda row: -abs(row.difference) if len(columns) == 2 else -sum(row.amounts))
    return _with_the_others_as_one(rows, question.top or _MOST_ROWS)


def _with_the_others_as_one(rows: list[_Row], limit: int) -> list[_Row]:
    others = rows[limit:]
    if not others:
        return rows
    sums = [sum(column, Decimal(0)) for column in zip(*(row.amounts for row in others), strict=True)]
    return [*rows[:limit], _Row(f"{len(others)} more", sums)]


def _complete_months(by_month: dict[Month, Decimal], costs: Costs) -> dict[Month, Decimal]:
    """The complete months since the first with a cost, oldest first; without a charge, zero."""
    last = costs.calendar.newest_complete
    complete = [month for month in by_month if last and month <= last and month not in costs.calendar.partial]
    if not last or not complete:
        return {}
    return {month: by_month.get(month, Decimal(0)) for month in Period(min(complete), last)}


def _forecast_section(
    question: Question,
    costs: Costs,
    currency: str,
    by_month: dict[Month, Decimal],
    history: dict[Month, Decimal],
) -> str:
    trend = Trend.through(list(history.values()))
    used = Period(max(history).plus(1 - trend.months), max(history))
    average = sum((history[month] for month in used), Decimal(0)) / trend.months
    period = question.periods[0]
    steps = {month: len(Period(used.last, month)) - 1 for month in period}
    lines = {str(month): [step] for month, step in steps.items()}
    if len(steps) > 1:
        lines["**Total**"] = list(steps.values())
    estimates = {name: trend.estimate(ahead) for name, ahead in lines.items()}
    rows = [
        [name, *(amount(value, currency) for value in (estimate.expected, estimate.low, estimate.high))]
        for name, estimate in estimates.items()
    ]
    total = trend.estimate(list(steps.values()))
    basis = (
        f"{used} ({trend.months} complete months) cost {money(average, currency)} a month on average; "
        f"the trend adds {money(trend.slope, currency)} each month."
    )
    newest = costs.calendar.newest
    if newest in steps:
        basis += f" {newest} so far: {money(by_month.get(newest, Decimal(0)), currency)}."
    return paragraphs(
        f"**Expected for {period.label}: {money(total.expected, currency)}**, "
        f"between {amount(total.low, currency)} and {money(total.high, currency)}.",
        table(["Month", f"Expected ({currency})", f"Low ({currency})", f"High ({currency})"], rows),
        basis,
    )
