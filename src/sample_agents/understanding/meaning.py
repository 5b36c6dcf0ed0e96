"""From the parts of a question to the query: which shape they make together, and which periods it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise

from sample_agents.calendar_units import month_after, unit_of, year_before
from sample_agents.costs.charges import Costs
from sample_agents.costs.coverage import Coverage
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Direction, Field, Filter, Finding, Metric, Period, Query, Shape, Unit
from sample_agents.understanding.period_words import Calendar, Mention
from sample_agents.understanding.vocabulary import is_billed_as_it_counts, values_selected
from sample_agents.understanding.wording import days_in_words

_USUAL_LIMIT = 5  # of "top services"
_COMPARED = (Shape.COMPARISON, Shape.GROWTH, Shape.MOVERS)
_UNITS = (Unit.DAY, Unit.WEEK, Unit.MONTH, Unit.QUARTER, Unit.HALF, Unit.YEAR)


@dataclass(frozen=True)
class Rank:
    """One end of a ranking."""

    direction: Direction
    limit: int | None


@dataclass
class Asked:
    """The parts of a question, as they were said."""

    metrics: list[str] = field(default_factory=list)
    shapes: list[str] = field(default_factory=list)
    periods: list[Mention] = field(default_factory=list)
    are_periods_apart: bool = False  # something else stands between them
    filters: tuple[Filter, ...] = ()
    whole: tuple[Filter, ...] = ()
    by: list[Field] = field(default_factory=list)
    every: list[Unit] = field(default_factory=list)
    ranks: list[Rank] = field(default_factory=list)
    currencies: set[str] = field(default_factory=set)
    units: list[tuple[str, ...]] = field(default_factory=list)
    is_one: bool = False  # "which service", not "which services"
    is_how_much: bool = False
    is_than: bool = False  # "more than April"
    are_names_compared: bool = False  # "EC2 vs RDS"

    @property
    def is_anything(self) -> bool:
        """Whether anything was asked at all."""
        return any((self.metrics, self.shapes, self.periods, self.filters, self.by, self.every, self.ranks))


def complete(asked: Asked, costs: Costs, coverage: Coverage, calendar: Calendar) -> Query:
    """The query that the parts make, with the usual period where none is named.

    Raises UnanswerableError if they do not fit together, or the data do not cover what is asked for.
    """
    shape, finding = _shape(asked)
    query = Query(
        shape=shape,
        metric=_metric(asked, shape),
        filters=asked.filters,
        whole=asked.whole,
        currency=_only(asked.currencies, "one currency"),
        unit=_unit(asked, costs),
        by=tuple(asked.by),
        every=_every(asked, shape),
        year_on_year=shape is Shape.GROWTH and "growth year" in asked.shapes,
        finding=finding,
    )
    query = _ranked(asked, query)
    query = replace(query, periods=_periods(asked, query, calendar))
    if shape is Shape.GROWTH and query.every is None:
        query = replace(query, every=_unit_of_period(query.periods[0]))
    query = _of_names_compared(asked, query)
    _check(query, coverage, calendar)
    _refuse_unclear_amount(asked, query, costs)
    return query


# What kind of answer


def _shape(asked: Asked) -> tuple[Shape, Finding | None]:
    said = set(asked.shapes)
    findings = {name.removeprefix("savings ") for name in said if name.startswith("savings ")}
    kinds = {"savings" if name.startswith("savings") else name.split()[0] for name in said}
    if "share" not in said and kinds & {"change", "rose", "fell", "growth"}:
        kinds.discard("share")  # "the change in percent"
    looks_ahead = any(mention.is_ahead for mention in asked.periods)
    if "savings" in kinds:
        _alone(kinds, {"savings"})
        return Shape.SAVINGS, Finding(findings.pop()) if len(findings) == 1 else None
    if "forecast" in kinds or (looks_ahead and not kinds):
        _alone(kinds, {"forecast"})
        return Shape.FORECAST, None
    for kind, shape in (("anomalies", Shape.ANOMALIES), ("share", Shape.SHARE), ("average", Shape.AVERAGE)):
        if kind in kinds:
            _alone(kinds, {kind})
            return shape, None
    if said == {"growth"} and not asked.ranks and not asked.every and any(mention.ends for mention in asked.periods):
        return Shape.COMPARISON, None  # "growth from January to October"
    if "growth" in kinds:
        _alone(kinds, {"growth"} if asked.ranks else {"growth", "trend"})
        return (Shape.MOVERS if asked.ranks else Shape.GROWTH), None
    return _of_changes(asked, kinds), None


def _of_changes(asked: Asked, kinds: set[str]) -> Shape:
    """Two periods side by side, or what rose and fell between them."""
    moves = kinds & {"rose", "fell", "changed"}
    if moves or kinds & {"why", "change"}:
        _alone(kinds, {"rose", "fell", "changed", "why", "change", "compare"})
        is_between = len(asked.periods) > 1 or any(mention.ends for mention in asked.periods)
        if any("comparative" in name for name in asked.shapes) and "why" not in kinds and not is_between:
            raise UnanswerableError('Than when? Ask as in "compare April and May", or "EC2 vs RDS in May".')
        if "change between" in asked.shapes and not is_between:
            raise UnanswerableError('Between when? Ask as in "difference between April and May".')
        if kinds == {"why"}:
            raise UnanswerableError('Why is what? Ask as in "why did costs go up in October".')
        if {"rose", "fell"} <= kinds:
            raise UnanswerableError("Ask for what rose or for what fell, or for what changed most.")
        is_amount = asked.is_how_much and not asked.ranks and "why" not in kinds
        is_noun = "change" in kinds and not (moves or "why" in kinds or asked.ranks)
        return Shape.COMPARISON if is_amount or is_noun else Shape.MOVERS
    if "compare" in kinds:
        _alone(kinds, {"compare"})
        return Shape.COMPARISON
    return Shape.TOTAL


def _alone(kinds: set[str], fitting: set[str]) -> None:
    if others := kinds - fitting:
        both = " and ".join(sorted({*others, *(kinds & fitting)}))
        raise UnanswerableError(f"One question cannot ask for {both}: ask one at a time.")


def _metric(asked: Asked, shape: Shape) -> Metric:
    explicit = {Metric(name) for name in asked.metrics if name not in ("cost", "paid")}
    if shape is Shape.SAVINGS:
        explicit -= {Metric.BILLED, Metric.EFFECTIVE}  # "save on our bill" is about what could be saved
        if explicit:
            raise UnanswerableError("Where to save is found in what the usage costs: ask without another amount.")
    if len(explicit) > 1:
        raise UnanswerableError(f"Ask for one amount at a time: {' or '.join(sorted(explicit))}.")
    return explicit.pop() if explicit else Metric.EFFECTIVE


def _refuse_unclear_amount(asked: Asked, query: Query, costs: Costs) -> None:
    """What was paid can be what was billed, or what it counts for; a purchase has an effective cost of nothing."""
    is_said = any(name not in ("cost", "paid") for name in asked.metrics)
    filters = [filter_ for filter_ in query.filters if filter_.field is Dimension.CHARGE_CATEGORY]
    charges = {value for filter_ in filters if not filter_.excluded for value in filter_.values}
    is_other = charges - {"Usage"} or any(filter_.excluded and "Usage" in filter_.values for filter_ in filters)
    if query.shape is Shape.SAVINGS or is_said or not ("paid" in asked.metrics or is_other):
        return
    periods = () if query.shape is Shape.FORECAST else query.periods
    if costs.has(Metric.BILLED) and not is_billed_as_it_counts(costs, query.filters, periods):
        raise UnanswerableError(
            "The billed cost and the effective cost (amortised, after discounts) of these charges differ, and the "
            'question can mean both: say "billed cost" or "effective cost".'
        )


def _unit(asked: Asked, costs: Costs) -> str | None:
    """The unit that a word like GB means: of those that what is asked for is consumed in."""
    if Metric.QUANTITY not in asked.metrics:
        return None
    named = {unit for given in asked.units for unit in given}
    units = named & values_selected(costs, "unit", asked.filters) or named
    if len(asked.units) > 1 or len(units) > 1:
        raise UnanswerableError(f"Consumed in which unit? The data have {', '.join(sorted(units))}.")
    return units.pop() if units else None


def _only(values: set[str], what: str) -> str | None:
    if len(values) > 1:
        raise UnanswerableError(f"Ask for {what} at a time: {' or '.join(sorted(values))}.")
    return next(iter(values), None)


def _every(asked: Asked, shape: Shape) -> Unit | None:
    of_growth = [name.removeprefix("growth ") for name in asked.shapes if name.startswith("growth ")]
    units = {*asked.every, *(Unit(name) for name in of_growth if name != "year")}
    if len(units) > 1:
        raise UnanswerableError(f"Ask by one unit of time: {' or '.join(sorted(units))}.")
    if shape is Shape.AVERAGE and not units:
        raise UnanswerableError('The average of what? Ask for the "average per day", "per week" or "per month".')
    if not units and "trend" in asked.shapes:
        return Unit.MONTH
    return next(iter(units), None)


def _ranked(asked: Asked, query: Query) -> Query:
    """With the ranking, and the services where something is ranked and nothing is named."""
    moves = {
        "rose": Direction.ROSE, "rose comparative": Direction.ROSE,
        "fell": Direction.FELL, "fell comparative": Direction.FELL,
        "change up": Direction.ROSE, "change down": Direction.FELL,
    }  # fmt: skip
    if len(asked.ranks) > 1 and query.shape is not Shape.MOVERS:
        raise UnanswerableError("Ask for one ranking at a time.")
    if len(query.by) > 2 or len(query.by) + (query.every is not None and query.shape is not Shape.AVERAGE) > 2:
        raise UnanswerableError("I break down by at most two things at a time.")
    rank = asked.ranks[0] if asked.ranks else None
    if query.shape is Shape.MOVERS:
        said = [moves[name] for name in asked.shapes if name in moves] or (
            [Direction.ROSE] if "growth" in {name.split()[0] for name in asked.shapes} else []
        )
        if rank and rank.direction is Direction.LOWEST:
            raise UnanswerableError("Ask for what rose most, fell most or changed most.")
        only_why = "why" in asked.shapes and not rank
        limits = [rank.limit for rank in asked.ranks if rank.limit]
        limit = limits[0] if limits else (1 if asked.is_one and query.by else None)
        return replace(query, direction=None if only_why or not said else said[0], limit=limit)
    if query.shape is Shape.SAVINGS and query.by == (Dimension.RESOURCE,):
        return replace(query, by=())  # each finding names its resources
    if rank is None:
        return query
    if query.shape not in (Shape.TOTAL, Shape.SHARE):
        raise UnanswerableError("A ranking is of totals: ask for it alone.")
    if len(query.by) == 2 or (query.by and query.every):
        raise UnanswerableError("A ranking is of one thing: services, or regions, or months.")
    by = query.by if query.by or query.every else (Dimension.SERVICE,)
    limit = rank.limit or (1 if asked.is_one else _USUAL_LIMIT)
    return replace(query, by=by, limit=limit, direction=rank.direction)


def _of_names_compared(asked: Asked, query: Query) -> Query:
    """ "EC2 vs RDS" is the total of each."""
    lists = [filter_.field for filter_ in query.filters if len(filter_.values) > 1 and not filter_.excluded]
    if query.shape is not Shape.COMPARISON or (len(query.periods) > 1 and not asked.are_names_compared):
        return query
    if "compare" not in asked.shapes or set(asked.shapes) != {"compare"} or len(lists) != 1:
        raise UnanswerableError(
            'Compare what with what? Ask as in "compare April and May", "compare May with the same month last year" or '
            '"EC2 vs RDS in May".'
        )
    by = query.by if lists[0] in query.by else (*query.by, lists[0])
    if len(by) > 2:
        raise UnanswerableError("I break down by at most two things at a time.")
    return replace(query, shape=query.shape if len(query.periods) > 1 else Shape.TOTAL, by=by)


# When


def _periods(asked: Asked, query: Query, calendar: Calendar) -> tuple[Period, ...]:
    mentions = asked.periods
    if query.shape in (Shape.COMPARISON, Shape.MOVERS):
        return _compared_periods(asked, query, calendar)
    relative = [mention for mention in mentions if mention.relative]
    if relative and len(relative) == len(mentions):
        raise UnanswerableError('Of which period? Name it, as in "compare May 2026 with the same month last year".')
    if asked.are_periods_apart:
        raise UnanswerableError('The question names several periods: join them, as in "April and May", or ask twice.')
    periods = tuple(sorted({mention.period for mention in mentions}, key=lambda period: (period.first, period.end)))
    if any(before.end > after.first for before, after in pairwise(periods)):
        raise UnanswerableError("The periods overlap: ask for one of them.")
    if not periods:
        usual = _usual_period(query, calendar)
        return () if usual is None else (replace(usual, name=f"no period named: {usual.name}"),)
    if len(periods) > 1 and query.shape is not Shape.TOTAL:
        raise UnanswerableError("Ask for one period at a time.")
    if query.shape is Shape.AVERAGE and query.every in (Unit.WEEK, Unit.MONTH, Unit.QUARTER) and mentions[0].is_so_far:
        whole = Period(periods[0].first, unit_of(query.every, calendar.end).first, periods[0].name)
        if whole.days <= 0:
            raise UnanswerableError(f"No {query.every} of that period is complete: ask for the average per day.")
        return (whole,)
    return periods


def _usual_period(query: Query, calendar: Calendar) -> Period | None:
    """What a question without a period is about."""
    usual: Period | None
    if query.shape is Shape.SAVINGS:
        usual = None
    elif query.shape is Shape.FORECAST:
        first = unit_of(Unit.MONTH, calendar.newest_day).end
        usual = Period(first, month_after(first, 3), "the coming 3 months")
    elif query.shape is Shape.ANOMALIES:
        usual = calendar.newest(Unit.DAY, 30)
    elif query.shape is Shape.AVERAGE and query.every in (Unit.QUARTER, Unit.HALF, Unit.YEAR):
        raise UnanswerableError(f"The average per {query.every} of which period?")
    elif query.shape is Shape.AVERAGE and query.every is Unit.MONTH:
        first = calendar.first if calendar.first.day == 1 else month_after(calendar.first, 1)
        usual = calendar.newest(Unit.MONTH, 12)
        usual = usual if usual.first >= first else Period(first, usual.end, "all complete months")
    elif query.shape is Shape.GROWTH and query.every is not None:
        usual = calendar.newest(query.every)
    elif query.every in (None, Unit.DAY):
        usual = calendar.newest(Unit.MONTH) if calendar.newest_complete else calendar.all()
    else:
        usual = calendar.newest(Unit.QUARTER) if query.every is Unit.WEEK else calendar.all()
    return usual


def _compared_periods(asked: Asked, query: Query, calendar: Calendar) -> tuple[Period, ...]:
    mentions = asked.periods
    periods = [mention.period for mention in mentions]
    if len(mentions) == 1 and mentions[0].ends:  # "from April to May"
        periods = list(mentions[0].ends)
    if len(periods) == 1 and mentions[0].relative:
        periods.append(calendar.newest(Unit.MONTH))
    names_are_compared = query.shape is Shape.COMPARISON and set(asked.shapes) == {"compare"}
    if not periods and not names_are_compared:
        periods = [calendar.newest(Unit.MONTH)]
    if not periods:
        usual = _usual_period(query, calendar)
        periods = [] if usual is None else [replace(usual, name=f"no period named: {usual.name}")]
    elif len(periods) == 1 and not names_are_compared:
        if asked.is_than:
            raise UnanswerableError(f"Which period shall be compared with {days_in_words(periods[0])}? Name both.")
        if mentions and mentions[0].is_so_far:
            raise _unequal(calendar)
        periods.insert(0, _before(periods[0]))
    if len(periods) < 2:
        return tuple(periods)
    if any(mention.is_so_far for mention in mentions) and not all(
        mention.is_so_far or mention.relative for mention in mentions
    ):
        raise _unequal(calendar)
    periods = sorted(set(periods), key=lambda period: (period.first, period.end))
    if len(periods) > 2 and query.shape is Shape.MOVERS:
        raise UnanswerableError("What rose or fell is found between two periods: name two.")
    _refuse_unlike(periods)
    return tuple(periods)


def _refuse_unlike(periods: Sequence[Period]) -> None:
    """Refuse periods that cannot stand side by side."""
    lengths = [period.days for period in periods]
    if len(periods) == 1:
        raise UnanswerableError("Both periods are the same.")
    if max(lengths) > 1.15 * min(lengths):
        raise UnanswerableError(
            f"{' and '.join(map(days_in_words, periods))} differ in length, so a comparison would mislead: name "
            "periods that are alike."
        )
    if any(before.end > after.first for before, after in pairwise(periods)):
        raise UnanswerableError("The periods overlap: ask for one of them.")


def _unequal(calendar: Calendar) -> UnanswerableError:
    """A running period beside one that is over would compare unlike with like."""
    now = calendar.running(Unit.MONTH, whole=False)
    first = month_after(now.first, -1)
    before = Period(first, min(first + timedelta(days=now.days), now.first))
    whole = unit_of(Unit.MONTH, first)
    return UnanswerableError(
        f'A period that is not over cannot be compared as it is. Ask to "compare {days_in_words(before)} with '
        f'{days_in_words(replace(now, name=""))}", or about {days_in_words(whole)} and the month before.'
    )


def _unit_of_period(period: Period) -> Unit:
    return next((unit for unit in _UNITS if unit_of(unit, period.first) == period), Unit.MONTH)


def _before(period: Period) -> Period:
    """The period of the same kind right before it."""
    for unit in _UNITS[1:]:
        if unit_of(unit, period.first) == period:
            return unit_of(unit, period.first - timedelta(days=1))
    return Period(period.first - timedelta(days=period.days), period.first)


# Whether the data can say


def _check(query: Query, coverage: Coverage, calendar: Calendar) -> None:
    if query.shape in (Shape.AVERAGE, Shape.SHARE, Shape.FORECAST, Shape.ANOMALIES, Shape.MOVERS) and query.metric in (
        Metric.UTILISATION,
        Metric.COVERAGE,
    ):
        raise UnanswerableError(f"I know {query.metric.value} of periods, not as {query.shape.value}.")
    if query.shape is Shape.SHARE and not query.filters and not query.by:
        raise UnanswerableError('A share of what? Ask as in "what share of the cost is EC2" or "share by service".')
    _refuse_too_fine(query, coverage)
    first, end = _covered(query, coverage)
    for period in query.periods:
        if query.shape is Shape.FORECAST:
            if period.end <= calendar.end:
                raise UnanswerableError(f"{days_in_words(period)} is over: ask what it cost.")
            continue
        _refuse_uncovered(period, coverage, first, end)
        if query.shape in (Shape.COMPARISON, Shape.MOVERS):
            _refuse_begun(period, first)
        if query.shape is Shape.MOVERS and period.end > end:
            before = min(other.days for other in query.periods)
            if before > 1.15 * (end - period.first).days:
                raise _unequal(calendar)
        if query.shape is Shape.GROWTH and query.every:
            _refuse_growth(query, period, first)


def _covered(query: Query, coverage: Coverage) -> tuple[date, date]:
    """The first day of the data, and the day after the last, of the providers asked for."""
    asked = [filter_ for filter_ in query.filters if filter_.field is Dimension.PROVIDER and not filter_.excluded]
    names = {name for filter_ in asked for name in filter_.values} or set(coverage.providers)
    there = [cover for name, cover in coverage.providers.items() if name in names] or list(coverage.providers.values())
    return min(cover.first for cover in there), max(cover.end for cover in there)


def _refuse_uncovered(period: Period, coverage: Coverage, first: date, end: date) -> None:
    gaps = coverage.gaps(period)
    if period.end <= first or period.first >= end:
        hint = ' Ask for a forecast, as in "forecast for next month".' if period.first >= end else ""
        raise UnanswerableError(f"{days_in_words(period)} is not in the data, which cover {_span(first, end)}.{hint}")
    inside = [gap for gap in gaps if gap < period.end]
    if inside and all(month_after(gap, 0) in inside for gap in _months(period, first, end)):
        raise UnanswerableError(
            f"{days_in_words(period)} is not in the data (a gap): they cover {_span(first, end)} without it."
        )


def _months(period: Period, first: date, end: date) -> list[date]:
    month, months = max(period.first, first).replace(day=1), []
    while month < min(period.end, end):
        months.append(month)
        month = month_after(month, 1)
    return months


def _refuse_begun(period: Period, first: date) -> None:
    if period.first < first:
        raise UnanswerableError(
            f"{days_in_words(period)} is not whole in the data, which begin on {first.day} {first:%B %Y}: a comparison "
            "would mislead."
        )


def _refuse_growth(query: Query, period: Period, first: date) -> None:
    every = query.every or Unit.MONTH
    unit = unit_of(every, period.first)
    base = year_before(every, unit) if query.year_on_year else unit_of(every, unit.first - timedelta(days=1))
    if base.first < first:
        raise UnanswerableError(
            f"{days_in_words(base)}, to which {days_in_words(unit)} would be compared, is not whole in the data, which "
            f"begin on {first.day} {first:%B %Y}."
        )


def _refuse_too_fine(query: Query, coverage: Coverage) -> None:
    asked = [filter_ for filter_ in query.filters if filter_.field is Dimension.PROVIDER and not filter_.excluded]
    names = {name for filter_ in asked for name in filter_.values} or set(coverage.providers)
    monthly = sorted(name for name, cover in coverage.providers.items() if name in names and not cover.is_daily)
    edges = {day for period in query.periods for day in (period.first, period.end)}
    edges -= {coverage.first, coverage.end, *(cover.end for cover in coverage.providers.values())}
    is_fine = (
        query.every in (Unit.DAY, Unit.WEEK) or query.shape is Shape.ANOMALIES or any(day.day != 1 for day in edges)
    )
    if monthly and is_fine:
        raise UnanswerableError(
            f"The charges of {' and '.join(name or 'the data' for name in monthly)} are by the month: ask for months."
        )


def _span(first: date, end: date) -> str:
    last = end - timedelta(days=1)
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
