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
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import BinaryIO, NamedTuple, cast

from sample_agents.errors import CostDataError
from sample_agents.months import Month
from sample_agents.vocabulary import VOCABULARY, listed, usual_name, words_of

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


class Dimension(StrEnum):
    """What costs can be broken down and selected by, month aside."""

    PROVIDER = "provider"
    SERVICE = "service"
    REGION = "region"
    ACCOUNT = "account"


class UsageKind(StrEnum):
    """The kinds of usage that findings of savings are made of."""

    COMMITTED = "committed"  # covered by a commitment discount
    UNUSED_COMMITMENT = "unused commitment"  # the part of a commitment that nothing used
    IDLE = "idle"  # the provider's own description calls the resource idle or unattached
    PREVIOUS_GENERATION = "previous generation"  # gp2 volumes, which gp3 replaces
    ON_DEMAND = "on demand"  # hours at the standard price that a commitment could cover
    OTHER = "other"  # what the charge's row does not say


class Group(NamedTuple):
    """What charges that are added up have in common."""

    month: Month  # in which ChargePeriodStart lies
    currency: str  # BillingCurrency
    provider: str  # ProviderName
    service: str  # ServiceName
    region: str  # RegionId, else RegionName
    account: str  # SubAccountId, else BillingAccountId
    kind: UsageKind
    tagged: bool  # False only for usage whose Tags cell is empty

    def value(self, dimension: Dimension) -> str:
        """The group's value of a dimension."""
        return str(getattr(self, dimension.value))


class Charge(NamedTuple):
    """A row of the export, its cells parsed; empty and `NULL` cells are empty strings."""

    group: Group
    start: datetime  # ChargePeriodStart, UTC, included
    end: datetime  # ChargePeriodEnd, UTC, excluded
    cost: Decimal  # EffectiveCost
    list_cost: Decimal  # ListCost; zero if the export has none
    region_name: str  # RegionName
    account_name: str  # the account's name


def read_charges(stream: BinaryIO) -> Iterator[Charge]:
    """The export's charges, one by one, so that memory does not grow with the file.

    Raises CostDataError, one sentence with line and column where there are any, for what is no FOCUS export.
    """
    buffered = io.BufferedReader(cast(io.RawIOBase, stream))
    is_gzip = buffered.peek(2).startswith(b"\x1f\x8b")
    # strict: a stray quote is an error of its line, not a cell that swallows the rest of the file.
    rows = csv.reader(_lines(gzip.GzipFile(fileobj=buffered) if is_gzip else buffered), strict=True)
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


def _lines(stream: Iterable[bytes]) -> Iterator[str]:
    for number, raw in enumerate(stream, start=1):
        if number == 1:
            _refuse_other_formats(raw)
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CostDataError(f"Line {number}: byte {error.start + 1} is not UTF-8 text.") from error


def _refuse_other_formats(first_line: bytes) -> None:
    known = (name for signature, name in _SIGNATURES.items() if first_line.startswith(signature))
    name = next(known, "a binary file" if b"\0" in first_line else "")
    if name:
        raise CostDataError(f"This is {name}, not a FOCUS export: give CSV, or gzip of CSV, in UTF-8.")


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

        def refusal(column: str, reason: str) -> CostDataError:
            value = text(column)
            shown = repr(value if len(value) <= 40 else value[:39] + "…")
            return CostDataError(f"Line {line}, column {column}: {reason.format(shown)}")

        def number(column: str) -> Decimal:
            value = text(column)
            if len(value) > _LONGEST_NUMBER or not _NUMBER.fullmatch(value):
                raise refusal(column, "{} is not a number.")
            parsed = Decimal(value)
            if abs(parsed) >= _TOO_MUCH:
                raise refusal(column, "{} is too large to be a cost.")
            return parsed

        def moment(column: str) -> datetime:
            try:
                return _moment(text(column))
            except (ValueError, OverflowError) as error:
                raise refusal(column, "{} is not a date and time such as 2026-05-01T00:00:00Z.") from error

        if not _CURRENCY.fullmatch(text("BillingCurrency")):
            raise refusal("BillingCurrency", "{} is not a currency code (USD).")
        start, end = moment("ChargePeriodStart"), moment("ChargePeriodEnd")
        if end <= start:
            raise refusal("ChargePeriodEnd", "the period ends before it starts.")
        usage = text("ChargeCategory") in ("", "Usage")
        group = Group(
            month=Month.of(start),
            currency=text("BillingCurrency"),
            provider=text("ProviderName") or "(no provider)",
            service=text("ServiceName") or "(no service)",
            region=text("RegionId") or text("RegionName") or "(no region)",
            account=text("SubAccountId") or text("BillingAccountId") or "(no account)",
            kind=_usage_kind(text, usage=usage),
            tagged=not has_tags or not usage or text("Tags") not in ("", "{}"),
        )
        return Charge(
            group,
            start,
            end,
            cost=number("EffectiveCost"),
            list_cost=number("ListCost") if text("ListCost") else Decimal(0),
            region_name=text("RegionName"),
            account_name=text("SubAccountName") if text("SubAccountId") else text("BillingAccountName"),
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


# AWS: "$0.005 per Idle public IPv4 address per hour", "Elastic IP address not attached".
_IDLE = re.compile(r"\b(idle|unattached|not attached)\b", re.IGNORECASE)
_GP2 = re.compile(r"\bgp2\b", re.IGNORECASE)
_HOURS = re.compile(r"\b(hrs?|hours?)\b", re.IGNORECASE)
# Billed by the hour within Amazon EC2 and RDS, but outside Savings Plans and reserved instances.
_NOT_COMMITTABLE = re.compile(r"\b(nat ?gateway|ACU)\b", re.IGNORECASE)
_COMMITTABLE_SERVICES = frozenset(listed(VOCABULARY["committable"]))


def _usage_kind(text: Callable[[str], str], *, usage: bool) -> UsageKind:
    """The kind of usage that a row with such cells stands for."""
    status = text("CommitmentDiscountStatus")
    if status in ("Unused", "Used"):
        return UsageKind.UNUSED_COMMITMENT if status == "Unused" else UsageKind.COMMITTED
    description, unit = text("ChargeDescription"), text("ConsumedUnit")
    if usage and _IDLE.search(description):
        return UsageKind.IDLE
    if usage and _GP2.search(description):
        return UsageKind.PREVIOUS_GENERATION
    committable = (
        usage
        and text("PricingCategory") in ("", "Standard")
        and words_of(usual_name(text("ServiceName"))) in _COMMITTABLE_SERVICES
        and _HOURS.search(unit)
        and not _NOT_COMMITTABLE.search(f"{description} {unit}")
    )
    return UsageKind.ON_DEMAND if committable else UsageKind.OTHER
