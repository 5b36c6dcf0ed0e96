"""The answer to "what did it cost": a total, its breakdown, and how the month before compares. Pure."""

from decimal import Decimal

from sample_agents.answer import Answer, compose
from sample_agents.costs import Costs
from sample_agents.markdown import paragraphs, plain, table
from sample_agents.money import amount, change, money, share
from sample_agents.month import Month
from sample_agents.question import Question

_MOST_ROWS = 20  # rows of a breakdown; the others are one row together


def cost_report(question: Question, costs: Costs) -> Answer:
    """The cost in the periods asked for, one section per currency with any."""
    months = {month for period in question.periods for month in period}
    sections = [
        _section(question, costs, currency, months)
        for currency in costs.currencies
        if any(group.currency == currency for group, _ in costs.select(question.selection, months))
    ]
    if not sections:
        sections = [f"**There is no charge** for {question.subject} in {_when(question)}."]
        return Answer(compose(question, costs, *sections), question.kind, found=False)
    return Answer(compose(question, costs, *sections), question.kind, found=True)


def _section(question: Question, costs: Costs, currency: str, months: set[Month]) -> str:
    total = costs.total(currency, question.selection, months)
    headline = f"**{_capitalised(question.subject)} cost {money(total, currency)} in {_when(question)}**"
    return paragraphs(
        f"{headline}{_month_before(question, costs, currency, total)}.",
        _breakdown(question, costs, currency, months, total),
    )


def _capitalised(text: str) -> str:
    return text[:1].upper() + text[1:]


def _when(question: Question) -> str:
    return " and ".join(period.label for period in question.periods)


def _month_before(question: Question, costs: Costs, currency: str, total: Decimal) -> str:
    """For one complete month after another: how the cost changed."""
    period = question.periods[0]
    before = period.first.plus(-1)
    partial = costs.calendar.partial
    if len(question.periods) > 1 or len(period) > 1 or partial & {period.first, before}:
        return ""
    if not costs.calendar.covers(before):
        return ""
    earlier = costs.total(currency, question.selection, {before})
    return f" ({before}: {money(earlier, currency)}; change: {change(earlier, total)})"


def _breakdown(question: Question, costs: Costs, currency: str, months: set[Month], total: Decimal) -> str:
    if question.by:
        sums = costs.by_value(currency, question.by, question.selection, months)
        ranked = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
        amounts = [(plain(costs.label(question.by, value)), cost) for value, cost in ranked if cost]
        heading = question.by.value.capitalize()
    else:
        by_month = costs.by_month(currency, question.selection)
        shown = [month for month in sorted(months) if costs.calendar.covers(month)]
        amounts = [
            (
                f"{month} (partial)" if month in costs.calendar.partial else str(month),
                by_month.get(month, Decimal(0)),
            )
            for month in shown
        ]
        if question.top:
            amounts.sort(key=lambda item: -item[1])
        heading = "Month"
    limit = question.top or (_MOST_ROWS if question.by else len(amounts))
    rows = [[name, amount(cost, currency), share(cost, total)] for name, cost in amounts[:limit]]
    if others := amounts[limit:]:
        rest = sum((cost for _, cost in others), Decimal(0))
        rows.append([f"{len(others)} more", amount(rest, currency), share(rest, total)])
    rows.append(["**Total**", f"**{amount(total, currency)}**", share(total, total)])
    return table([heading, f"Cost ({currency})", "Share"], rows)
