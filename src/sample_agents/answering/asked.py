"""What is asked, of which data: how much of a period they have, and what a reader must know to trust a figure."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from sample_agents.answering.figures import Answer, Column, Figure
from sample_agents.answering.sql import Group, scope, sums
from sample_agents.calendar_units import DAY, day_in_words, in_words, months_in, when
from sample_agents.costs.charges import Costs
from sample_agents.costs.coverage import Coverage, ProviderCoverage
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Field, Filter, Metric, Period, Query, Shape, Tag, Unit
from sample_agents.understanding.wording import in_words as query_in_words
from sample_agents.writing import bullets, count, money, paragraphs, plain, quantity

# The column that a metric needs most, and what it is.
METRICS = {
    Metric.EFFECTIVE: ("EffectiveCost", "amortised, after discounts; taxes and credits included"),
    Metric.BILLED: ("BilledCost", "what is invoiced; taxes and credits included"),
    Metric.LIST: ("ListCost", "at public prices, before any discount"),
    Metric.CONTRACTED: ("ContractedCost", "at negotiated prices, before commitment discounts"),
    Metric.SAVED: ("ListCost", "less `EffectiveCost`, of the charges that have both"),
    Metric.QUANTITY: ("ConsumedQuantity", "each ConsumedUnit by itself"),
    Metric.UTILISATION: (
        "CommitmentDiscountStatus",
        "`EffectiveCost` of rows that are Used, divided by that of rows that are Used or Unused",
    ),
    Metric.COVERAGE: (
        "CommitmentDiscountStatus",
        "as AWS defines it, at on-demand prices: `ListCost` of usage under commitments, divided by that and "
        "`ListCost` of on-demand usage that is metered in hours, of services that use commitments in the data",
    ),
}
# A provider that has delivered nothing for longer has been left, and is no longer worth a word in each headline.
_LATE = timedelta(days=92)
_MOST_NAMED = 3  # values of a filter in a headline; all are below it
_LONGEST_QUERY = 2_000  # characters of what was understood, of a question that names very much
RATIOS = (Metric.UTILISATION, Metric.COVERAGE)


@dataclass(frozen=True)
class Measure:
    """What amounts are counted in: a currency, or a quantity's unit."""

    name: str
    is_money: bool

    def say(self, value: Decimal) -> str:
        """The amount for a sentence."""
        return money(value, self.name) if self.is_money else f"{quantity(value)} {plain(self.name)}".rstrip()

    def column(self, key: str, label: str, *, signed: bool = False) -> Column:
        """A column of such amounts."""
        if self.is_money:
            return Column(key, label, "money", self.name, signed=signed)
        return Column(key, f"{label} ({self.name})" if self.name else label, "number", signed=signed)


@dataclass(frozen=True)
class Covered:
    """How much of a period the data have."""

    period: Period
    first: date
    end: date
    gaps: tuple[date, ...]  # months inside, by their first days, that nobody has charges in
    limits: str  # what the data lack of it, for the headline; "" if nothing

    @property
    def words(self) -> str:
        """The period, and how much of it the data have."""
        return in_words(self.period) + self._limits

    @property
    def when(self) -> str:
        """Likewise, with the word that stands before it."""
        return when(self.period) + self._limits

    @property
    def _limits(self) -> str:
        return f" ({self.limits})" if self.limits else ""

    @property
    def days(self) -> list[date]:
        """The days that the data have."""
        return [day for day in Period(self.first, self.end) if day.replace(day=1) not in self.gaps]


@dataclass(frozen=True)
class Body:
    """The part of an answer between what was understood and how it was calculated."""

    sections: Sequence[str]
    figures: Sequence[Figure] = ()
    groups: Sequence[Group] = ()  # whose rows went into it
    covered: Sequence[Covered] = ()
    notes: Sequence[str] = ()


