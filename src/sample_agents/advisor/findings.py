"""Where money can be saved, as far as charges show it: the cost of a month, sorted into findings by what charges say.

Every finding is of one currency and one provider. A saving is an estimate for a month like the one that was looked at;
where the data show none, a finding has none.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sample_agents.advisor.checks import CHECKS, Check, Sure
from sample_agents.answering.sql import Group, sums
from sample_agents.calendar_units import month_after, unit_of
from sample_agents.costs.charges import Costs
from sample_agents.costs.coverage import Coverage
from sample_agents.query import Dimension, Field, Filter, Finding, Period, Query, Tag, Unit
from sample_agents.writing import money, plain

NONE = Decimal(0)
# For a service whose discount the data do not show. AWS publishes "up to 72 %" for Savings Plans
# (https://aws.amazon.com/savingsplans/faqs/); a year without prepayment gives less than half of that.
ASSUMED_DISCOUNT = Decimal("0.20")
FAST_GROWTH = Decimal("1.10")  # in each of the two newest steps from month to month
NOTABLE = Decimal("0.01")  # below this part of the whole cost, what is only worth a look is a trifle
_RECENT_MONTHS = 3
_RARELY_LESS = Decimal("0.10")  # part of the days on which less is used than the baseline
_MOST_TAG_KEYS = 5
_USAGE = Filter(Dimension.CHARGE_CATEGORY, ("Usage",))


class Place(NamedTuple):
    """Where charges belong, which are never added up across."""

    currency: str
    provider: str
    service: str


class Part(NamedTuple):
    """A resource or a commitment, and what it adds to a finding."""

    name: str
    service: str
    cost: Decimal
    used: Decimal | None = None  # of a whole commitment: what its used part cost
    utilisation: Decimal | None = None  # and which part of the commitment that is, in per cent


@dataclass(frozen=True)
class Found:
    """One thing to look at."""

    check: Check
    currency: str
    provider: str
    services: tuple[str, ...]  # the dearest first
    cost: Decimal  # in the month; of growth, the increase
    saving: Decimal | None  # a month; None: the data do not show one
    parts: tuple[Part, ...]  # the dearest first
    why: str
    action: str
    discount: Decimal = NONE  # of a commitment
    is_assumed: bool = False  # the discount is not from the data


@dataclass(frozen=True)
class Findings:
    """What was found, and what was not looked for and why."""

    found: tuple[Found, ...]  # the largest savings first, then the largest costs
    groups: tuple[Group, ...]  # all sums that were looked through
    selected: Mapping[str, Decimal]  # by currency: the usage of the month that was looked through
    not_looked_for: tuple[str, ...]  # sentences


def find(costs: Costs, query: Query, coverage: Coverage) -> Findings:
    """The findings of the query's one month in what it selects; of one kind, if it names one."""
    search = _Search(costs, query, coverage)
    found = sorted(
        (one for check in search.checks for one in search.found_by(check) if one.cost > 0),
        key=lambda one: (-(one.saving or NONE), -one.cost, one.check.title, one.services),
    )
    return Findings(tuple(found), tuple(search.groups), search.selected, tuple(search.not_looked_for()))


