"""The work of a question and of a connection's life, counted over AWS in memory, and its price."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from finops_benchmarks.prices import Charge, Prices
from finops_benchmarks.recorded_work import ANSWER_CHARACTERS, Work
from finops_benchmarks.results import Cell, NotMeasured, Options, Result, Table

_REPOSITORY = Path(__file__).resolve().parents[2]
_IMPORTED = [str(_REPOSITORY / folder) for folder in ("benchmarks", "src")]

_IN_EACH_STEP = ("seq", "stepId", "updatedAt")

_BEGIN, _END = "<!-- prices: made by ./benchmarks/run.sh work -->", "<!-- end of prices -->"


def measure(_: Options) -> Result:
    """Count the work, and write its price into the documents that tell it."""
    works = count()
    prices = Prices(works)
    for name, make_tables in DOCUMENTS.items():
        document = _REPOSITORY / name
        document.write_text(with_tables(document.read_text(encoding="utf-8"), make_tables(prices)), encoding="utf-8")
    by_name = {work.name: work for work in works}
    return Result(
        "Work and its price",
        (
            _work_table(works),
            _writes_table(by_name["one agent"]),
            _messages_table(by_name["two agents"]),
            _time_table(works, prices),
            *price_table(prices),
        ),
        figures={
            "works": {work.name: _figures(work) for work in works},
            "dollars": {name: _by_service(charges) for name, charges in _bills(prices).items()},
        },
    )


def count(what: str = "work") -> list[Work]:
    """Count what the functions do, in a process of its own: the part `work`, or `growth`."""
    with TemporaryDirectory() as directory:
        report = Path(directory) / "work.json"
        counted = subprocess.run(  # noqa: S603 (a list, no shell)
            [sys.executable, "-P", "-m", "finops_benchmarks.work_scenarios", what, report],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(_IMPORTED)},
            capture_output=True,
            text=True,
            check=False,
        )
        if counted.returncode:
            raise NotMeasured(f"The work could not be counted: {counted.stderr[-2000:]}")
        return msgspec.json.decode(report.read_bytes(), type=list[Work])


def with_tables(text: str, tables: Iterable[Table]) -> str:
    """Give a document's text with these tables between its two markers, without their titles."""
    begin, rest = text.split(_BEGIN)
    _, end = rest.split(_END)
    made = "\n\n".join(table.markdown().partition("\n\n")[2] for table in tables)
    return f"{begin}{_BEGIN}\n\n{made}\n\n{_END}{end}"


def price_table(prices: Prices) -> list[Table]:
    """Give what it costs, by service."""
    bills = {name: _by_service(charges) for name, charges in _bills(prices).items()}
    one_agent = next(iter(bills.values()))
    rows: list[tuple[Cell, ...]] = [
        (
            service,
            *(f"{bill[service]:.3f}" if service in bill else None for bill in bills.values()),
            f"{one_agent.get(service, 0) / sum(one_agent.values()):.0%}",
        )
        for service in dict.fromkeys(service for bill in bills.values() for service in bill)
    ]
    totals = (f"**{sum(bill.values()):.3f}**" for bill in bills.values())
    assumed = prices.assumed
    return [
        Table(
            "Price in US dollars",
            ("US dollars", *bills, "share of one agent's"),
            (*rows, ("**together**", *totals, "")),
            f"List prices of {prices.region} in {prices.published}, without the free tiers and the agents' own costs."
            f" Taken to be so: the last agent answers after {assumed['agent_seconds']} seconds with"
            f" {ANSWER_CHARACTERS:,} characters, one answer in {1 / assumed['large_answers']:.0f} is too large for a"
            f" message, a page is open for {assumed['connection_hours']} hour and pings every"
            f" {assumed['ping_minutes']} minutes, {assumed['cold_starts']:.0%} of the invocations start a function"
            " anew.",
        )
    ]


def bill_tables(prices: Prices) -> list[Table]:
    """Give each line of each bill, with its arithmetic."""
    return [
        Table(
            name,
            (name, "quantity", "price", "US dollars"),
            (
                *(
                    (
                        f"{charge.service}: {charge.what}",
                        _amount(charge.quantity),
                        f"{charge.price:.10f}".rstrip("0"),
                        f"{charge.dollars:.4f}",
                    )
                    for charge in charges
                ),
                ("**together**", "", "", f"**{sum(charge.dollars for charge in charges):.2f}**"),
            ),
        )
        for name, charges in _bills(prices).items()
    ]


