"""Checks cost exports before they are deployed: prints what was found in them, or why they cannot be read."""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sample_agents.calendar_units import day_in_words
from sample_agents.costs.charges import Costs
from sample_agents.costs.coverage import Coverage, ProviderCoverage
from sample_agents.costs.load import load_costs
from sample_agents.costs.source import local_files
from sample_agents.errors import CostDataError
from sample_agents.query import Dimension, Metric
from sample_agents.writing import count

_MOST_NAMES = 20  # a line of them is to be read
# Hidden files, and those of a delivery.
_UNTOLD = re.compile(r"(^|/)(\.|(data|metadata)/billing_period=)", re.IGNORECASE)


def main(arguments: Sequence[str], today: date) -> int:
    """Check the files and folders that are the arguments, all as one export; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sample_agents.costs.check", description=__doc__)
    parser.add_argument(
        "paths",
        metavar="FILE|DIR",
        nargs="+",
        type=Path,
        help="FOCUS 1.0 to 1.4: CSV, gzip of it, Parquet, or a folder",
    )
    paths = parser.parse_args(arguments).paths
    try:
        files = local_files(paths)
        costs = load_costs(files)
    except CostDataError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{error.filename}: {error.strerror}\n")
        return 1
    names = ", ".join(map(str, paths))
    found = [f"{names}: {_size(costs, len(files))}", *_left_out(paths, files), *_findings(costs, today)]
    sys.stdout.write("\n".join(found) + "\n")
    return 0


def _size(costs: Costs, files: int) -> str:
    return f"{' and '.join(costs.columns.versions)}, {count(costs.rows, 'row')} in {count(files, 'file')}"


def _left_out(paths: Sequence[Path], files: Sequence[Path]) -> Iterator[str]:
    """What lies in the folders and is no export, or not yet; of what AWS delivers, the manifests decide."""
    others = [
        file.relative_to(folder).as_posix()
        for folder in paths
        if folder.is_dir()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and file not in files
    ]
    if names := [name for name in others if not _UNTOLD.search(name)]:
        more = len(names) - _MOST_NAMES
        yield f"  Not read: {', '.join(names[:_MOST_NAMES])}{f', and {more} more' if more > 0 else ''}"


def _findings(costs: Costs, today: date) -> Iterator[str]:
    coverage = costs.coverage(today)
    for name, cover in sorted(coverage.providers.items()):
        yield f"  {name or 'Charges without a provider'}: {_months(coverage, name, cover)}"
    for metric, column in ((Metric.EFFECTIVE, "EffectiveCost"), (Metric.BILLED, "BilledCost")):
        if costs.has(metric):
            yield f"  Total of {column}: {', '.join(costs.totals(metric))}"
    shown, more = costs.tag_keys[:_MOST_NAMES], len(costs.tag_keys) - _MOST_NAMES
    yield f"  Tags: {', '.join(shown) or 'none'}{f', and {more} more' if more > 0 else ''}"
    if without := [dimension.value for dimension in Dimension if costs.values(dimension) == ("",)]:
        yield f"  No row has a value for: {', '.join(without)}"
    for metric in Metric:
        if lack := costs.lacks(metric):
            yield f"  Missing: {lack}"
    for assumption in (*costs.assumptions, *costs.notes):
        yield f"  Note: {assumption}"


def _months(coverage: Coverage, name: str, cover: ProviderCoverage) -> str:
    months = sorted(cover.months)
    complete = [month for month in months if coverage.is_complete(month, [name])]
    partial = [f"{month:%B %Y}" for month in months if month not in complete]
    missing = [f"{month:%B %Y}" for month in cover.missing]
    days = sum(days.days for days in cover.missing_days)
    parts = [
        f"{day_in_words(cover.first)} to {day_in_words(cover.end - timedelta(days=1))}",
        "by the day or hour" if cover.is_daily else "by the month or now and then",
        count(len(complete), "complete month"),
        *([f"partial: {', '.join(partial)}"] if partial else []),
        *([f"missing: {', '.join(missing)}"] if missing else []),
        *([f"{count(days, 'day')} without a charge"] if days else []),
    ]
    return "; ".join(parts)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], datetime.now(UTC).date()))
