"""The charges of exports, in DuckDB, and what is known of them: every answer is a query over them."""

import tempfile
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

import duckdb

from sample_agents.costs.coverage import Coverage, MonthOfCharges
from sample_agents.query import Dimension, Field, Metric, Tag

# The columns of `charges` that a metric adds up.
_AMOUNTS = {
    Metric.EFFECTIVE: ("effective",),
    Metric.BILLED: ("billed",),
    Metric.LIST: ("list",),
    Metric.CONTRACTED: ("contracted",),
    Metric.SAVED: ("list", "effective"),
    Metric.QUANTITY: ("quantity",),
    Metric.UTILISATION: ("effective", "commitment_status"),
    Metric.COVERAGE: ("effective", "commitment_status"),
}


class Costs:
    """Charges to query, through `connection.cursor()`: tables `charges` and `tags`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: tempfile.TemporaryDirectory[str]) -> None:
        """Take over a database that `load_costs` has filled, and the folder that it lies in."""
        self.connection = connection
        self._folder = folder
        self.rows = int(self._all("SELECT count(*) FROM charges")[0][0])
        self.currencies: tuple[str, ...] = self._column("SELECT DISTINCT currency FROM charges ORDER BY ALL")
        self.tag_keys: tuple[str, ...] = self._column("SELECT DISTINCT key FROM tags ORDER BY ALL")
        self.is_project = bool(self._all("SELECT is_project FROM traits")[0][0])
        self.assumptions: tuple[str, ...] = ()
        self.values = cache(self._values)
        self.aliases = cache(self._aliases)
        self._names = cache(self._value_names)
        self.has = cache(self._has)

    def _values(self, field: Field) -> tuple[str, ...]:
        """The field's values in the data, in alphabetical order; "" if there are charges without one."""
        if isinstance(field, Tag):
            return self._column("SELECT DISTINCT value FROM tags WHERE key = ? ORDER BY ALL", field.key)
        return self._column(f"SELECT DISTINCT {field.column} FROM charges ORDER BY ALL")

    def label(self, field: Field, value: str) -> str:
        """A value as people know it: an account's name with its number, otherwise the value."""
        if not value:
            return f"(no {field.key if isinstance(field, Tag) else field.value})"
        name = self._names(field).get(value, "")
        return f"{name} ({value})" if name and name != value and field is Dimension.ACCOUNT else value

    def _aliases(self, field: Field) -> Mapping[str, str]:
        """Other names that the data give the field's values, each with its value."""
        return {name: value for value, name in self._named(field)}

    def _value_names(self, field: Field) -> Mapping[str, str]:
        return dict(self._named(field))

    def _named(self, field: Field) -> list[tuple[str, str]]:
        if isinstance(field, Tag):
            return []
        return self._all("SELECT value, name FROM names WHERE field = ? ORDER BY ALL", field.column)

    def _has(self, metric: Metric) -> bool:
        """Whether the data have the columns that the metric needs."""
        return all(
            self._all(f"SELECT count(*) FROM charges WHERE {column} IS NOT NULL AND {column}::VARCHAR <> ''")[0][0]
            for column in _AMOUNTS[metric]
        )

    def coverage(self, today: date) -> Coverage:
        """The days and months that the charges cover."""
        rows = self._all(
            """SELECT provider, date_trunc('month', day)::DATE, min(day), max(day), max(end_at)::DATE,
                max(end_at) FILTER (is_short)::DATE, count(DISTINCT day) FILTER (is_short)
            FROM charges GROUP BY 1, 2"""
        )
        return Coverage.of((MonthOfCharges(*row) for row in rows), today)

    def _column(self, sql: str, *parameters: str) -> tuple[str, ...]:
        return tuple(row[0] for row in self._all(sql, *parameters))

    def _all(self, sql: str, *parameters: str) -> list[tuple[Any, ...]]:
        return self.connection.cursor().execute(sql, list(parameters)).fetchall()
