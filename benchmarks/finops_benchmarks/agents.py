"""How long the sample agents take to load costs of a size and to answer from them, and how much memory.

Each side runs in a process of its own, over the same files. The floor is the least that adds up one column of an
export: Python's csv and Decimal. It and agents that read so take as much longer as there are more rows: where that
would be minutes, their time is that of fewer rows, multiplied, and the table says so.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb

from finops_benchmarks.results import NotMeasured, Options, Result, Table

ROOT = Path(__file__).resolve().parents[2]
# The rows of an export, and how often each side is measured with it at most.
_SIZES = {12_000: 15, 400_000: 3, 5_000_000: 1}
_MOST_ROWS_OF_PYTHON = 400_000
_FUNCTION_MB = 1769  # what the template gives the agents: one vCPU's

_QUESTIONS = (
    "What was my S3 spend in May 2026?",
    "Cost by service in June 2026",
    "Cost by region in Q2 2026",
    "Compare April 2026 and May 2026",
)
# What runs in the fresh process: it loads the file that is named, and asks each question twice.
_ASKED = """
import json, resource, statistics, sys, time
from datetime import date
from pathlib import Path
sys.path[:0] = {path!r}
def megabytes():
    status = Path("/proc/self/status")  # getrusage gives what the parent had, if that was more
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 * 1024)
def seconds(work):
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result
{code}
load_seconds, costs = seconds(load)
loaded = megabytes()
answers = []
for question in {questions!r}:
    assert "**" in str(ask(question, costs))
    answers.append(seconds(lambda: ask(question, costs))[0])
print(json.dumps([load_seconds, statistics.median(answers), loaded, megabytes()]))
"""
_NOW = """
from sample_agents.cost_agent.handler import answer
from sample_agents.costs.load import load_costs
load = lambda: load_costs([Path(sys.argv[1])])
ask = lambda question, costs: answer(question, costs, date(2026, 11, 30)).markdown
"""
_BEFORE = """
from sample_agents.cost_agent.handler import answer
from sample_agents.focus_export import read_costs
load = lambda: read_costs(open(sys.argv[1], "rb"))
ask = lambda question, costs: answer(question, costs).markdown
"""
_FLOOR = """
import csv, gzip
from decimal import Decimal
load = lambda: sum(Decimal(row["EffectiveCost"]) for row in csv.DictReader(gzip.open(sys.argv[1], "rt")))
ask = lambda question, costs: f"**{costs}**"
"""


class Spent(NamedTuple):
    """Seconds and megabytes of one run; None for what was not measured."""

    load: float
    answer: float | None
    loaded: float | None
    peak: float | None


def measure(options: Options) -> Result:
    """Measure each checkout's agents, and this one's with Parquet too, in turn."""
    tables, figures = [], {}
    with tempfile.TemporaryDirectory(prefix="agents-") as folder:
        smaller: dict[str, list[Spent]] = {}
        for rows, most in _SIZES.items():
            runs = _runs(rows, min(options.rounds, most), options.checkouts, Path(folder), smaller)
            tables.append(_table(rows, runs))
            figures[f"{rows}"] = {side: [spent._asdict() for spent in of_side] for side, of_side in runs.items()}
            if rows == _MOST_ROWS_OF_PYTHON:
                smaller = runs
    return Result("Sample agents: costs of a size", tuple(tables), figures=figures)


def _runs(
    rows: int, rounds: int, checkouts: Mapping[str, Path], folder: Path, smaller: Mapping[str, list[Spent]]
) -> dict[str, list[Spent]]:
    """Each side's runs; `smaller` are those with the most rows that Python alone is given."""
    csv_file, parquet_file = folder / "costs.csv.gz", folder / "costs.parquet"
    _write_export(rows, csv_file, parquet_file)
    sides = {"floor": (Path(), csv_file)}
    sides |= {label: (checkout / "src", csv_file) for label, checkout in {**checkouts, "now": ROOT}.items()}
    sides["now, Parquet"] = (ROOT / "src", parquet_file)
    runs: dict[str, list[Spent]] = {side: [] for side in sides}
    for number in range(rounds):
        names = list(sides)
        for side in names[number % len(names) :] + names[: number % len(names)]:
            if rows > _MOST_ROWS_OF_PYTHON and not _has_engine(sides[side][0]):
                seconds = statistics.median(spent.load for spent in smaller[side]) * rows / _MOST_ROWS_OF_PYTHON
                runs[side].append(Spent(seconds, None, None, None))
            else:
                runs[side].append(_spent(*sides[side]))
    return runs


def _has_engine(source: Path) -> bool:
    return (source / "sample_agents" / "costs" / "load.py").exists()


