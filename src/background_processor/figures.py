"""The figures that an agent gives beside its markdown, for charts and CSV files. Pure.

They are the contract's (contract/messages.schema.json), compiled when a package is built, and what a schema cannot say:
cells are what their columns say, and a chart draws columns that there are. Figures that are not are dropped, all of an
answer's: half of them would be read as all, and the answer says the same in words.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from fastjsonschema import JsonSchemaValueException

from background_processor.plain_text import plain_text
from finops_websocket.wire import figures_validator

# The contract's. A message of 128 KB has room for two agents' figures and what they say.
MAX_FIGURES_BYTES = 32 * 1024

_check_contract: Callable[[Any], Any] = figures_validator.validate_figures

_DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_DATE = re.compile(_MONTH.pattern + r"-(0[1-9]|[12][0-9]|3[01])")

# It gives its parts as they come, so that of what is too large no more is written than what fits. NaN and Infinity,
# which Python reads, are no JSON.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


class FiguresDropped(Exception):
    """An agent's figures are none, or too many. The text says what is wrong with them, in none of their own words."""


def figures_json(data: Any) -> str:
    """Give an agent's figures as the JSON that clients get; raise FiguresDropped, and nothing else.

    Their texts are without what nobody sees. What the contract does not know is passed on: it may be newer.
    """
    try:
        _check_size(data)
        figures = _cleaned(data)
        _check_contract(figures)
        for figure in figures:
            _check_columns(figure)
        return _ENCODER.encode(figures)
    except JsonSchemaValueException as error:
        # Such as `data[0].rows`; what follows may be the agent's own words.
        where = re.match(r"data(\[\d+\](\.\w+)?)?", error.message)
        raise FiguresDropped(f"The contract has {where and where[0]} otherwise.") from None
    except (ValueError, RecursionError):
        raise FiguresDropped("They are no JSON, or too deep.") from None


def _check_size(data: Any) -> None:
    size = 0
    for part in _ENCODER.iterencode(data):
        # Half a character counts as a whole one, and is taken out below.
        size += len(part.encode(errors="surrogatepass"))
        if size > MAX_FIGURES_BYTES:
            raise FiguresDropped(f"They take more than {MAX_FIGURES_BYTES} bytes.")


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return plain_text(value)
    if isinstance(value, list):
        return [_cleaned(each) for each in value]
    if isinstance(value, dict):
        return {plain_text(name): _cleaned(each) for name, each in value.items()}
    return value


def _check_columns(figure: Mapping[str, Any]) -> None:
    types = {column["key"]: column["type"] for column in figure["columns"]}
    if len(types) < len(figure["columns"]):
        raise FiguresDropped("Two columns have the same key.")
    for key, kind in types.items():
        if not all(_IS_CELL_OF[kind](row[key]) for row in figure["rows"] if row.get(key) is not None):
            raise FiguresDropped(f"A cell is not what its column's type says: {kind}.")
        total = figure.get("total", {}).get(key)
        if kind in _NUMBERS and total is not None and not _IS_CELL_OF[kind](total):
            raise FiguresDropped(f"A total is not what its column's type says: {kind}.")
    if "chart" in figure:
        _check_chart(figure["chart"], types, figure["rows"])


def _check_chart(chart: Mapping[str, str], types: Mapping[str, str], rows: list[Mapping[str, Any]]) -> None:
    drawn = [chart[name] for name in ("y", "low", "high") if name in chart]
    if chart["x"] not in types or not all(types.get(key) in _NUMBERS for key in drawn):
        raise FiguresDropped("A chart draws what is no column of its figure, or no numbers.")
    marked = {chart[name] for name in ("forecastFrom", "partial") if name in chart}
    if not marked <= {row.get(chart["x"]) for row in rows}:
        raise FiguresDropped("A chart's forecastFrom or partial is no value of its x.")


def _is_number(cell: Any) -> bool:
    return not isinstance(cell, str) or _DECIMAL.fullmatch(cell) is not None


def _is_text_like(form: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda cell: isinstance(cell, str) and form.fullmatch(cell) is not None


_NUMBERS = ("number", "money", "percent")
_IS_CELL_OF: dict[str, Callable[[Any], bool]] = {
    "text": lambda cell: isinstance(cell, str),
    "number": _is_number,
    "percent": _is_number,
    # A JSON number may have lost its cents before anybody could see it.
    "money": _is_text_like(_DECIMAL),
    "month": _is_text_like(_MONTH),
    "date": _is_text_like(_DATE),
}
