"""A typed query as SQL over `charges`, and the sums that come back. Names and values go in as parameters.

Every amount is a decimal, from the export's cell to the sum: DuckDB adds DECIMAL(38, 18) exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb

from sample_agents.answering.committable import ON_DEMAND
from sample_agents.costs.charges import Costs, column_of
from sample_agents.errors import UnanswerableError
from sample_agents.query import Field, Filter, Metric, Period, Query, Unit


class Group(NamedTuple):
    """What the charges of one group add up to."""

    period: int  # the position of the query's period
    measure: str  # the currency; of a quantity, its unit
    start: date | None  # the first day of the unit of time, where there are any
    values: tuple[str, ...]  # of each field
    amount: Decimal  # of the rows that have the metric
    # Of a ratio, the whole; of savings, the effective cost of rows without a list price; of effective cost, what is in
    # it twice.
    base: Decimal
    rows: int
    blank: int  # rows that lack the metric
    long: int  # rows for more than a day, which count on the day that they begin


@dataclass(frozen=True)
class _Sum:
    """How a metric is added up."""

    amount: str
    base: str = "0::DECIMAL(38, 18)"
    blank: str = "FALSE"
    rows: str = "TRUE"  # the rows that can have the metric


# On-demand usage of services that have a commitment.
_COVERABLE = f"{ON_DEMAND} AND service IN (SELECT service FROM charges WHERE commitment_status = 'Used')"
_TWICE = "charge_category = 'Purchase' AND commitment_id IN (SELECT commitment_id FROM counted_twice)"

_SUMS = {
    Metric.EFFECTIVE: _Sum("sum(effective)", f"sum(effective) FILTER ({_TWICE})", "effective IS NULL"),
    Metric.BILLED: _Sum("sum(billed)", blank="billed IS NULL"),
    Metric.LIST: _Sum("sum(list)", blank="list IS NULL"),
    Metric.CONTRACTED: _Sum("sum(contracted)", blank="contracted IS NULL"),
    Metric.SAVED: _Sum("sum(list - effective)", "sum(effective) FILTER (list IS NULL)", "list - effective IS NULL"),
    Metric.QUANTITY: _Sum("sum(quantity)", rows="quantity IS NOT NULL"),
    Metric.UTILISATION: _Sum(
        "sum(effective) FILTER (commitment_status = 'Used')",
        "sum(effective)",
        "effective IS NULL",
        rows="commitment_status IN ('Used', 'Unused')",
    ),
    # As AWS defines it: covered usage at on-demand rates in all that is eligible.
    # https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_SavingsPlansCoverageData.html
    Metric.COVERAGE: _Sum(
        "sum(list) FILTER (commitment_status = 'Used')",
        "sum(list)",
        "list IS NULL",
        rows=f"charge_category = 'Usage' AND (commitment_status = 'Used' OR {_COVERABLE})",
    ),
}
_TRUNCATED: dict[Unit, str] = {
    Unit.HALF: "make_date(year(day), CASE WHEN month(day) < 7 THEN 1 ELSE 7 END, 1)",
    **{unit: f"date_trunc('{unit.value}', day)::DATE" for unit in Unit if unit is not Unit.HALF},
}
# Of a breakdown by resource and day: more than that nobody reads, and a function's memory does not hold.
_MOST_GROUPS = 200_000
COMMITMENT = "commitment_id"  # what utilisation is broken down by, if nothing else is asked


def sums(
    costs: Costs,
    query: Query,
    periods: Sequence[Period],
    *,
    by: Sequence[Field | str] | None = None,
    every: Unit | None = None,
    filters: Sequence[Filter] | None = None,
) -> list[Group]:
    """The sums of the query's metric in each period, broken down by the fields and by the unit of time.

    Only groups that have rows, in no particular order. `by` and `filters` are the query's unless given.
    """
    fields = query.by if by is None else by
    metric = _SUMS[query.metric]
    parameters: list[object] = []
    statements = []
    for number, period in enumerate(periods):
        columns = [column_of(field, parameters) for field in fields]
        conditions, values = _conditions(query, query.filters if filters is None else filters)
        parameters += [period.first, period.end, *values]
        statements.append(
            f"""SELECT {number}, {"unit" if query.metric is Metric.QUANTITY else "currency"},
                {_TRUNCATED[every] if every else "NULL"}, {"".join(f"{column}, " for column in columns)}
                coalesce({metric.amount}, 0), coalesce({metric.base}, 0), count(*), count_if({metric.blank}),
                count_if(end_at > day + INTERVAL 1 DAY)
            FROM charges WHERE day >= ? AND day < ? AND ({metric.rows}) {conditions} GROUP BY ALL"""
        )
    return [
        Group(row[0], row[1], row[2], tuple(row[3:-5]), *row[-5:])
        for row in _rows(costs, " UNION ALL ".join(statements), parameters)
    ]


def scope(costs: Costs, query: Query, filters: Iterable[Filter]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The providers and the currencies of the charges that the filters select, at any time."""
    conditions, parameters = _conditions(query, filters)
    rows = _rows(costs, f"SELECT DISTINCT provider, currency FROM charges WHERE TRUE {conditions}", parameters)
    return frozenset(row[0] for row in rows), tuple(sorted({row[1] for row in rows}))


def _conditions(query: Query, filters: Iterable[Filter]) -> tuple[str, list[object]]:
    """The filters, and the query's currency and unit, as ` AND …`, and their parameters."""
    text, parameters = "", list[object]()
    for filter_ in filters:
        column = column_of(filter_.field, parameters)
        marks = ", ".join("?" for _ in filter_.values)
        text += f" AND {column} {'NOT ' if filter_.excluded else ''}IN ({marks})"
        parameters += filter_.values
    for column, value in (("currency", query.currency), ("unit", query.unit)):
        if value is not None:
            text += f" AND {column} = ?"
            parameters.append(value)
    return text, parameters


def _rows(costs: Costs, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
    try:
        rows = costs.connection.cursor().execute(sql, list(parameters)).fetchmany(_MOST_GROUPS + 1)
    except duckdb.OutOfRangeException as error:  # 10 to the power of 20, with 18 decimal places
        raise UnanswerableError("The sum has more than 20 digits, which is more than I add exactly.") from error
    if len(rows) > _MOST_GROUPS:
        raise UnanswerableError(
            f"This has more than {_MOST_GROUPS:,} parts. Ask for fewer: for one service, for a shorter time, or not by "
            "resource and by day at once."
        )
    return rows