@dataclass
class Asked:
    """A query with the data that it is asked of."""

    query: Query
    costs: Costs
    today: date
    notes: list[str] = field(default_factory=list)

    @cached_property
    def coverage(self) -> Coverage:
        """The days that the data cover."""
        return self.costs.coverage(self.today)

    @cached_property
    def _scope(self) -> tuple[frozenset[str], tuple[str, ...]]:
        wide = self.query.whole if self.query.shape is Shape.SHARE else self.query.filters
        return scope(self.costs, self.query, [one for one in wide if one.field is not Dimension.CHARGE_CATEGORY])

    @property
    def currencies(self) -> tuple[str, ...]:
        """The currencies in which what is asked about has ever been charged, whatever the category of the charge."""
        return self._scope[1]

    @cached_property
    def providers(self) -> dict[str, ProviderCoverage]:
        """The coverage of the providers that have ever charged for what is asked about; of all, if none has."""
        there = self.coverage.providers
        return {name: cover for name, cover in sorted(there.items()) if name in self._scope[0]} or dict(there)

    @property
    def is_ratio(self) -> bool:
        """Whether the metric is a part of a whole, which is not added up."""
        return self.query.metric in RATIOS

    @property
    def metric(self) -> str:
        """The metric, to begin a sentence."""
        return self.query.metric.value.capitalize()

    @property
    def subject(self) -> str:
        """What is selected, for a headline: ` of Amazon S3 without us-east-1`; "" if everything is."""
        return self.named(self.query.filters)

    @property
    def title(self) -> str:
        """The metric and what is selected, for a figure: as text, not markdown."""
        return self.metric + self.named(self.query.filters, str)

    def named(self, filters: Iterable[Filter], write: Callable[[str], str] = plain) -> str:
        """What filters select, by the values' names."""
        said: dict[bool, list[str]] = {False: [], True: []}
        blank = []
        for one in filters:
            if one.values == ("",):
                blank.append(f" with {'any' if one.excluded else 'no'} {write(_field_name(one.field))}")
                continue
            labels = [write(self.costs.label(one.field, value)) for value in one.values]
            more = f" and {len(labels) - _MOST_NAMED} more" if len(labels) > _MOST_NAMED else ""
            name = f"{write(one.field.key)} " if isinstance(one.field, Tag) and one.field.key else ""
            between = ", " if more else " and "
            said[one.excluded].append(f"{name}{between.join(labels[:_MOST_NAMED])}{more}")
        of = (f" of {' in '.join(said[False])}" if said[False] else "") + "".join(blank)
        return of + (f" without {' and '.join(said[True])}" if said[True] else "")

    def measure(self, name: str) -> Measure:
        """The measure of a group."""
        return Measure(name, is_money=self.query.metric is not Metric.QUANTITY)

    def sums(self, periods: Sequence[Period], **how: object) -> list[Group]:
        """The sums of the query, as `sql.sums`."""
        return sums(self.costs, self.query, periods, **how)  # type: ignore[arg-type]

    def check_metric(self) -> None:
        """Refuse a metric that the data lack, with those that they have, and to select by what no charge has."""
        for one in (*self.query.filters, *self.query.whole):
            if lack := self.costs.lacks_values(one.field):
                raise UnanswerableError(lack)
        lack = self.costs.lacks(self.query.metric, self.providers)
        if not lack and self.query.metric is Metric.COVERAGE:
            lack = self.costs.lacks(Metric.LIST, self.providers)
        if lack:
            there = [one.value for one in Metric if one not in RATIOS and self.costs.has(one, self.providers)]
            raise UnanswerableError(f"{lack} The data have: {', '.join(there) or 'no metric'}.")

    def cover(self, period: Period, every: Unit | None = None) -> Covered:
        """How much of the period the data have.

        Raises UnanswerableError if they have nothing of it, or only charges for longer stretches than it needs.
        """
        providers = self.providers
        first = min(cover.first for cover in providers.values())
        end = max(cover.end for cover in providers.values())
        months = {month for cover in providers.values() for month in cover.months}
        covered = Period(max(period.first, first), min(period.end, end))
        if covered.days <= 0:
            raise UnanswerableError(
                f"{in_words(period)} is not in the data: they reach from {day_in_words(first)} to "
                f"{day_in_words(end - DAY)}."
            )
        inside = months_in(covered.first, covered.end)
        gaps = tuple(month for month in inside if month not in months)
        if len(gaps) == len(inside):
            missing = ", ".join(f"{month:%B %Y}" for month in gaps)
            raise UnanswerableError(f"{missing} is not in the data: it is a gap between months that they have.")
        self._check_days(period, every)
        return Covered(period, covered.first, covered.end, gaps, self._limits(period, covered, gaps))

    def _check_days(self, period: Period, every: Unit | None) -> None:
        """Refuse days and weeks of charges that are for longer."""
        for name, cover in self.providers.items():
            whole = period.first.day == 1 and (period.end.day == 1 or period.end >= cover.end)
            if not cover.is_daily and (not whole or every in (Unit.DAY, Unit.WEEK)):
                raise UnanswerableError(
                    f"The charges of {plain(name) or 'the provider'} are not by day, so I cannot tell days or weeks "
                    "apart: ask for whole months."
                )

    def _limits(self, period: Period, covered: Period, gaps: Sequence[date]) -> str:
        limits = []
        if covered.first > period.first:
            limits.append(f"from {day_in_words(covered.first)}")
        if covered.end < period.end:
            limits.append(f"to {day_in_words(covered.end - DAY)}")
        limits = [" ".join(limits)] if limits else []
        if gaps:
            months = months_in(period.first, period.end)
            there = [month for month in months_in(covered.first, covered.end) if month not in gaps]
            limits.append(f"in the {len(there)} of {len(months)} months that the data have")
        for name, cover in self.providers.items():
            if cover.end <= covered.first:
                limits += [self.ended(name, cover)] if covered.first - cover.end < _LATE else []
            elif cover.end < covered.end:
                limits.append(f"{plain(name)} only to {day_in_words(cover.end - DAY)}")
            missing = [month for month in cover.missing if period.first <= month < period.end and month not in gaps]
            if missing and len(self.providers) > 1:
                limits.append(f"without {plain(name)} in {', '.join(f'{month:%B %Y}' for month in missing)}")
            for gap in cover.long_gaps:
                days = Period(max(gap.first, period.first), min(gap.end, period.end))
                if days.days > 0:
                    limits.append(
                        f"without {f'{plain(name)} from ' if len(self.providers) > 1 else ''}{in_words(days)}"
                    )
        return "; ".join(limits)

    def ended(self, name: str, cover: ProviderCoverage) -> str:
        """What is said of a provider whose data ended before."""
        return f"without {plain(name)}, whose data end on {day_in_words(cover.end - DAY)}"

    def is_whole(self, unit: Period, inside: Period) -> bool:
        """Whether the unit lies inside the period, is over, and the data have all of it."""
        if unit.first < inside.first or unit.end > inside.end or unit.end > self.coverage.clock:
            return False
        covers = self.providers.values()
        first, end = min(cover.first for cover in covers), max(cover.end for cover in covers)
        months = months_in(unit.first, unit.end)
        return (
            first <= unit.first
            and unit.end <= end
            and not any(unit.first < cover.end < unit.end for cover in covers)
            and all(any(month in cover.months for cover in covers) for month in months)
            and not any(month in cover.missing for cover in covers for month in months)
            and not any(cover.has_gap(unit) for cover in covers)
        )

    def has_days(self, period: Period) -> bool:
        """Whether the data reach over all of the period."""
        covers = self.providers.values()
        return min(one.first for one in covers) <= period.first and period.end <= max(one.end for one in covers)

    def compose(self, body: Body) -> Answer:
        """The whole answer."""
        return Answer(
            paragraphs(
                f"I understood: {plain(query_in_words(self.query, self.costs), _LONGEST_QUERY)}.",
                *body.sections,
                "How this was calculated:",
                bullets(self._how(body)),
            ),
            tuple(body.figures),
            self.query.shape.value,
            bool(body.groups),
        )

    def _how(self, body: Body) -> list[str]:
        column, meaning = METRICS[self.query.metric]
        between = " " if meaning.startswith("less") else ": "
        lines = [f"{self.metric} is the FOCUS column `{column}`{between}{meaning}."]
        filters = self.query.whole if self.query.shape is Shape.SHARE else self.query.filters
        if filters or self.query.currency:
            lines.append(f"Counted: {self.selection(filters)}.")
        for covered in body.covered:
            days = Period(covered.first, covered.end)
            state = f"partial, {covered.limits}" if covered.limits else "complete"
            lines.append(
                f"{in_words(covered.period)}: {state}; days from {day_in_words(days.first)} to "
                f"{day_in_words(days.end - DAY)}, UTC."
            )
        for covered in body.covered:
            lines += [line for line in self.coverage.remarks(covered.period, self.providers) if line not in lines]
            gone = [self.ended(*one) for one in self.providers.items() if covered.first - one[1].end >= _LATE]
            lines += [f"{in_words(covered.period)}: {line}." for line in gone]
        rows, blank = sum(group.rows for group in body.groups), sum(group.blank for group in body.groups)
        if body.groups:
            lines.append(f"{count(rows - blank, 'row')} of the data's {self.costs.rows:,} went into it.")
        if blank:
            lines.append(f"{count(blank, 'row')} of the selection have no {column} and are not in it.")
        by_day = any(covered.period.first.day > 1 or covered.end.day > 1 for covered in body.covered)
        if (by_day or self.query.every in (Unit.DAY, Unit.WEEK)) and any(group.long for group in body.groups):
            lines.append("Charges for longer than a day, such as monthly fees, count on the day on which they begin.")
        return [*lines, *body.notes, *self.notes, *self.costs.assumptions]

    def selection(self, filters: Iterable[Filter]) -> str:
        """The filters in words; "" if there are none."""
        said = []
        for one in filters:
            name = plain(_field_name(one.field))
            values = ", ".join(plain(self.costs.label(one.field, value)) for value in one.values)
            said.append(f"{name} is {'not ' if one.excluded else ''}{values}")
        if self.query.currency:
            said.append(f"billed in {self.query.currency}")
        return "; ".join(said)


def _field_name(field: Field) -> str:
    return field.value if isinstance(field, Dimension) else f"tag {field.key}".rstrip()
