"""Reads and validates a cost export in FOCUS format, versions 1.0 to 1.2: CSV or gzip of it, UTF-8.

The agents' cost is `EffectiveCost`: the amortised cost after all discounts, in which a prepaid commitment
counts in the months that use it (`BilledCost` follows the invoice). All charge categories count: usage,
purchases, taxes, credits, adjustments. The columns used here have the same names in 1.0, 1.1 and 1.2
(https://focus.finops.org/focus-specification/v1-2/); capitals do not matter, because Athena and other tools
that pass exports on change them.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import BinaryIO, cast

from sample_agents.charge import Charge
from sample_agents.errors import CostDataError

REQUIRED_COLUMNS = ("BillingCurrency", "ChargePeriodStart", "ChargePeriodEnd", "EffectiveCost", "ServiceName")

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)  # ISO 4217, as FOCUS asks for
_PLAUSIBLE_YEARS = range(2000, 2100)
_TOO_MUCH = Decimal("1e15")  # below it, sums keep their cents within Decimal's 28 digits
_LONGEST_NUMBER = 60  # exports carry at most some 30 digits; a longer cell is no amount

_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF document",
}


def read_charges(stream: BinaryIO) -> Iterator[Charge]:
    """The export's charges, one by one, so that memory does not grow with the file.

    Raises CostDataError, one sentence with line and column where there are any, for what is no FOCUS export.
    """
    lines = _lines(_decompressed(stream))
    # strict: a stray quote is an error of its line, not a cell that swallows the rest of the file.
    rows = csv.reader(lines, strict=True)
    try:
        row = _row_parser(next(rows, []))
        count = 0
        for cells in rows:
            if cells:
                yield row(cells, rows.line_num)
                count += 1
    except csv.Error as error:
        raise CostDataError(f"Line {rows.line_num}: not valid CSV ({error}).") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise CostDataError("The gzip file is damaged or cut off: download or compress it again.") from error
    if count == 0:
        raise CostDataError("The export has a header but no rows.")


def _decompressed(stream: BinaryIO) -> BinaryIO:
    buffered = io.BufferedReader(cast(io.RawIOBase, stream))
    start = buffered.peek(4)[:4]
    if start.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=buffered))
    return cast(BinaryIO, buffered)


def _lines(stream: BinaryIO) -> Iterator[str]:
    for number, raw in enumerate(stream, start=1):
        if number == 1:
            _refuse_other_formats(raw)
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CostDataError(f"Line {number}: byte {error.start + 1} is not UTF-8 text.") from error


def _refuse_other_formats(first_line: bytes) -> None:
    for signature, name in _SIGNATURES.items():
        if first_line.startswith(signature):
            raise CostDataError(f"This is {name}, not a FOCUS export: give CSV, or gzip of CSV, in UTF-8.")
    if b"\0" in first_line:
        raise CostDataError("This is a binary file, not a FOCUS export: give CSV, or gzip of CSV, in UTF-8.")


def _row_parser(header: Sequence[str]) -> Callable[[Sequence[str], int], Charge]:
    """The function that makes a charge of a row's cells and its line number."""
    if not header:
        raise CostDataError("The file is empty, or its line 1 is: it must name the FOCUS columns.")
    position = {name.strip().casefold(): index for index, name in enumerate(header)}
    missing = [name for name in REQUIRED_COLUMNS if name.casefold() not in position]
    if missing:
        raise CostDataError(
            f"Line 1 lacks the FOCUS column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
            "this is no FOCUS export, or its columns are not separated by commas."
        )
    has_tags = "tags" in position

    def parse(cells: Sequence[str], line: int) -> Charge:
        if len(cells) != len(header):
            raise CostDataError(f"Line {line} has {len(cells)} cells; the header names {len(header)} columns.")

        def text(column: str) -> str:
            index = position.get(column.casefold())
            value = "" if index is None else cells[index].strip()
            return "" if value == "NULL" else value

        def number(column: str) -> Decimal:
            value = text(column)
            if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
                raise CostDataError(f"Line {line}, column {column}: {_quoted(value)} is not a number.")
            parsed = Decimal(value)
            if abs(parsed) >= _TOO_MUCH:
                raise CostDataError(f"Line {line}, column {column}: {_quoted(value)} is too large to be a cost.")
            return parsed

        def moment(column: str) -> datetime:
            try:
                return _moment(text(column))
            except (ValueError, OverflowError) as error:
                raise CostDataError(
                    f"Line {line}, column {column}: {_quoted(text(column))} is not a date and time "
                    "such as 2026-05-01T00:00:00Z."
                ) from error

        currency = text("BillingCurrency")
        if not _CURRENCY.fullmatch(currency):
            raise CostDataError(
                f"Line {line}, column BillingCurrency: {_quoted(currency)} is not a currency code (USD)."
            )
        start, end = moment("ChargePeriodStart"), moment("ChargePeriodEnd")
        if end <= start:
            raise CostDataError(f"Line {line}, column ChargePeriodEnd: the period ends before it starts.")
        category = text("ChargeCategory") or "Usage"
        return Charge(
            start=start,
            end=end,
            currency=currency,
            cost=number("EffectiveCost"),
            list_cost=number("ListCost") if text("ListCost") else Decimal(0),
            category=category,
            description=text("ChargeDescription"),
            pricing=text("PricingCategory"),
            commitment=text("CommitmentDiscountStatus"),
            unit=text("ConsumedUnit"),
            provider=text("ProviderName") or "(no provider)",
            service=text("ServiceName") or "(no service)",
            region=text("RegionId") or text("RegionName") or "(no region)",
            region_name=text("RegionName"),
            account=text("SubAccountId") or text("BillingAccountId") or "(no account)",
            account_name=text("SubAccountName") if text("SubAccountId") else text("BillingAccountName"),
            tagged=not has_tags or category != "Usage" or text("Tags") not in ("", "{}"),
        )

    return parse


@lru_cache(maxsize=4096)  # an export repeats its few periods in every row
def _moment(value: str) -> datetime:
    """A FOCUS date and time as naive UTC, with or without `T` and `Z`."""
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if moment.year not in _PLAUSIBLE_YEARS:
        raise ValueError(value)
    return moment


def _quoted(value: str) -> str:
    return repr(value if len(value) <= 40 else value[:39] + "…")
