"""The answer to "what will it cost". Pure."""

from decimal import Decimal

from sample_agents.answer import Answer, compose
from sample_agents.cost_agent.forecast import FEWEST_MONTHS, Trend
from sample_agents.costs import Costs
from sample_agents.markdown import paragraphs, table
from sample_agents.money import amount, money
from sample_agents.month import Month, Period
from sample_agents.question import Question

_METHOD = (
    "Method: a straight line (least squares) through the complete months, continued. Low and high are its "
    "80 % prediction interval: four outcomes in five lie inside, if the trend holds. It knows no seasons, no "
    "planned changes and no one-off costs."
)


def forecast_report(question: Question, costs: Costs) -> Answer:
    """The expected cost of each month asked for with its range, one section per currency with any cost."""
    sections, found = [], False
    for currency in costs.currencies:
        by_month = costs.by_month(currency, question.selection)
        history = _complete_months(by_month, costs)
        if len(history) >= FEWEST_MONTHS:
            sections.append(_forecast(question, costs, currency, by_month, history))
            found = True
        elif by_month:
            sections.append(
                f"**No forecast in {currency}**: {question.subject} has {len(history)} complete months of "
                f"history, and a trend needs at least {FEWEST_MONTHS}."
            )
    if not sections:
        sections.append(f"**There is no charge** for {question.subject}, so there is nothing to forecast.")
    notes = (_METHOD,) if found else ()
    return Answer(compose(question, costs, *sections, notes=notes), question.kind, found)


def _complete_months(by_month: dict[Month, Decimal], costs: Costs) -> dict[Month, Decimal]:
    """The complete months since the first with a cost, oldest first; without a charge, zero."""
    last = costs.calendar.newest_complete
    complete = [month for month in by_month if last and month <= last and month not in costs.calendar.partial]
    if not last or not complete:
        return {}
    return {month: by_month.get(month, Decimal(0)) for month in Period(min(complete), last)}


def _forecast(
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
    rows = [[str(month), *_amounts(trend, [step], currency)] for month, step in steps.items()]
    if len(rows) > 1:
        rows.append(["**Total**", *_amounts(trend, list(steps.values()), currency)])
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


def _amounts(trend: Trend, steps: list[int], currency: str) -> list[str]:
    estimate = trend.estimate(steps)
    return [amount(value, currency) for value in (estimate.expected, estimate.low, estimate.high)]
