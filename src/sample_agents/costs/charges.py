"""The charges of exports, in DuckDB, and what is known of all of them: every answer is a query over them."""

import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb

from sample_agents.calendar_units import day_in_words
from sample_agents.costs.coverage import Coverage, MonthOfCharges
from sample_agents.costs.dialects import COLUMNS, column_key
from sample_agents.query import ANY_TAG, Dimension, Field, Metric, Tag
from sample_agents.writing import count, money, plain

# The columns of `charges` that a metric needs, and what FOCUS calls them.
_COLUMNS = {
    "effective": "EffectiveCost",
    "billed": "BilledCost",
    "list": "ListCost",
    "contracted": "ContractedCost",
    "quantity": "ConsumedQuantity",
    "commitment_status": "CommitmentDiscountStatus",
}
_NEEDED = {
    Metric.EFFECTIVE: ("effective",),
    Metric.BILLED: ("billed",),
    Metric.LIST: ("list",),
    Metric.CONTRACTED: ("contracted",),
    Metric.SAVED: ("list", "effective"),
    Metric.QUANTITY: ("quantity",),
    Metric.UTILISATION: ("commitment_status", "effective"),
    Metric.COVERAGE: ("commitment_status", "list"),
}
# FOCUS has these in every row: a sum without some of the rows would be another sum.
_IN_EVERY_ROW = ("effective", "billed")


@dataclass(frozen=True)
class ExportColumns:
    """What the files were: versions of FOCUS, and the keys of their columns."""

    versions: tuple[str, ...]
    names: frozenset[str]


@dataclass(frozen=True)
class _Filled:
    """How many rows a provider has, and how many of them have a value in each column."""

    provider: str
    rows: int
    values: Mapping[str, int]


