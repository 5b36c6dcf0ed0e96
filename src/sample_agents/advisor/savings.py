"""Finds where money can be saved, from what the charges themselves say. Pure.

Amounts are per month, of the newest complete month, in one currency. Where the data show no saving, a finding
has none.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sample_agents.costs import Costs, Selection
from sample_agents.month import Calendar, Month, Period
from sample_agents.service_names import usual_name
from sample_agents.usage_kind import UsageKind

# gp3 volumes cost up to 20 % less per GB than gp2: https://aws.amazon.com/ebs/general-purpose/
GP3_DISCOUNT = Decimal("0.20")
# For a service whose discount the export does not show. AWS publishes "up to 72 %" for Savings Plans
# (https://aws.amazon.com/savingsplans/); a year without prepayment gives less than half of that.
ASSUMED_COMMITMENT_DISCOUNT = Decimal("0.20")
STEADY = Decimal("0.80")  # usage is steady if its lowest recent month is at least this part of its highest
FAST_GROWTH = Decimal("1.10")  # in each of the two newest steps from month to month
NOTABLE = Decimal("0.01")  # growth below this part of the whole cost is not worth a look
RECENT_MONTHS = 3


@dataclass(frozen=True)
class Finding:
    """One thing to look at."""

    title: str
    where: tuple[str, ...]  # services, as people call them
    concerned: Decimal  # cost per month that the finding is about
    saving: Decimal | None  # estimated saving per month; None: the data do not show one
    action: str


@dataclass(frozen=True)
class _View:
    """What the findings look at."""

    costs: Costs
    currency: str
    selection: Selection
    month: Month  # the newest complete month

    def by_service(self, month: Month, kind: UsageKind | None = None) -> dict[str, Decimal]:
        """The month's cost per service, of one kind of usage or of all."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for group, cell in self.costs.select(self.selection, {month}):
            if group.currency == self.currency and kind in (None, group.kind):
                sums[usual_name(group.service)] += cell.cost
        return sums


def recent_months(calendar: Calendar) -> list[Month]:
    """The newest complete months that show a tendency, oldest first; none if the data have too few."""
    last = calendar.newest_complete
    if last is None:
        return []
    months = list(Period(last.plus(1 - RECENT_MONTHS), last))
    complete = all(calendar.covers(month) and month not in calendar.partial for month in months)
    return months if complete else []


def find_savings(costs: Costs, currency: str, selection: Selection, month: Month) -> list[Finding]:
    """The findings for a complete month in one currency: the largest savings first, then the rest."""
    view = _View(costs, currency, selection, month)
    findings = [finding for find in _SEARCHES for finding in find(view) if finding.concerned > 0]
    return sorted(findings, key=lambda finding: (-(finding.saving or 0), -finding.concerned, finding.title))


def _unused_commitments(view: _View) -> Iterator[Finding]:
    for service, cost in view.by_service(view.month, UsageKind.UNUSED_COMMITMENT).items():
        action = "Move on-demand usage under the commitment, and do not renew the part that stays unused."
        yield Finding("Unused commitment", (service,), cost, cost, action)


def _idle_resources(view: _View) -> Iterator[Finding]:
    for service, cost in view.by_service(view.month, UsageKind.IDLE).items():
        action = "Release the resources that the bill itself calls idle or unattached."
        yield Finding("Idle resources", (service,), cost, cost, action)


def _previous_generation(view: _View) -> Iterator[Finding]:
    for service, cost in view.by_service(view.month, UsageKind.PREVIOUS_GENERATION).items():
        action = "Change gp2 volumes to gp3; that works while they are in use."
        yield Finding("Previous generation volumes (gp2)", (service,), cost, cost * GP3_DISCOUNT, action)


def _steady_on_demand(view: _View) -> Iterator[Finding]:
    months = [view.by_service(month, UsageKind.ON_DEMAND) for month in recent_months(view.costs.calendar)]
    for service in months[-1] if months else ():
        amounts = [month.get(service, Decimal(0)) for month in months]
        baseline = min(amounts)
        if baseline >= STEADY * max(amounts):
            rate, source = _commitment_discount(view, service)
            action = f"Cover it with a Savings Plan or reservation ({100 * rate:.0f} % off, {source})."
            yield Finding("Steady usage at on-demand prices", (service,), baseline, baseline * rate, action)


def _commitment_discount(view: _View, service: str) -> tuple[Decimal, str]:
    """The discount that the service's committed usage gets, or the assumed one; and which it is."""
    cost = list_cost = Decimal(0)
    for group, cell in view.costs.select({}, set(recent_months(view.costs.calendar))):
        ours = group.currency == view.currency and usual_name(group.service) == service
        if ours and group.kind is UsageKind.COMMITTED:
            cost += cell.cost
            list_cost += cell.list_cost
    if 0 < cost < list_cost:
        return 1 - cost / list_cost, "the rate your committed usage gets"
    return ASSUMED_COMMITMENT_DISCOUNT, "assumed: your data show no rate"


def _fast_growth(view: _View) -> Iterator[Finding]:
    months = [view.by_service(month) for month in recent_months(view.costs.calendar)]
    notable = NOTABLE * sum(months[-1].values(), Decimal(0)) if months else Decimal(0)
    for service in months[-1] if months else ():
        first, second, third = (month.get(service, Decimal(0)) for month in months)
        fast = 0 < first * FAST_GROWTH <= second and second * FAST_GROWTH <= third
        if fast and third - first >= notable:
            percent = 100 * (third - first) / first
            action = f"Find out what grows: {percent:,.0f} % more than two months before. Amount: the increase."
            yield Finding("Fast growth", (service,), third - first, None, action)


def _untagged(view: _View) -> Iterator[Finding]:
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for group, cell in view.costs.select(view.selection, {view.month}):
        if group.currency == view.currency and not group.tagged:
            sums[usual_name(group.service)] += cell.cost
    ranked = sorted(sums, key=lambda service: (-sums[service], service))
    action = "Tag the resources, so that every cost has an owner who can question it."
    yield Finding("Untagged usage", tuple(ranked[:3]), sum(sums.values(), Decimal(0)), None, action)


_SEARCHES: tuple[Callable[[_View], Iterator[Finding]], ...] = (
    _unused_commitments,
    _idle_resources,
    _previous_generation,
    _steady_on_demand,
    _fast_growth,
    _untagged,
)
