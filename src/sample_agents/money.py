"""Amounts of money as text. Pure."""

from decimal import ROUND_HALF_EVEN, Decimal

# ISO 4217 currencies without a minor unit, of those that cloud providers bill in.
_WITHOUT_CENTS = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "VND"})


def amount(value: Decimal, currency: str) -> str:
    """The amount without its currency, as `1,234.56`.

    An amount that would round to zero but is not zero says so and keeps two significant digits:
    `less than 0.01 (0.00000080)`.
    """
    unit = Decimal(1) if currency in _WITHOUT_CENTS else Decimal("0.01")
    rounded = value.quantize(unit, rounding=ROUND_HALF_EVEN)
    if rounded or not value:
        return f"{rounded if rounded else abs(rounded):,f}"
    exact = f"{value.quantize(Decimal(1).scaleb(value.adjusted() - 1)):f}"
    return f"less than {unit} ({exact})" if value > 0 else f"more than -{unit} ({exact})"


def money(value: Decimal, currency: str) -> str:
    """The amount with its currency, as `1,234.56 USD`."""
    return f"{amount(value, currency)} {currency}"


def share(part: Decimal, whole: Decimal) -> str:
    """A part as a percentage of the whole, as `12.3 %`; empty when the whole is nothing."""
    return f"{100 * part / whole:,.1f} %" if whole > 0 else ""


def change(before: Decimal, after: Decimal) -> str:
    """The relative change, as `+12.3 %`; words where a percentage means nothing."""
    if before == after:
        return "none"
    if before == 0:
        return "new"
    return f"{100 * (after - before) / abs(before):+,.1f} %"