class Costs:
    """Charges to query, through `connection.cursor()`: the tables `charges` and `tags`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        folder: tempfile.TemporaryDirectory[str],
        columns: ExportColumns,
    ) -> None:
        """Take over a database that `load_costs` has filled, and the folder that it lies in."""
        self.connection, self.columns, self._folder = connection, columns, folder
        self.rows = int(self._all("SELECT count(*) FROM charges")[0][0])
        self.currencies: tuple[str, ...] = self._column("SELECT DISTINCT currency FROM charges ORDER BY ALL")
        self.tag_keys: tuple[str, ...] = self._column("SELECT DISTINCT key FROM tags ORDER BY ALL")
        self.is_project = bool(self._all("SELECT is_project FROM traits")[0][0])
        self._filled = self._rows_with_values()
        # What every answer must say.
        self.assumptions: tuple[str, ...] = (*self._double_counts(), *self._shifts(), *self._rounded_numbers())
        # How the files were read; no amount depends on it.
        self.notes: tuple[str, ...] = tuple(self._notes())
        self.values = cache(self._values)
        self.aliases = cache(self._aliases)
        self._name = cache(self._names)
        self._months = cache(self._charged_months)

    def _values(self, field: Field) -> tuple[str, ...]:
        """The field's values in the data, in alphabetical order; "" if there are charges without one."""
        if not isinstance(field, Tag):
            return self._column(f"SELECT DISTINCT {field.column} FROM charges ORDER BY ALL")
        return self._column(
            """SELECT DISTINCT coalesce(value, '') FROM (SELECT DISTINCT tag_set FROM charges) AS sets
            LEFT JOIN tags ON tags.tag_set = sets.tag_set AND key = ? ORDER BY ALL""",
            field.key,
        )

    def label(self, field: Field, value: str) -> str:
        """A value as people know it: an account's name with its number, otherwise the value."""
        if not value:
            return f"(no {(field.key or 'tag') if isinstance(field, Tag) else field.value})"
        name = self._name(field).get(value, "") if field is Dimension.ACCOUNT else ""
        return f"{name} ({value})" if name and name != value else value

    def _aliases(self, field: Field) -> Mapping[str, str]:
        """Other names that the data give the field's values, each with its value; none that several values share."""
        if isinstance(field, Tag):
            return {}
        return dict(
            self._all(
                """SELECT name, min(value) FROM names WHERE field = ? AND name <> value
                GROUP BY name HAVING count(DISTINCT value) = 1 ORDER BY ALL""",
                field.column,
            )
        )

    def _names(self, field: Dimension) -> Mapping[str, str]:
        return dict(self._all("SELECT value, max(name) FROM names WHERE field = ? GROUP BY value", field.column))

    def has(self, metric: Metric, providers: Collection[str] | None = None) -> bool:
        """Whether the data have what the metric needs, of some providers or of all."""
        return not self.lacks(metric, providers)

    def lacks(self, metric: Metric, providers: Collection[str] | None = None) -> str:
        """What the data lack to answer with the metric, in a sentence; empty if they have it."""
        filled = [each for name, each in self._filled.items() if providers is None or name in providers]
        for column in _NEEDED[metric]:
            if not _is_there(filled, column):
                other = Metric.BILLED if column == "effective" else Metric.EFFECTIVE
                is_cost = column.capitalize() + "Cost" == _COLUMNS[column]
                offered = is_cost and _is_there(filled, *_NEEDED[other])
                offer = f": ask for {other.value}, which is there" if offered else ""
                return f"There is no {metric.value}, because {self._blank(column, filled)}{offer}."
        return ""

    def _blank(self, column: str, filled: Collection["_Filled"]) -> str:
        name, total = _COLUMNS[column], sum(each.rows for each in filled)
        if column_key(name) not in self.columns.names:
            return f"the data have no column {name}"
        without = [plain(each.provider) or "charges without a provider" for each in filled if not each.values[column]]
        where = (
            f"all rows of {', '.join(without)}"
            if without
            else (f"{total - sum(each.values[column] for each in filled):,} of {total:,} rows")
        )
        return f"{name} is blank in {where}"

    def lacks_values(self, field: Field) -> str:
        """What the data lack to select by the field, in a sentence; empty if any charge has a value of it."""
        if isinstance(field, Tag) or field is Dimension.PRODUCT or any(self.values(field)):
            return ""
        column = COLUMNS[field.column][0]
        return f"The charges say nothing of their {field.value}: the column {column} is missing or blank."

    def coverage(self, today: date) -> Coverage:
        """The days and months that the charges cover."""
        return Coverage.of(self._months(), today)

    def _charged_months(self) -> list[MonthOfCharges]:
        rows = self._all(
            """SELECT provider, date_trunc('month', day)::DATE, min(day), max(day), max(end_at)::DATE,
                max(end_at) FILTER (is_short)::DATE, list_sort(list(DISTINCT day) FILTER (is_short))
            FROM (SELECT *, end_at <= day + INTERVAL 1 DAY AS is_short FROM charges) GROUP BY 1, 2"""
        )
        return [MonthOfCharges._make((*row[:-1], tuple(row[-1] or ()))) for row in rows]

    def _rows_with_values(self) -> dict[str, "_Filled"]:
        counts = ", ".join(f"count(nullif({column}::VARCHAR, ''))" for column in _COLUMNS)
        rows = self._all(f"SELECT provider, count(*), {counts} FROM charges GROUP BY 1 ORDER BY 1")
        return {row[0]: _Filled(row[0], row[1], dict(zip(_COLUMNS, row[2:], strict=True))) for row in rows}

    def _double_counts(self) -> list[str]:
        """Purchases of commitments that cost something beside the usage that they cover: FOCUS has 0 there."""
        rows: list[tuple[str, str, Decimal]] = self._all(
            """SELECT provider, currency, sum(effective) FROM charges
            WHERE charge_category = 'Purchase' AND commitment_id IN (SELECT commitment_id FROM counted_twice)
            GROUP BY 1, 2 HAVING sum(effective) <> 0 ORDER BY 1, 2"""
        )
        sentence = (
            "{} gives purchases of commitments an EffectiveCost, {} in all, beside the usage that they cover: "
            "effective cost counts them twice."
        )
        return [
            sentence.format(plain(provider) or "The export", money(cost, currency)) for provider, currency, cost in rows
        ]

    def _shifts(self) -> list[str]:
        """Charges that count on another day, and perhaps in another month, than the export writes."""
        rows, example = self._all("SELECT shifted, shifted_example FROM traits")[0]
        sentence = "{} in UTC on another day than the export writes, as FOCUS has it: {} is {} there."
        if not rows:
            return []
        day = self._all("SELECT timezone('UTC', ?::TIMESTAMPTZ)::DATE", example)[0][0]
        counts = count(rows, "row of the export counts", "rows of the export count")
        return [sentence.format(counts, plain(example), day_in_words(day))]

    def _rounded_numbers(self) -> list[str]:
        (example,) = self._column(
            "SELECT min(account) FROM charges WHERE regexp_matches(account, '^\\d[.]\\d+E[+]\\d+$')"
        )
        return (
            [f"Accounts have numbers such as {example}, which Excel has rounded: one account here may be several."]
            if example
            else []
        )

    def _notes(self) -> list[str]:
        inclusive, instants, zoneless = self._all("SELECT inclusive_ends, instants, without_zone FROM traits")[0]
        merged = self._all("SELECT name, value FROM names WHERE field = 'service' ORDER BY ALL")
        products = self._all(
            "SELECT product, string_agg(DISTINCT service, ', ') FROM charges WHERE product <> '' GROUP BY 1 ORDER BY 1"
        )
        untagged = self._all("SELECT count(*) FROM charges WHERE tag_set = 0 AND charge_category IN ('', 'Usage')")[0][
            0
        ]
        found = {
            "Rows whose period ends with its last moment (23:59), which is read as the next's first": inclusive,
            "Rows that start and end at the same moment, which count on that day": instants,
            "Rows whose times name no time zone, and are read as UTC": zoneless,
            "Rows of usage without tags": untagged if self.tag_keys else 0,
        }
        return [
            *(f"{what}: {rows:,}." for what, rows in found.items() if rows),
            *(f"{name} is {value}." for name, value in merged),
            *(f"{product} is billed under {names}, and found by the charges' words." for product, names in products),
        ]

    def totals(self, metric: Metric) -> list[str]:
        """The sum of all charges in each currency, as `1,234.56 USD`."""
        (column,) = _NEEDED[metric]
        try:
            rows = self._all(f"SELECT currency, sum({column}) FROM charges GROUP BY 1 ORDER BY 1")
        except duckdb.OutOfRangeException:
            return ["more than 20 digits, which is more than can be added exactly"]
        return [money(total, currency) for currency, total in rows]

    def _column(self, sql: str, *parameters: str) -> tuple[str, ...]:
        return tuple(row[0] for row in self._all(sql, *parameters))

    def _all(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        return self.connection.cursor().execute(sql, list(parameters)).fetchall()


def _is_there(filled: Collection[_Filled], *columns: str) -> bool:
    return all(
        all(each.values[column] == each.rows for each in filled)
        if column in _IN_EVERY_ROW
        else any(each.values[column] for each in filled)
        for column in columns
    )


def column_of(field: Field | str, parameters: list[object]) -> str:
    """The SQL expression of a field's value in `charges`; what it needs is added to the parameters."""
    if isinstance(field, Dimension):  # a str as well
        return field.column
    if field == ANY_TAG:
        return "CASE WHEN tag_set IN (SELECT tag_set FROM tags) THEN 'tagged' ELSE '' END"
    if isinstance(field, Tag):
        parameters.append(field.key)
        return "coalesce((SELECT min(value) FROM tags WHERE tags.tag_set = charges.tag_set AND key = ?), '')"
    return field
