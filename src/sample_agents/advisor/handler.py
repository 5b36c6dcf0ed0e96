"""The advisor, `trusted-advisor-agent-trusted-advisor-agent`: where money can be saved, from what charges say.

Amounts are per month, of the newest complete month, in one currency. Where the data show no saving, a finding
has none.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from sample_agents.agent import Answer, compose, respond
from sample_agents.cost_source import configured_costs
from sample_agents.costs import Costs, Group, UsageKind
from sample_agents.errors import UnanswerableError
from sample_agents.months import Month, Period
from sample_agents.question import Kind
from sample_agents.understanding import understand
from sample_agents.vocabulary import usual_name
from sample_agents.writing import amount, bullets, count, money, paragraphs, plain, table

_GP3_DISCOUNT = Decimal("0.20")  # gp3 costs up to 20 % less than gp2: https://aws.amazon.com/ebs/general-purpose/
# For a service whose discount the export does not show. AWS publishes "up to 72 %" for Savings Plans
# (https://aws.amazon.com/savingsplans/); a year without prepayment gives less than half of that.
_ASSUMED_COMMITMENT_DISCOUNT = Decimal("0.20")
_STEADY = Decimal("0.80")  # usage is steady if its lowest recent month is at least this part of its highest
_FAST_GROWTH = Decimal("1.10")  # in each of the two newest steps from month to month
_NOTABLE = Decimal("0.01")  # growth below this part of the whole cost is not worth a look
_RECENT_MONTHS = 3
_ASSUMPTIONS = (
    "Amounts are what the newest complete month cost; a saving assumes that the next months are like it.",
    f"Steady: the lowest of the newest {_RECENT_MONTHS} complete months is at least {100 * _STEADY:.0f} % of "
    "the highest; only that lowest amount counts, and only hours that Savings Plans or reservations cover.",
    f"gp3 volumes are taken as {100 * _GP3_DISCOUNT:.0f} % cheaper per GB than gp2, as AWS publishes.",
    f"Fast growth: at least {100 * (_FAST_GROWTH - 1):.0f} % in each of the two newest months.",
    "Idle is only what the charge's own description calls so: a cost export does not show utilisation.",
    "Savings are estimated one by one: use up unused commitments before buying new ones.",
)
# Kinds of usage that are a finding each month, the part of their cost that can be saved, and how.
_WASTE: dict[UsageKind, tuple[str, Decimal | int, str]] = {
    UsageKind.UNUSED_COMMITMENT: (
        "Unused commitment",
        1,
        "Move on-demand usage under the commitment, and do not renew the part that stays unused.",
    ),
    UsageKind.IDLE: ("Idle resources", 1, "Release the resources that the bill itself calls idle or unattached."),
    UsageKind.PREVIOUS_GENERATION: (
        "Previous generation volumes (gp2)",
        _GP3_DISCOUNT,
        "Change gp2 volumes to gp3; that works while they are in use.",
    ),
}


class _Finding(NamedTuple):
    """One thing to look at."""

    title: str
    where: Sequence[str]  # services, as people call them
    concerned: Decimal  # cost per month that the finding is about
    saving: Decimal | None  # estimated saving per month; None: the data do not show one
    action: str


def answer(query: str, costs: Costs) -> Answer:
    """What can be saved in the services, regions and accounts that the question names, whatever it asks.

    The ranked findings, one section per currency. Raises UnanswerableError, whose text is an answer too, if the
    data cannot answer.
    """
    question = replace(understand(query, costs), kind=Kind.SAVINGS, periods=(), notes=())
    month = costs.calendar.newest_complete
    if month is None:
        raise UnanswerableError(f"I need a complete month to find savings: the data cover a part of {costs.calendar}.")
    recent = list(Period(month.plus(1 - _RECENT_MONTHS), month))
    tendency = all(costs.calendar.covers(month) and month not in costs.calendar.partial for month in recent)
    sections = []
    for currency, everything in costs.by_currency().items():
        selected = everything.select(question.selection)
        findings = [*_waste(selected, month), *_untagged(selected, month)]
        if tendency:
            findings += [*_steady_on_demand(selected, everything, recent), *_fast_growth(selected, recent)]
        if findings := [finding for finding in findings if finding.concerned > 0]:
            sections.append(_section(findings, currency, month))
    nothing = f"**I found nothing to save** in {question.subject} in {month}."
    notes = [f"Findings are about {month}, the newest complete month of the data, whatever the question names."]
    if not tendency:
        notes.append(
            f"The data have fewer than {_RECENT_MONTHS} complete months: I did not look for steady usage and growth."
        )
    body = [*(sections or [nothing]), "Assumptions:", bullets(_ASSUMPTIONS), "Notes:"]
    return compose(question, costs, body, found=bool(sections), notes=notes)


def _section(findings: Sequence[_Finding], currency: str, month: Month) -> str:
    """The findings, the largest savings first, then the rest."""
    findings = sorted(findings, key=lambda finding: (-(finding.saving or 0), -finding.concerned, finding.title))
    potential = sum((finding.saving or Decimal(0) for finding in findings), Decimal(0))
    number = count(len(findings), "finding")
    headline = f"**No saving that the data can put a number on**, but {number} to look at ({currency})."
    if potential:
        headline = f"**Possible savings: {money(potential, currency)} a month**, from {number}."
    cost = f"Cost in {month} ({currency})"
    header = ["#", "Finding", "Where", "Recommended action", cost, "Possible saving a month"]
    rows = []
    for rank, (title, where, concerned, saving, action) in enumerate(findings, start=1):
        amounts = amount(concerned, currency), "not in the data" if saving is None else amount(saving, currency)
        rows.append([str(rank), title, ", ".join(map(plain, where)), action, *amounts])
    return paragraphs(headline, table(header, rows, text_columns=4))


def _usage(group: Group) -> tuple[UsageKind, str]:
    return group.kind, usual_name(group.service)


def _waste(costs: Costs, month: Month) -> Iterator[_Finding]:
    for (kind, service), cost in costs.sums(_usage, {month}).items():
        if kind in _WASTE:
            title, saved, action = _WASTE[kind]
            yield _Finding(title, [service], cost, cost * saved, action)


def _untagged(costs: Costs, month: Month) -> Iterator[_Finding]:
    sums = costs.sums(lambda group: (group.tagged, usual_name(group.service)), {month})
    untagged = {service: cost for (tagged, service), cost in sums.items() if not tagged}
    ranked = sorted(untagged, key=lambda service: (-untagged[service], service))
    action = "Tag the resources, so that every cost has an owner who can question it."
    yield _Finding("Untagged usage", ranked[:3], sum(untagged.values(), Decimal(0)), None, action)


def _steady_on_demand(costs: Costs, everything: Costs, recent: Sequence[Month]) -> Iterator[_Finding]:
    months = [costs.sums(_usage, {month}) for month in recent]
    paid, at_list_price = everything.sums(_usage, recent), everything.sums(_usage, recent, at_list_price=True)
    for kind, service in months[-1]:
        amounts = [month.get((kind, service), Decimal(0)) for month in months]
        baseline = min(amounts)
        if kind is UsageKind.ON_DEMAND and baseline >= _STEADY * max(amounts):
            rate, source = _ASSUMED_COMMITMENT_DISCOUNT, "assumed: your data show no rate"
            committed = UsageKind.COMMITTED, service
            if 0 < paid.get(committed, 0) < at_list_price.get(committed, 0):
                rate, source = 1 - paid[committed] / at_list_price[committed], "the rate your committed usage gets"
            action = f"Cover it with a Savings Plan or reservation ({100 * rate:.0f} % off, {source})."
            yield _Finding("Steady usage at on-demand prices", [service], baseline, baseline * rate, action)


def _fast_growth(costs: Costs, recent: Sequence[Month]) -> Iterator[_Finding]:
    months = [costs.sums(lambda group: usual_name(group.service), {month}) for month in recent]
    notable = _NOTABLE * sum(months[-1].values(), Decimal(0))
    for service in months[-1]:
        first, second, third = (month.get(service, Decimal(0)) for month in months)
        fast = 0 < first * _FAST_GROWTH <= second and second * _FAST_GROWTH <= third
        if fast and third - first >= notable:
            percent = 100 * (third - first) / first
            action = f"Find out what grows: {percent:,.0f} % more than two months before. Amount: the increase."
            yield _Finding("Fast growth", [service], third - first, None, action)


handler = functools.partial(respond, "advisor", answer, configured_costs)