def _spent(source: Path, file: Path) -> Spent:
    is_floor = source == Path()
    code = _ASKED.format(
        path=[] if is_floor else [str(source)],
        code=_FLOOR if is_floor else _NOW if _has_engine(source) else _BEFORE,
        questions=_QUESTIONS,
    )
    environment = {**os.environ, "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": f"{_FUNCTION_MB}"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-P", "-c", code, str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 (a list)
    if done.returncode:
        raise NotMeasured(f"{source or 'The floor'} cannot answer from {file.name}: {done.stderr[-500:]}")
    load, answer, loaded, peak = json.loads(done.stdout)
    return Spent(load, None if is_floor else answer, loaded, peak)


def _table(rows: int, runs: Mapping[str, list[Spent]]) -> Table:
    linear = (
        f" The floor's load, and that of agents before DuckDB, is {_MOST_ROWS_OF_PYTHON:,} rows' multiplied."
        if rows > _MOST_ROWS_OF_PYTHON
        else ""
    )
    return Table(
        f"{rows:,} rows",
        ("", "load, seconds", "ratio to the floor", "a warm answer, ms", "MB after loading", "MB at most"),
        tuple(_lines(runs)),
        f"Medians of {len(runs['now'])}, of CSV in gzip where nothing else is said. A warm answer is the median of "
        f"{len(_QUESTIONS)} questions, each asked for the second time. Memory is the process's, as in a function of "
        f"{_FUNCTION_MB:,} MB.{linear}",
    )


def _lines(runs: Mapping[str, list[Spent]]) -> Iterator[tuple[str | float | int | None, ...]]:
    for side, of_side in runs.items():
        ratios = [spent.load / floor.load for spent, floor in zip(of_side, runs["floor"], strict=True)]
        load, answer, loaded, peak = (_median(values) for values in zip(*of_side, strict=True))
        milliseconds = None if answer is None else answer * 1000
        yield side, load, statistics.median(ratios), *map(_rounded, (milliseconds, loaded, peak))


def _median(values: Sequence[float | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return statistics.median(measured) if measured else None


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _write_export(rows: int, csv_file: Path, parquet_file: Path) -> None:
    """Write a year of hourly charges: 6 services, 3 regions, 30 accounts, 20,000 resources with 3 tags each."""
    connection = duckdb.connect(config={"memory_limit": "4GB", "temp_directory": str(csv_file.parent)})
    connection.execute(
        f"""CREATE VIEW export AS SELECT
            printf('%.10f', cents / 99700) AS BilledCost,
            '111122223333' AS BillingAccountId, 'Example Corp' AS BillingAccountName, 'USD' AS BillingCurrency,
            'Usage' AS ChargeCategory,
            format('$0.{{}} per On Demand m5.{{}}xlarge Instance Hour', seed % 900, seed % 9) AS ChargeDescription,
            strftime(hour, '%Y-%m-%dT%H:%M:%SZ') AS ChargePeriodStart,
            strftime(hour + INTERVAL 1 HOUR, '%Y-%m-%dT%H:%M:%SZ') AS ChargePeriodEnd,
            if(seed % 5 = 0, 'example-plan', '') AS CommitmentDiscountId,
            if(seed % 5 = 0, 'Used', '') AS CommitmentDiscountStatus,
            printf('%.6f', cents / 1000) AS ConsumedQuantity, 'Hours' AS ConsumedUnit,
            printf('%.10f', cents / 99700) AS ContractedCost, printf('%.10f', cents / 99800) AS EffectiveCost,
            printf('%.10f', cents / 99000) AS ListCost, 'Standard' AS PricingCategory, 'AWS' AS ProviderName,
            'us-east-' || (1 + seed // 11 % 3) AS RegionId, 'US East ' || (1 + seed // 11 % 3) AS RegionName,
            'arn:aws:ec2:us-east-1:111122223333:instance/i-' || md5(resource::VARCHAR) AS ResourceId,
            'web-' || resource AS ResourceName, 'Compute' AS ServiceCategory,
            ['Amazon Elastic Compute Cloud', 'Amazon Simple Storage Service', 'AWS Lambda', 'AmazonCloudWatch',
             'Amazon Relational Database Service', 'Amazon Virtual Private Cloud'][1 + seed // 17 % 6] AS ServiceName,
            '4444555566' || (10 + seed // 19 % 30) AS SubAccountId, 'account-' || (seed // 19 % 30) AS SubAccountName,
            format('{{{{"application": "app{{}}", "environment": "{{}}", "team": "t{{}}"}}}}',
                   resource % 200, ['prod', 'dev', 'test'][1 + resource % 3], resource % 40) AS Tags
        FROM (SELECT (hash(number) % 1000000007)::BIGINT AS seed, (hash(number) % 1000000)::DOUBLE AS cents,
                (hash(number * 13) % 20000)::BIGINT AS resource,
                TIMESTAMP '2025-11-01' + INTERVAL 1 HOUR * (number * 9200 // {rows}) AS hour
            FROM range({rows}) AS numbers(number))"""  # noqa: S608 (a number of this file)
    )
    connection.execute(f"COPY export TO '{csv_file}' (FORMAT csv, HEADER, COMPRESSION gzip)")
    connection.execute(f"COPY export TO '{parquet_file}' (FORMAT parquet)")
    connection.close()