DOCUMENTS: Mapping[str, Callable[[Prices], list[Table]]] = {
    "README.md": price_table,
    "docs/WEBSOCKET_DEPLOYMENT_GUIDE.md": bill_tables,
}
"""What of the prices stands in which document, between markers."""


def _bills(prices: Prices) -> dict[str, list[Charge]]:
    return {
        "1,000 questions to one agent": _a_thousand(prices.of_question("one agent")),
        "1,000 questions to two agents": _a_thousand(prices.of_question("two agents")),
        "1,000 connected hours": _a_thousand(prices.of_connected_hour()),
        "each month": prices.of_month(),
    }


def _a_thousand(charges: list[Charge]) -> list[Charge]:
    return [replace(charge, quantity=1000 * charge.quantity) for charge in charges]


def _by_service(charges: Iterable[Charge]) -> dict[str, float]:
    dollars: dict[str, float] = {}
    for charge in charges:
        dollars[charge.service] = dollars.get(charge.service, 0) + charge.dollars
    return dollars


def _amount(quantity: float) -> str:
    return f"{quantity:,.0f}" if quantity >= 10 else f"{quantity:.2g}"


def _work_table(works: Iterable[Work]) -> Table:
    return Table(
        "Work",
        (
            "",
            "calls",
            "of DynamoDB",
            "posts",
            "others",
            "write units",
            "read units",
            "bytes sent",
            "bytes received",
            "bytes logged",
        ),
        tuple(
            (
                work.name,
                len(work.calls),
                sum(call.service == "dynamodb" for call in work.calls),
                work.messages().total(),
                sum(call.service not in ("dynamodb", "apigatewaymanagementapi") for call in work.calls),
                work.write_units,
                work.read_units,
                sum(call.sent for call in work.calls),
                sum(call.received for call in work.calls),
                work.log_bytes,
            )
            for work in works
        ),
        "By the functions: AWS calls, and the bytes of their requests' and responses' bodies. Lambda itself receives"
        " and deletes the queue's message, and logs three lines an invocation.",
    )


def _writes_table(work: Work) -> Table:
    return Table(
        "What a question to one agent writes",
        ("item", "by", "changes", "bytes", "units", "and of indexes"),
        tuple(
            (
                write.item,
                call.operation,
                ", ".join(name for name in write.changed if name not in _IN_EACH_STEP) or "all of it",
                write.size,
                write.units,
                ", ".join(f"{index} {units}" for index, units in write.indexes.items()) or None,
            )
            for call in work.calls
            for write in call.writes
        ),
        f"Each step of a job also changes {', '.join(_IN_EACH_STEP)}. A transaction's items cost twice.",
    )


def _messages_table(work: Work) -> Table:
    kinds = Counter[str]()
    for call in work.calls:
        if call.message is not None:
            kinds[call.message] += call.sent
    return Table(
        "What a client hears of a question to two agents",
        ("message", "how many", "bytes in all"),
        tuple((kind, work.messages()[kind], size) for kind, size in kinds.items()),
    )


def _time_table(works: Sequence[Work], prices: Prices) -> Table:
    measured = [invocation for work in works for invocation in work.invocations]
    billed = prices.seconds_of_question("one agent")
    return Table(
        "Time of the functions",
        ("function", "MB", "processor time of an invocation, ms", "billed for a question to one agent, ms"),
        tuple(
            (
                function,
                memory,
                median(invocation.processor_ms for invocation in measured if invocation.function == function),
                round(1000 * billed[function]) if function in billed else None,
            )
            for function, memory in prices.memory.items()
        ),
        "Processor time is the median on the machine that counted, without what plays AWS. What is billed is an"
        " estimate from prices.toml: the agents' time, the processor's at the share of one that the memory gives, a"
        " share of cold starts, and calls that follow each other.",
    )


def _figures(work: Work) -> dict[str, Any]:
    return {
        "calls": dict(work.calls_by_kind()),
        "messages": dict(work.messages()),
        "write units": work.write_units,
        "read units": work.read_units,
        "bytes to clients": work.message_bytes,
        "bytes from the client": sum(work.frames),
        "bytes logged": work.log_bytes,
    }
