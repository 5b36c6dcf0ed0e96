"""A file of a cost export: what it is, the columns that it names, and where in it something is wrong."""

import csv
import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, cast

from sample_agents.costs.dialects import COLUMNS, column_key, missing_columns
from sample_agents.errors import CostDataError

_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF document",
    b"PAR1": "a Parquet file in gzip",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x28\xb5\x2f\xfd": "a file compressed with zstd",
    b"BZh": "a file compressed with bzip2",
    b"\xfd7zXZ": "a file compressed with xz",
    b"\x1f\x8b": "gzip in gzip",
    b"<": "a web page or XML",
    b"{": "JSON",
    b"[": "JSON",
}
_SEPARATORS = {
    ";": "semicolons, as Excel writes them where 1,50 is a number",
    "\t": "tabs",
    "|": "bars",
}
_LINE_ENDS = "Its lines end in different ways, or with CR alone: end all of them with LF, or all with CR LF."
_DAMAGED = "The gzip file is damaged or cut off: download or compress it again."
_CHUNK = 1024 * 1024
SHOWN = 100  # so many characters of a refused value are kept
_TIMES = "such as 2026-05-01T00:00:00Z"
_HINTS = (
    (r"\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}.*", "day and month cannot be told apart, and Excel writes dates so"),
    (r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", "it has separators of thousands, or a decimal comma"),
    (r"[+-]?[\d.]*,\d*", "it has a decimal comma"),
    (r"\(.*\)", "a negative number begins with a minus"),
    (r"\W*[$€£¥]\W*[\d.,]+|[\d.,]+\W*[$€£¥]", "it has a currency sign, for which there is BillingCurrency"),
    (r"[+-]?\d{1,3}([\s'\u2019]\d{3})+(\.\d*)?", "it has separators of thousands"),
)


class Kind(StrEnum):
    """How the rows are written."""

    CSV = "none"  # as DuckDB calls its compression
    GZIP = "gzip"
    PARQUET = "parquet"


@dataclass(frozen=True)
class ExportFile:
    """A file that may be an export."""

    path: Path
    kind: Kind

    @classmethod
    def of(cls, path: Path) -> "ExportFile":
        """The file at a path. Raises OSError if it cannot be opened."""
        with path.open("rb") as stream:
            start = stream.read(4)
        return cls(path, Kind.PARQUET if start == b"PAR1" else Kind.GZIP if start[:2] == b"\x1f\x8b" else Kind.CSV)

    def columns(self) -> list[str]:
        """The columns that the first line of text names."""
        header = [name.strip() for name in next((cells for _, cells in self._rows()), [])]
        if not any(header):
            raise self.error("The file is empty, or its line 1 is: it must name the FOCUS columns.")
        return header

    def check(self, columns: Sequence[str]) -> None:
        """Refuse a file without the columns that an export has, or whose compressed bytes are damaged.

        DuckDB finds a gzip file that is cut off, but does not look at its checksums.
        """
        if missing := missing_columns(columns):
            first = next(self._lines(), "") if self.kind is not Kind.PARQUET else ""
            for separator, name in _SEPARATORS.items():
                if not missing_columns([column.strip('" \r\n') for column in first.split(separator)]):
                    raise self.error(
                        f"Line 1: the columns are separated by {name}. Export it again with commas between columns, "
                        f"points in numbers, and times {_TIMES}."
                    )
            line, cause = "Line 1", ", or its columns are not separated by commas"
            if self.kind is Kind.PARQUET:
                line, cause = "The file", ""
            raise self.error(
                f"{line} lacks the FOCUS column{'s' if len(missing) > 1 else ''} {', '.join(missing)}: "
                f"this is no FOCUS export{cause}."
            )
        keys = [column_key(name) for name in columns]
        used = {column_key(name) for names in COLUMNS.values() for name in names}
        if twice := [name for name, key in zip(columns, keys, strict=True) if key in used and keys.count(key) > 1]:
            raise self.error(f"Line 1 names the column {twice[0]} twice: it cannot be told which one counts.")
        if self.kind is Kind.GZIP:
            with self._open() as stream:
                while stream.read(_CHUNK):
                    pass

    def refusal(self, columns: Sequence[str], field: str, value: str, reason: str) -> CostDataError:
        """The refusal of a value, with its line and column; `value` may be only the beginning of it."""
        names = list(map(column_key, COLUMNS[field]))
        places = [number for number, name in enumerate(columns) if column_key(name) in names]
        place = f"Column {columns[places[0]]}"
        if self.kind is not Kind.PARQUET:
            for line, cells in self._rows():
                found = [place for place in places if _is_cell(cells[place] if place < len(cells) else "", value)]
                if found and line > 1:
                    place = f"Line {line}, column {columns[found[0]]}"
                    break
        if column_key(value) in {column_key(name) for names in COLUMNS.values() for name in names}:
            reason = "{} is the name of a column: files with other columns were joined here. Give them one by one."
        shown = repr(value if len(value) <= 40 else value[:39] + "…")
        hint = next((f" ({words})" for pattern, words in _HINTS if re.fullmatch(pattern, value)), "")
        return self.error(f"{place}: {reason.replace('{}', shown, 1).removesuffix('.')}{hint}.")

    def structural_refusal(self, columns: Sequence[str], found: str) -> CostDataError:
        """Why the file is no table; `found` is what DuckDB says of it."""
        if self.kind is Kind.PARQUET:
            return self.error(f"The Parquet file is damaged or cut off: {found.splitlines()[0].strip(' :')}.")
        if "GZIP" in found:
            return self.error(_DAMAGED)
        for line, cells in self._rows():
            if len(cells) not in (0, len(columns)):
                return self.error(f"Line {line} has {len(cells)} cells; the header names {len(columns)} columns.")
        if "invalid state" in found:
            return self.error(_LINE_ENDS)
        line_number = re.search(r"Line: (\d+)", found)
        first = found.splitlines()[0].removeprefix("Invalid Input Error: ")
        return self.error(f"Line {line_number[1]}: not valid CSV." if line_number else f"It cannot be read: {first}")

    def error(self, sentence: str) -> CostDataError:
        """The sentence, with the file's name."""
        return CostDataError(f"{self.path.name}: {sentence}")

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        # strict: a stray quote is an error of its line, not a cell that swallows the rest of the file.
        rows = csv.reader(self._lines(), strict=True)
        try:
            for cells in rows:
                yield rows.line_num, cells
        except csv.Error as error:
            if "new-line" in str(error):
                raise self.error(_LINE_ENDS) from error
            raise self.error(f"Line {rows.line_num}: not valid CSV ({error}).") from error

    def _lines(self) -> Iterator[str]:
        with self._open() as stream:
            for number, raw in enumerate(stream, start=1):
                if number == 1:
                    self._check_start(raw)
                try:
                    yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise self.error(f"Line {number}: byte {error.start + 1} is not UTF-8 text.") from error

    def _check_start(self, line: bytes) -> None:
        known = (name for signature, name in _SIGNATURES.items() if line.startswith(signature))
        if name := next(known, "a tar archive" if b"ustar" in line[:512] else "a binary file" if b"\0" in line else ""):
            raise self.error(f"This is {name}, not a FOCUS export: give CSV or gzip of CSV, in UTF-8, or Parquet.")

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        with gzip.open(self.path) if self.kind is Kind.GZIP else self.path.open("rb") as stream:
            try:
                yield cast(BinaryIO, stream)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise self.error(_DAMAGED) from error


def _is_cell(cell: str, value: str) -> bool:
    cell, shown = cell.strip(), value.strip()
    if not shown:
        return cell.casefold() in ("", "null", r"\n")
    return cell == shown or (len(value) >= SHOWN and cell.startswith(shown))
