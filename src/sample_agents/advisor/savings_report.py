"""The answer to "where can I save". Pure."""

from decimal import Decimal

from sample_agents.advisor.savings import (
    FAST_GROWTH,
    GP3_DISCOUNT,
    RECENT_MONTHS,
    STEADY,
    Finding,
    find_savings,
    recent_months,
)
from sample_agents.answer import Answer, compose
from sample_agents.costs import Costs
from sample_agents.errors import UnanswerableError
from sample_agents.markdown import bullets, paragraphs, plain, table
from sample_agents.money import amount, money
from sample_agents.month import Month
from sample_agents.question import Question

_ASSUMPTIONS = (
    "Amounts are what the newest complete month cost; a saving assumes that the next months are like it.",
    f"Steady: the lowest of the newest {RECENT_MONTHS} complete months is at least {100 * STEADY:.0f} % of "
    "the highest; only that lowest amount counts, and only hours that Savings Plans or reservations cover.",
    f"gp3 volumes are taken as {100 * GP3_DISCOUNT:.0f} % cheaper per GB than gp2, as AWS publishes.",
    f"Fast growth: at least {100 * (FAST_GROWTH - 1):.0f} % in each of the two newest months.",
    "Idle is only what the charge's own description calls so: a cost export does not show utilisation.",
    "Savings are estimated one by one: use up unused commitments before buying new ones.",
)


def savings_report(question: Question, costs: Costs) -> Answer:
    """The ranked findings in the question's selection, one section per currency.

    Raises UnanswerableError if the data have no complete month.
    """
    month = costs.calendar.newest_complete
    if month is None:
        raise UnanswerableError(f"I need a complete month to find savings: the data cover a part of {costs.calendar}.")
    found = {
        currency: findings
        for currency in costs.currencies
        if (findings := find_savings(costs, currency, question.selection, month))
    }
    sections = [_section(findings, currency, month) for currency, findings in found.items()]
    if not sections:
        sections = [f"**I found nothing to save** in {question.subject} in {month}."]
    assumptions = paragraphs("Assumptions:", bullets(_ASSUMPTIONS))
    notes = [f"Findings are about {month}, the newest complete month of the data, whatever the question names."]
    if not recent_months(costs.calendar):
        notes.append(
            f"The data have fewer than {RECENT_MONTHS} complete months: I did not look for steady usage and growth."
        )
    return Answer(
        compose(question, costs, *sections, assumptions, "Notes:", notes=tuple(notes)), question.kind, bool(found)
    )


def _section(findings: list[Finding], currency: str, month: Month) -> str:
    potential = sum((finding.saving or Decimal(0) for finding in findings), Decimal(0))
    header = [
        "#",
        "Finding",
        "Where",
        "Recommended action",
        f"Cost in {month} ({currency})",
        "Possible saving a month",
    ]
    rows = [
        [
            str(rank),
            finding.title,
            ", ".join(map(plain, finding.where)),
            finding.action,
            amount(finding.concerned, currency),
            "not in the data" if finding.saving is None else amount(finding.saving, currency),
        ]
        for rank, finding in enumerate(findings, start=1)
    ]
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    headline = (
        f"**Possible savings: {money(potential, currency)} a month**, from {count}."
        if potential
        else f"**No saving that the data can put a number on**, but {count} to look at ({currency})."
    )
    return paragraphs(
        headline,
        table(header, rows, text_columns=4),
    )
