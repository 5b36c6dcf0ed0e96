"""Reads and validates a cost export in FOCUS format, versions 1.0 to 1.2: CSV or gzip of it, UTF-8.

The agents' cost is `EffectiveCost`: amortised, so that a prepaid commitment counts in the months that use it
(`BilledCost` follows the invoice), of all charge categories. The columns used here have the same names in all three
versions (https://focus.finops.org/focus-specification/v1-2/); Athena and other tools change their capitals.
"""

import csv
import gzip
import io
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO, cast

from sample_agents.costs import Costs, Dimension, Group, Sums, UsageKind
from sample_agents.errors import CostDataError
from sample_agents.months import Calendar, Month
from sample_agents.vocabulary import COMMITTABLE_SERVICES, usual_name, words_of

REQUIRED_COLUMNS = ("BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "EffectiveCost", "ServiceName")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)  # ISO 4217, as FOCUS asks for
_TOO_MUCH = Decimal("1e15")  # below it, sums keep their cents within Decimal's 28 digits
_LONGEST_NUMBER = 60  # exports carry at most some 30 digits; a longer cell is no amount
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF document",
}


@dataclass(frozen=True)
class _Row:
    """A row of the export; empty and `NULL` cells are empty text."""

    line: int
    cells: Mapping[str, str]  # by column, in small letters

    def text(self, column: str) -> str:
        value = self.cells.get(column.casefold(), "").strip()
        return "" if value == "NULL" else value

    def number(self, column: str) -> Decimal:
        value = self.text(column)
        if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
            raise self.refusal(column, "{} is not a number.")
        if abs(number := Decimal(value)) >= _TOO_MUCH:
            raise self.refusal(column, "{} is too large to be a cost.")
        return number

    def moment(self, column: str) -> datetime:
        try:
            return _moment(self.text(column))
        except (ValueError, OverflowError) as error:
            raise self.refusal(column, "{} is not a date and time such as 2026-05-01T00:00:00Z.") from error

    def refusal(self, column: str, reason: str) -> CostDataError:
        value = self.text(column)
        shown = repr(value if len(value) <= 40 else value[:39] + "…")
        return CostDataError(f"Line {self.line}, column {column}: {reason.format(shown)}")


def read_costs(stream: BinaryIO) -> Costs:
    """Add up the export's charges, one by one, so that memory does not grow with the file.

    A charge counts in the month in which its period starts.

    Raises CostDataError, one sentence with line and column where there are any, for what is no FOCUS export.
    """
    groups: dict[Group, Sums] = defaultdict(Sums)
    names: dict[Dimension, dict[str, str]] = {dimension: {} for dimension in Dimension}
    first, count = datetime.max, 0
    ends: dict[tuple[Month, bool], datetime] = {}  # the latest of each month, of charges for a day or less and others
    for row in _rows(stream):
        count += 1
        if not _CURRENCY.fullmatch(row.text("BillingCurrency")):
            raise row.refusal("BillingCurrency", "{} is not a currency code (USD).")
        start, end = row.moment("ChargePeriodStart"), row.moment("ChargePeriodEnd")
        if end <= start:
            raise row.refusal("ChargePeriodEnd", "the period ends before it starts.")
        group = _group(row, Month(start.year, start.month))
        groups[group].cost += row.number("EffectiveCost")
        groups[group].list_cost += row.number("ListCost") if row.text("ListCost") else 0
        first = min(first, start)
        reach = group.month, end - start <= timedelta(days=1)
        ends[reach] = max(ends.get(reach, end), end)
        account_name = row.text("SubAccountName" if row.text("SubAccountId") else "BillingAccountName")
        shown = {Dimension.REGION: row.text("RegionName"), Dimension.ACCOUNT: account_name}
        for dimension in Dimension:
            names[dimension][group.value(dimension)] = shown.get(dimension, "")
    if count == 0:
        raise CostDataError("The export has a header but no rows.")
    oldest, newest = Month(first.year, first.month), max(month for month, _ in ends)
    # Charges for a day or less show how far the data reach; a monthly fee is known before its month is over,
    # so fees count only in a month that has nothing shorter.
    end_of_newest = datetime(*newest.plus(1), 1)
    until = min(ends.get((newest, True)) or ends[newest, False], end_of_newest)
    partial = ({oldest} if first.day > 1 else set()) | ({newest} if until < end_of_newest else set())
    return Costs(dict(groups), Calendar(oldest, newest, frozenset(partial)), until, count, names)