class _Search:
    """The sums that findings are made of."""

    def __init__(self, costs: Costs, query: Query, coverage: Coverage) -> None:
        self._costs = costs
        self._query = replace(query, filters=(*query.filters, _USAGE))
        self._month = query.periods[0]
        back = reversed(range(_RECENT_MONTHS))
        self._recent = [unit_of(Unit.MONTH, month_after(self._month.first, -months)) for months in back]
        has_tags = bool(costs.tag_keys)
        self.checks = [
            check
            for check in CHECKS
            if query.finding in (check.kind, None) and (has_tags or check.kind is not Finding.UNTAGGED)
        ]
        self._marked = [check for check in self.checks if check.condition]
        marks = [_mark(check) for check in self._marked]
        self.groups = self._sums([self._month], Dimension.RESOURCE, "commitment_id", *marks)
        self.selected: dict[str, Decimal] = defaultdict(Decimal)
        for group in self.groups:
            self.selected[group.measure] += group.amount
        self._coverage = coverage
        self._providers = {_place(group).provider for group in self.groups}
        self._steady = {
            name for name in self._providers if all(coverage.is_complete(month.first, [name]) for month in self._recent)
        }

    def not_looked_for(self) -> Iterator[str]:
        """What the data do not let the search look for, in sentences."""
        if self._query.finding in (Finding.UNTAGGED, None) and not self._costs.tag_keys:
            yield "The data have no tags at all, so nothing in them can be called untagged."
        young = sorted(self._providers - self._steady)
        if young and self._query.finding in (Finding.ON_DEMAND, Finding.GROWTH, None):
            names = ", ".join(plain(name) or "(no provider)" for name in young)
            of = f" of {names}" if len(self._coverage.providers) > 1 else ""
            yield (
                f"The data{of} have fewer than {_RECENT_MONTHS} complete months up to {self._month.first:%B %Y}: "
                "I did not look for steady usage and growth."
            )

    def found_by(self, check: Check) -> Iterator[Found]:
        """What one check finds."""
        match check.kind:
            case Finding.GROWTH:
                return self._growth(check)
            case Finding.ON_DEMAND:
                return self._on_demand(check)
        return self._by_what_charges_say(check)

    def _sums(self, periods: Sequence[Period], *by: Field | str, every: Unit | None = None) -> list[Group]:
        """The sums by provider, service, and so on."""
        return sums(self._costs, self._query, periods, by=[Dimension.PROVIDER, Dimension.SERVICE, *by], every=every)

    def _by_what_charges_say(self, check: Check) -> Iterator[Found]:
        """A finding for each service; what is untagged is one for all of them."""
        places: dict[Place, list[Group]] = defaultdict(list)
        for group in self._marked_by(check):
            place = _place(group)
            places[place if check.kind is not Finding.UNTAGGED else place._replace(service="")].append(group)
        for place, groups in places.items():
            cost = sum((group.amount for group in groups), NONE)
            if check.sure is Sure.LOOK and not self._query.finding and cost < NOTABLE * self.selected[place.currency]:
                continue
            yield Found(
                check,
                place.currency,
                place.provider,
                tuple(name for (name,), _ in _ranked(((group.values[1],), group.amount) for group in groups)),
                cost,
                None if check.saved is None else cost * check.saved,
                self._commitments(place, groups) if check.kind is Finding.UNUSED_COMMITMENT else _resources(groups),
                check.why.format(without=self._without_tag(place) if check.kind is Finding.UNTAGGED else ""),
                check.action,
            )

    def _marked_by(self, check: Check) -> list[Group]:
        position = 4 + self._marked.index(check)  # behind provider, service, resource, commitment
        return [group for group in self.groups if group.values[position] and group.amount]

    def _without_tag(self, place: Place) -> str:
        """What the usage without each of the tag keys that are used most costs."""
        keys = self._costs.connection.cursor().execute(
            "SELECT key FROM tags WHERE value <> '' GROUP BY key ORDER BY count(*) DESC, key LIMIT ?", [_MOST_TAG_KEYS]
        )
        said = []
        for (key,) in keys.fetchall():
            groups = self._sums([self._month], Tag(key))
            lacking = [group.amount for group in groups if _place(group)[:2] == place[:2] and not group.values[2]]
            said.append(f"{plain(key)} {money(sum(lacking, NONE), place.currency)}")
        return f". Without the tag: {', '.join(said)}" if said else ""

    def _commitments(self, place: Place, groups: Sequence[Group]) -> tuple[Part, ...]:
        """The unused parts of commitments, with the utilisation of the whole of each, whatever the query selects."""
        rows = self._costs.connection.cursor().execute(
            """SELECT commitment_id, coalesce(sum(effective) FILTER (commitment_status = 'Used'), 0), sum(effective)
            FROM charges WHERE commitment_status IN ('Used', 'Unused') AND day >= ? AND day < ?
            AND currency = ? AND provider = ? GROUP BY ALL""",
            [self._month.first, self._month.end, place.currency, place.provider],
        )
        whole = {row[0]: (row[1], row[2]) for row in rows.fetchall()}
        parts = []
        for (name,), cost in _ranked(((group.values[3],), group.amount) for group in groups):
            used, all_of_it = whole[name]
            utilisation = 100 * used / all_of_it if all_of_it else None
            parts.append(Part(name or "(no commitment id)", place.service, cost, used, utilisation))
        return tuple(parts)

    def _on_demand(self, check: Check) -> Iterator[Found]:
        """Usage at on-demand prices that a commitment to its baseline would have made cheaper in the month."""
        whole = Period(self._recent[0].first, self._month.end)
        by_day: dict[Place, dict[date, Decimal]] = defaultdict(dict)
        for group in self._sums([whole], _mark(check), every=Unit.DAY):
            if group.values[2] and group.start and group.values[0] in self._steady:
                by_day[_place(group)][group.start] = group.amount
        discounts = self._discounts() if by_day else {}
        for place, charged in by_day.items():
            is_daily = self._coverage.providers[place.provider].is_daily
            of_day = charged if is_daily else _spread(charged, self._recent)
            days = sorted(of_day.get(day, NONE) for day in whole)
            baseline = days[int(len(days) * _RARELY_LESS)]
            used = [of_day.get(day, NONE) for day in self._month]
            discount = discounts.get(place, ASSUMED_DISCOUNT)
            # What the commitment would have covered, less what it would have cost, used or not.
            saving = sum((min(baseline, cost) for cost in used), NONE) - baseline * (1 - discount) * len(used)
            if saving > 0:
                yield Found(
                    check,
                    place.currency,
                    place.provider,
                    (place.service,),
                    sum(used, NONE),
                    saving,
                    _resources(group for group in self._marked_by(check) if _place(group) == place),
                    check.why.format(months=_RECENT_MONTHS, baseline=money(baseline, place.currency)),
                    check.action.format(
                        discount=f"{100 * discount:.0f}",
                        source="what your committed usage gets"
                        if place in discounts
                        else "assumed: no rate in the data",
                        break_even=f"{100 * (1 - discount):.0f}",
                    ),
                    discount,
                    place not in discounts,
                )

    def _discounts(self) -> dict[Place, Decimal]:
        """What commitments take off the price in each service, over all data; only where it is more than nothing."""
        rows = self._costs.connection.cursor().execute(
            """SELECT currency, provider, service, sum(effective), sum(least(list, contracted)) FROM charges
            WHERE commitment_status = 'Used' AND effective IS NOT NULL AND list IS NOT NULL GROUP BY ALL"""
        )
        return {Place(*row[:3]): 1 - row[3] / row[4] for row in rows.fetchall() if 0 < row[3] < row[4]}

    def _growth(self, check: Check) -> Iterator[Found]:
        """Services of which an average day became much dearer in each of the newest two steps from month to month."""
        months: dict[Place, list[Decimal]] = defaultdict(lambda: [NONE] * _RECENT_MONTHS)
        changes: dict[Place, list[Group]] = defaultdict(list)
        signs = {0: -1, _RECENT_MONTHS - 1: 1}
        for group in self._sums(self._recent, Dimension.RESOURCE):
            if group.values[0] in self._steady:
                months[_place(group)][group.period] += group.amount
                changes[_place(group)].append(group._replace(amount=signs.get(group.period, 0) * group.amount))
        for place, costs in months.items():
            days = [cost / month.days for cost, month in zip(costs, self._recent, strict=True)]
            increase = costs[-1] - costs[0]
            is_fast = all(0 < before * FAST_GROWTH <= after for before, after in itertools.pairwise(days))
            if is_fast and increase >= NOTABLE * self.selected[place.currency]:
                yield Found(
                    check,
                    place.currency,
                    place.provider,
                    (place.service,),
                    increase,
                    None,
                    _resources(changes[place]),
                    check.why.format(percent=f"{100 * increase / costs[0]:,.0f}"),
                    check.action,
                )


