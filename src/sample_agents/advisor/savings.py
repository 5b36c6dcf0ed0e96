"""Finds where money can be saved, from what the charges themselves say, and reports it. Pure.

Amounts are per month, of the newest complete month, in one currency. Where the data show no saving, a finding
has none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from sample_agents.agent import Answer, compose
from sample_agents.costs import Costs, Selection
from sample_agents.errors import UnanswerableError
from sample_agents.focus_export import Group, UsageKind
from sample_agents.months import Calendar, Month, Period
from sample_agents.question import Question
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


@dataclass(frozen=True)
class _Finding:
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

    def by_service(self, month: Month, only: Callable[[Group], bool] = lambda _: True) -> dict[str, Decimal]:
        """The month's cost per service, of some groups or of all."""
        return self.costs.sums(self.currency, self.selection, {month}, lambda group: usual_name(group.service), only)

    def recent(self, only: Callable[[Group], bool] = lambda _: True) -> list[dict[str, Decimal]]:
        """The cost per service in each of the recent months."""
        return [self.by_service(month, only) for month in _recent_months(self.costs.calendar)]


def _of(kind: UsageKind) -> Callable[[Group], bool]:
    return lambda group: group.kind is kind


def savings_report(question: Question, costs: Costs) -> Answer:
    """The ranked findings in the question's selection, one section per currency.

    Raises UnanswerableError if the data have no complete month.
    """
    month = costs.calendar.newest_complete
    if month is None:
        raise UnanswerableError(f"I need a complete month to find savings: the data cover a part of {costs.calendar}.")
    views = [_View(costs, currency, question.selection, month) for currency in costs.currencies()]
    sections = [_section(findings, view) for view in views if (findings := _find_savings(view))]
    found = bool(sections)
    if not found:
        sections = [f"**I found nothing to save** in {question.subject} in {month}."]
    notes = [f"Findings are about {month}, the newest complete month of the data, whatever the question names."]
    if not _recent_months(costs.calendar):
        notes.append(
            f"The data have fewer than {_RECENT_MONTHS} complete months: I did not look for steady usage and growth."
        )
    body = [*sections, paragraphs("Assumptions:", bullets(_ASSUMPTIONS)), "Notes:"]
    return compose(question, costs, body, found=found, notes=notes)


def _section(findings: list[_Finding], view: _View) -> str:
    currency = view.currency
    potential = sum((finding.saving or Decimal(0) for finding in findings), Decimal(0))
    number = count(len(findings), "finding")
    headline = (
        f"**Possible savings: {money(potential, currency)} a month**, from {number}."
        if potential
        else f"**No saving that the data can put a number on**, but {number} to look at ({currency})."
    )
    cost = f"Cost in {view.month} ({currency})"
    header = ["#", "Finding", "Where", "Recommended action", cost, "Possible saving a month"]
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
    return paragraphs(headline, table(header, rows, text_columns=4))


def _recent_months(calendar: Calendar) -> list[Month]:
    """The newest complete months that show a tendency, oldest first; none if the data have too few."""
    last = calendar.newest_complete
    if last is None:
        return []
    months = list(Period(last.plus(1 - _RECENT_MONTHS), last))
    complete = all(calendar.covers(month) and month not in calendar.partial for month in months)
    return months if complete else []


def _find_savings(view: _View) -> list[_Finding]:
    """The findings for a complete month in one currency: the largest savings first, then the rest."""
    searches = (_seen_in_one_month, _steady_on_demand, _fast_growth, _untagged)
    findings = [finding for search in searches for finding in search(view) if finding.concerned > 0]
    return sorted(findings, key=lambda finding: (-(finding.saving or 0), -finding.concerned, finding.title))


# Kinds of usage that are a finding each month, the part of their cost that can be saved, and how.
_WASTE = (
    (
        UsageKind.UNUSED_COMMITMENT,
        "Unused commitment",
        Decimal(1),
        "Move on-demand usage under the commitment, and do not renew the part that stays unused.",
    ),
    (
        UsageKind.IDLE,
        "Idle resources",
        Decimal(1),
        "Release the resources that the bill itself calls idle or unattached.",
    ),
    (
        UsageKind.PREVIOUS_GENERATION,
        "Previous generation volumes (gp2)",
        _GP3_DISCOUNT,
        "Change gp2 volumes to gp3; that works while they are in use.",
    ),
)


def _seen_in_one_month(view: _View) -> Iterator[_Finding]:
    for kind, title, saved, action in _WASTE:
        for service, cost in view.by_service(view.month, _of(kind)).items():
            yield _Finding(title, (service,), cost, cost * saved, action)


def _steady_on_demand(view: _View) -> Iterator[_Finding]:
    months = view.recent(_of(UsageKind.ON_DEMAND))
    for service in months[-1] if months else ():
        amounts = [month.get(service, Decimal(0)) for month in months]
        baseline = min(amounts)
        if baseline >= _STEADY * max(amounts):
            rate, source = _commitment_discount(view, service)
            action = f"Cover it with a Savings Plan or reservation ({100 * rate:.0f} % off, {source})."
            yield _Finding("Steady usage at on-demand prices", (service,), baseline, baseline * rate, action)


def _commitment_discount(view: _View, service: str) -> tuple[Decimal, str]:
    """The discount that the service's committed usage gets, or the assumed one; and which it is."""
    cost = list_cost = Decimal(0)
    for group, cell in view.costs.select({}, set(_recent_months(view.costs.calendar))):
        ours = group.currency == view.currency and usual_name(group.service) == service
        if ours and group.kind is UsageKind.COMMITTED:
            cost += cell.cost
            list_cost += cell.list_cost
    if 0 < cost < list_cost:
        return 1 - cost / list_cost, "the rate your committed usage gets"
    return _ASSUMED_COMMITMENT_DISCOUNT, "assumed: your data show no rate"


def _fast_growth(view: _View) -> Iterator[_Finding]:
    months = view.recent()
    notable = _NOTABLE * sum(months[-1].values(), Decimal(0)) if months else Decimal(0)
    for service in months[-1] if months else ():
        first, second, third = (month.get(service, Decimal(0)) for month in months)
        fast = 0 < first * _FAST_GROWTH <= second and second * _FAST_GROWTH <= third
        if fast and third - first >= notable:
            percent = 100 * (third - first) / first
            action = f"Find out what grows: {percent:,.0f} % more than two months before. Amount: the increase."
            yield _Finding("Fast growth", (service,), third - first, None, action)


def _untagged(view: _View) -> Iterator[_Finding]:
    sums = view.by_service(view.month, lambda group: not group.tagged)
    ranked = sorted(sums, key=lambda service: (-sums[service], service))
    action = "Tag the resources, so that every cost has an owner who can question it."
    yield _Finding("Untagged usage", tuple(ranked[:3]), sum(sums.values(), Decimal(0)), None, action)
