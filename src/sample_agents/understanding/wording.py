"""A query in words: what an answer says it was asked. `understand` reads the same query from them."""

from collections.abc import Sequence

from sample_agents.calendar_units import in_words as days_in_words
from sample_agents.costs.charges import Costs
from sample_agents.query import Direction, Field, Filter, Finding, Query, Shape, Tag, Unit

__all__ = ["days_in_words", "field_in_words", "in_words"]

_PER_UNIT = {
    Unit.DAY: "day on day", Unit.WEEK: "week on week", Unit.MONTH: "month on month", Unit.QUARTER: "quarter on quarter",
    Unit.HALF: "half on half", Unit.YEAR: "year on year",
}  # fmt: skip
_HEADS = {
    Shape.COMPARISON: "compare the ",
    Shape.FORECAST: "forecast of the ",
    Shape.ANOMALIES: "anomalies of the ",
}
_UNITS = {unit: unit.value for unit in Unit} | {Unit.HALF: "half year"}
_MOVES = {None: "what changed most in", Direction.ROSE: "what rose most in", Direction.FELL: "what fell most in"}
_FINDINGS = {
    Finding.IDLE: "idle resources",
    Finding.UNUSED_COMMITMENT: "unused commitments",
    Finding.ON_DEMAND: "savings from on-demand usage",
    Finding.PREVIOUS_GENERATION: "previous generations",
    Finding.GROWTH: "savings from fast growth",
    Finding.UNTAGGED: "savings from untagged spend",
    Finding.SNAPSHOTS: "savings from snapshots",
    Finding.DATA_TRANSFER: "traffic between zones",
}


def in_words(query: Query, costs: Costs) -> str:
    """The whole query, as `effective cost of service "AWS Lambda" excluding region "us-east-1", in May 2026`."""
    metric = query.metric.value + (f' in unit "{_escaped(query.unit)}"' if query.unit else "")
    when = _periods(query)
    if query.shape is Shape.SHARE:
        part = _selection(query.filters, costs).removeprefix(" of")
        head = f"what share of the {metric}{_selection(query.whole, costs)}{when}"
        return _joined(f"{head} is{part}" if part else head, _tail(query))
    if query.shape is Shape.TOTAL:
        head = metric
    elif query.shape is Shape.AVERAGE:
        head = f"average per {_UNITS[query.every or Unit.MONTH]} of the {metric}"
    elif query.shape is Shape.GROWTH:
        basis = Unit.YEAR if query.year_on_year else query.every or Unit.MONTH
        head = f"{_PER_UNIT[basis]} growth of the {metric}"
    elif query.shape is Shape.MOVERS:
        head = f"{_MOVES[query.direction]} {metric}"
    elif query.shape is Shape.SAVINGS:
        head = _FINDINGS[query.finding] if query.finding else "where to save"
    else:
        head = _HEADS[query.shape] + metric
    return _joined(f"{head}{_selection(query.filters, costs)}{when}", _tail(query))


def field_in_words(field: Field) -> str:
    """A dimension's name: `region`, `tag "team"`."""
    if isinstance(field, Tag):
        return f'tag "{_escaped(field.key)}"' if field.key else "tag"
    return field.value


def _joined(*parts: str) -> str:
    return ", ".join(part.rstrip(",") for part in parts if part)


def _escaped(name: str) -> str:
    return name.replace('"', '""')


def _selection(filters: Sequence[Filter], costs: Costs) -> str:
    """The filters, each with its dimension and its values as they stand in the data."""
    of = [_named(filter_, costs) for filter_ in filters if not filter_.excluded and filter_.values != ("",)]
    rest = []
    for filter_ in filters:
        if filter_.values == ("",):
            rest.append(f"{'with any' if filter_.excluded else 'without any'} {field_in_words(filter_.field)}")
        elif filter_.excluded:
            rest.append(f"excluding {_named(filter_, costs)}")
    return (f" of {' in '.join(of)}" if of else "") + "".join(f" {part}," for part in rest)


def _named(filter_: Filter, costs: Costs) -> str:
    values = " and ".join(f'"{_escaped(costs.label(filter_.field, value))}"' for value in filter_.values)
    return f"{field_in_words(filter_.field)} {values}"


def _periods(query: Query) -> str:
    words = [
        f"{'on' if period.days == 1 else 'in'} {days_in_words(period)}" + (f" ({period.name})" if period.name else "")
        for period in query.periods
    ]
    return f" {' and '.join(words)}" if words else ""


def _tail(query: Query) -> str:
    """The breakdown, the ranking and the currency."""
    is_said = query.shape is Shape.AVERAGE or (query.shape is Shape.GROWTH and not query.year_on_year)
    every = None if is_said else query.every
    by = [*map(field_in_words, query.by), *([_UNITS[every]] if every else [])]
    parts = [f"by {' and '.join(by)}"] if by else []
    if query.limit and query.shape is Shape.MOVERS:
        parts.append(f"the top {query.limit}")
    elif query.limit:
        parts.append(f"the {query.limit} {query.direction or Direction.HIGHEST}")
    if query.currency:
        parts.append(f'in currency "{_escaped(query.currency)}"')
    return ", ".join(parts)