def possible_savings(found: Sequence[Found]) -> tuple[Decimal, Decimal]:
    """The savings of findings of one currency together, and what was left out of them so as not to count it twice.

    On-demand usage that moves under an unused commitment needs no new one: its discount counts once.
    """
    total = sum((one.saving or NONE for one in found), NONE)
    twice = NONE
    for provider in {one.provider for one in found}:
        there = [one for one in found if one.provider == provider]
        on_demand = [one for one in there if one.check.kind is Finding.ON_DEMAND]
        unused = sum((one.cost for one in there if one.check.kind is Finding.UNUSED_COMMITMENT), NONE)
        if on_demand:
            discount = max(one.discount for one in on_demand)
            # The unused part buys usage that costs unused / (1 - discount) on demand.
            again = unused / (1 - discount) * discount
            twice += min(again, sum((one.saving or NONE for one in on_demand), NONE))
    return total - twice, twice


def _mark(check: Check) -> str:
    return f"CASE WHEN {check.condition} THEN 'x' ELSE '' END"


def _place(group: Group) -> Place:
    return Place(group.measure, group.values[0], group.values[1])


def _ranked(amounts: Iterable[tuple[tuple[str, ...], Decimal]]) -> list[tuple[tuple[str, ...], Decimal]]:
    """The sum of each key's amounts, the highest first."""
    added: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    for key, amount in amounts:
        added[key] += amount
    return sorted(added.items(), key=lambda item: (-item[1], item[0]))


def _resources(groups: Iterable[Group]) -> tuple[Part, ...]:
    """The resources that have a name and cost something, the dearest first."""
    ranked = _ranked(((group.values[2], group.values[1]), group.amount) for group in groups)
    return tuple(Part(name, service, cost) for (name, service), cost in ranked if name and cost > 0)


def _spread(of_day: Mapping[date, Decimal], months: Sequence[Period]) -> dict[date, Decimal]:
    """Charges for whole months, as the same amount for each of the month's days."""
    spread: dict[date, Decimal] = {}
    for month in months:
        cost = sum((of_day.get(day, NONE) for day in month), NONE)
        spread |= dict.fromkeys(month, cost / month.days)
    return spread