def _rows(stream: BinaryIO) -> Iterator[_Row]:
    """The rows under the header; blank lines are none."""
    buffered = io.BufferedReader(cast(io.RawIOBase, stream))
    is_gzip = buffered.peek(2).startswith(b"\x1f\x8b")
    # strict: a stray quote is an error of its line, not a cell that swallows the rest of the file.
    rows = csv.reader(_lines(gzip.GzipFile(fileobj=buffered) if is_gzip else buffered), strict=True)
    try:
        header = [name.strip().casefold() for name in next(rows, [])]
        if not header:
            raise CostDataError("The file is empty, or its line 1 is: it must name the FOCUS columns.")
        missing = [name for name in REQUIRED_COLUMNS if name.casefold() not in header]
        if missing:
            raise CostDataError(
                f"Line 1 lacks the FOCUS column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
                "this is no FOCUS export, or its columns are not separated by commas."
            )
        for cells in rows:
            line = rows.line_num
            if len(cells) not in (0, len(header)):
                raise CostDataError(f"Line {line} has {len(cells)} cells; the header names {len(header)} columns.")
            if cells:
                yield _Row(line, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise CostDataError(f"Line {rows.line_num}: not valid CSV ({error}).") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CostDataError("The gzip file is damaged or cut off: download or compress it again.") from error


def _lines(stream: Iterable[bytes]) -> Iterator[str]:
    for number, raw in enumerate(stream, start=1):
        if number == 1:
            known = (name for signature, name in _SIGNATURES.items() if raw.startswith(signature))
            if name := next(known, "a binary file" if b"\0" in raw else ""):
                raise CostDataError(f"This is {name}, not a FOCUS export: give CSV, or gzip of CSV, in UTF-8.")
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CostDataError(f"Line {number}: byte {error.start + 1} is not UTF-8 text.") from error


@lru_cache(maxsize=4096)  # an export repeats its few periods in every row
def _moment(value: str) -> datetime:
    """A FOCUS date and time as naive UTC, with or without `T` and `Z`."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if not 2000 <= moment.year < 2100:
        raise ValueError(value)
    return moment


def _group(row: _Row, month: Month) -> Group:
    usage = row.text("ChargeCategory") in ("", "Usage")
    return Group(
        month=month,
        currency=row.text("BillingCurrency"),
        provider=row.text("ProviderName") or "(no provider)",
        service=row.text("ServiceName") or "(no service)",
        region=row.text("RegionId") or row.text("RegionName") or "(no region)",
        account=row.text("SubAccountId") or row.text("BillingAccountId") or "(no account)",
        kind=_usage_kind(row, usage=usage),
        tagged="tags" not in row.cells or not usage or row.text("Tags") not in ("", "{}"),
    )


# AWS: "$0.005 per Idle public IPv4 address per hour", "Elastic IP address not attached".
_IDLE = re.compile(r"\b(idle|unattached|not attached)\b", re.IGNORECASE)
_GP2 = re.compile(r"\bgp2\b", re.IGNORECASE)
_HOURS = re.compile(r"\b(hrs?|hours?)\b", re.IGNORECASE)
# Billed by the hour within Amazon EC2 and RDS, but outside Savings Plans and reserved instances.
_NOT_COMMITTABLE = re.compile(r"\b(nat ?gateway|ACU)\b", re.IGNORECASE)


def _usage_kind(row: _Row, *, usage: bool) -> UsageKind:
    match row.text("CommitmentDiscountStatus"):
        case "Unused":
            return UsageKind.UNUSED_COMMITMENT
        case "Used":
            return UsageKind.COMMITTED
    description, unit = row.text("ChargeDescription"), row.text("ConsumedUnit")
    if usage and _IDLE.search(description):
        return UsageKind.IDLE
    if usage and _GP2.search(description):
        return UsageKind.PREVIOUS_GENERATION
    committable = (
        row.text("PricingCategory") in ("", "Standard")
        and words_of(usual_name(row.text("ServiceName"))) in COMMITTABLE_SERVICES
        and _HOURS.search(unit)
        and not _NOT_COMMITTABLE.search(f"{description} {unit}")
    )
    return UsageKind.ON_DEMAND if usage and committable else UsageKind.OTHER
