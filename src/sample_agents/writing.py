"""How answers are written: amounts of money, and markdown that names from outside cannot break. Pure."""

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

# ISO 4217 currencies without a minor unit, of those that cloud providers bill in.
_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "VND"})
_SPECIAL = re.compile(r"([\\`*_\[\]|~#!&])")
# A name longer than this is cut: it would push the amounts out of sight.
_LONGEST_NAME = 80


def amount(value: Decimal, currency: str) -> str:
    """The amount without its currency, as `1,234.56`.

    An amount that would round to zero but is not zero says so and keeps two significant digits:
    `less than 0.01 (0.00000080)`.
    """
    unit = _minor_unit(currency)
    shown = rounded(value, currency)
    if not value or abs(shown) >= unit:
        return f"{shown:,f}"
    return f"less than {unit} ({shown:f})" if value > 0 else f"more than -{unit} ({shown:f})"


def rounded(value: Decimal, currency: str) -> Decimal:
    """The amount to the currency's minor unit, or to two significant digits where that would be zero."""
    shown = value.quantize(_minor_unit(currency), rounding=ROUND_HALF_EVEN)
    if shown or not value:
        return shown if shown else abs(shown)
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 1))


def _minor_unit(currency: str) -> Decimal:
    return Decimal(1) if currency in _WITHOUT_CENTS else Decimal("0.01")


def quantity(value: Decimal) -> str:
    """A quantity without its unit, as `1,234.5`."""
    return f"{rounded_quantity(value):,f}"


def rounded_quantity(value: Decimal) -> Decimal:
    """The quantity to three decimal places, or to three significant digits if it is smaller; without zeros behind."""
    places = (
        Decimal("0.001") if abs(value) >= Decimal("0.001") or not value else Decimal(1).scaleb(value.adjusted() - 2)
    )
    shown = value.quantize(places, rounding=ROUND_HALF_EVEN).normalize()
    return shown.quantize(Decimal(1)) if shown == shown.to_integral_value() else shown


def money(value: Decimal, currency: str) -> str:
    """The amount with its currency, as `1,234.56 USD`."""
    return f"{amount(value, currency)} {currency}"


def change(before: Decimal, after: Decimal) -> str:
    """The relative change, as `+12.3 %`; words where a percentage means nothing."""
    if before == after:
        return "unchanged"
    return percent(100 * (after - before) / abs(before), signed=True) if before else "new"


def percent(value: Decimal, *, signed: bool = False) -> str:
    """A percentage to one decimal place, as `12.3 %`."""
    shown = rounded_percent(value)
    return f"{'+' if signed and shown > 0 else ''}{shown:,f} %"


def rounded_percent(value: Decimal) -> Decimal:
    """A percentage to one decimal place; zero has no sign."""
    shown = value.quantize(Decimal("0.1"), rounding=ROUND_HALF_EVEN)
    return shown if shown else abs(shown)


def count(number: int, noun: str, plural: str = "") -> str:
    """The number of things, as `1 month` or `1,234 months`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def plain(text: str, longest: int = _LONGEST_NAME) -> str:
    """Text from outside as one line of inert markdown.

    Control characters, line breaks and direction marks become spaces; characters with a meaning in markdown
    or HTML lose it.
    """
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > longest:
        line = line[: longest - 1] + "…"
    return _SPECIAL.sub(r"\\\1", line).replace("<", "&lt;").replace(">", "&gt;")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], text_columns: int = 1) -> str:
    """A markdown table of inert cells; after the first `text_columns` columns, all hold amounts."""
    rule = ["---"] * text_columns + ["---:"] * (len(header) - text_columns)
    return "\n".join("| " + " | ".join(row) + " |" for row in (header, rule, *rows))


def bullets(lines: Sequence[str]) -> str:
    """A bullet list."""
    return "\n".join(f"- {line}" for line in lines)


def paragraphs(*parts: str) -> str:
    """The parts that are not empty, one blank line between them."""
    return "\n\n".join(part for part in parts if part)
