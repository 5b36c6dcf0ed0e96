"""What AWS bills for work that was counted, by the list prices of prices.toml. Pure, but for reading files."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from finops_benchmarks.cloudformation_template import load, properties
from finops_benchmarks.recorded_work import Work

_GB = 1024**3

# API Gateway meters messages, either way, by these.
_METERED_BYTES = 32 * 1024

# With this memory a function has one whole processor, and with less its share of one.
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MEMORY_OF_A_PROCESSOR = 1769

# What Lambda itself writes of an invocation: START, END and REPORT.
# https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
_LAMBDAS_LOG_BYTES = 300

# What DynamoDB adds to an item that it keeps.
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
_KEPT_BESIDE_ITEM = 100

Usage = Counter[str]
"""How much of each thing that is billed or timed, by its name; may be fractions."""


@dataclass(frozen=True)
class Charge:
    """A line of the bill: so much of something, at the price of one, in US dollars."""

    service: str
    what: str
    quantity: float
    price: float

    @property
    def dollars(self) -> float:
        """Give what it comes to."""
        return self.quantity * self.price


class Prices:
    """The bill for what was counted, `works` by their names."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._usage = {work.name: _usage(work) for work in works}
        self._prices: dict[str, Any] = tomllib.loads(Path(__file__).with_name("prices.toml").read_text("utf-8"))
        self.region: str = self._prices["region"]
        self.published: str = self._prices["published"]
        self.assumed: Mapping[str, float] = self._prices["assumed"]
        self.memory: Mapping[str, int] = {
            function["Handler"].partition(".")[0]: int(function["MemorySize"])
            for function in properties("AWS::Lambda::Function").values()
        }

    def of_question(self, kind: str) -> list[Charge]:
        """Bill a question of a kind, what is done while its agents think and a share of large answers included."""
        return self._charges(self._question(kind))

    def seconds_of_question(self, kind: str) -> dict[str, float]:
        """Estimate for how long each function runs for a question of a kind; those that do."""
        usage = self._question(kind)
        return {
            function: self._seconds(function, usage) for function in self.memory if usage[f"invocations of {function}"]
        }

    def of_connected_hour(self) -> list[Charge]:
        """Bill an hour of a connection on which nothing is asked."""
        visits = 1 / self.assumed["connection_hours"]
        return self._charges(
            _sum(
                *(_times(visits, self._usage[kind]) for kind in ("connect", "authenticate", "disconnect")),
                _times(60 / self.assumed["ping_minutes"], self._usage["ping, first frame of its minute"]),
                Usage({"connection minutes": 60}),
            )
        )

    def of_month(self) -> list[Charge]:
        """Bill a month in which nobody asks."""
        standing = self._prices["standing"]
        sweeps = self._charges(Usage({"invocations of background_processor": standing["sweeps"]}))
        alarms = len(properties("AWS::CloudWatch::Alarm", "monitoring.yaml"))
        return [
            *(charge for charge in sweeps if charge.service == "Lambda"),
            # The index of open jobs, which is short.
            self._charge("DynamoDB", "read units of the sweep", standing["sweeps"] / 2, "read_unit"),
            self._charge("SQS", "requests of Lambda's polling", standing["polls"], "request"),
            self._charge("CloudWatch", "metrics", standing["metrics"], "metric_month"),
            self._charge("CloudWatch", "alarms", alarms, "alarm_month"),
            self._charge("KMS", "requests, at most", standing["kms_requests"], "request"),
        ]

    def _question(self, kind: str) -> Usage:
        thinking = self.assumed["agent_seconds"]
        heartbeats = int(thinking / _parameter("HeartbeatSeconds"))
        return _sum(
            self._usage[kind],
            # A page's question comes alone in its minute.
            _difference(self._usage["ping, first frame of its minute"], self._usage["ping"]),
            _times(heartbeats, self._beyond_one_agent("one agent, silent for a heartbeat")),
            _times(1 / _parameter("MaxActiveJobsPerUser"), self._beyond_one_agent("one agent, clearing ended ones")),
            _times(self.assumed["large_answers"], self._beyond_one_agent("one agent, a large answer")),
            Usage(
                {
                    # Received and deleted by Lambda; hidden anew after each third of the lease.
                    "queue requests": 2 + int(thinking / (_parameter("LeaseSeconds") / 3)),
                    "seconds of background_processor": thinking,
                }
            ),
        )

    def _beyond_one_agent(self, kind: str) -> Usage:
        return _difference(self._usage[kind], self._usage["one agent"])

    def _charges(self, usage: Usage) -> list[Charge]:
        gb_seconds = sum(self._seconds(function, usage) * memory / 1024 for function, memory in self.memory.items())
        invocations = sum(usage[f"invocations of {function}"] for function in self.memory)
        kept_months = _parameter("JobRetentionDays") / 30
        log_bytes = usage["log bytes"] + _LAMBDAS_LOG_BYTES * invocations
        charges = [
            self._charge("Lambda", "GB-seconds", gb_seconds, "gb_second"),
            self._charge("Lambda", "requests", invocations, "request"),
            self._charge("DynamoDB", "write units", usage["write units"], "write_unit"),
            self._charge("DynamoDB", "read units", usage["read units"], "read_unit"),
            self._charge("DynamoDB", "GB kept for a month", kept_months * usage["kept bytes"] / _GB, "gb_month"),
            self._charge("API Gateway", "messages", usage["messages"], "message"),
            self._charge("API Gateway", "connection minutes", usage["connection minutes"], "connection_minute"),
            self._charge("SQS", "requests", usage["queue requests"], "fair_request"),
            self._charge("CloudWatch", "GB of logs", log_bytes / _GB, "log_gb"),
            self._charge("S3", "answers stored", usage["objects put"], "put"),
            self._charge("S3", "answers read", usage["objects got"], "get"),
            self._charge("S3", "GB kept for a month", kept_months * usage["object bytes"] / _GB, "gb_month"),
            self._charge("Internet", "GB to clients", usage["message bytes"] / _GB, "gb"),
        ]
        return [charge for charge in charges if charge.quantity]

    def _charge(self, service: str, what: str, quantity: float, price: str) -> Charge:
        return Charge(service, what, quantity, self._prices[service.lower().replace(" ", "_")][price])

    def _seconds(self, function: str, usage: Usage) -> float:
        """Estimate for how long a function runs: a share of a processor, and calls that follow each other."""
        whole_processor: float = self._prices["processor_seconds"][function]
        processor = whole_processor * _MEMORY_OF_A_PROCESSOR / self.memory[function]
        starts = self.assumed["cold_starts"] * self.assumed["init_seconds"]
        return (
            usage[f"invocations of {function}"] * (processor + starts)
            + usage[f"calls of {function}"] * self.assumed["call_seconds"]
            + usage[f"seconds of {function}"]
        )


def _usage(work: Work) -> Usage:
    usage = Usage(
        {
            "write units": work.write_units,
            "read units": work.read_units,
            "message bytes": work.message_bytes,
            "log bytes": work.log_bytes,
            "messages": sum(ceil(size / _METERED_BYTES) for size in (*work.frames, *work.message_sizes)),
            "kept bytes": sum(
                # Connections' rows are there for hours, and their table is not counted.
                write.added + (_KEPT_BESIDE_ITEM if write.added == write.size else 0)
                for write in work.writes()
                if not write.item.endswith(("connection", "connections"))
            ),
        }
    )
    for invocation in work.invocations:
        usage[f"invocations of {invocation.function}"] += 1
    for call in work.calls:
        usage[f"calls of {call.function}"] += 1
        usage["queue requests"] += call.service == "sqs"
        usage["objects put"] += call.operation == "PutObject"
        usage["objects got"] += call.operation == "GetObject"
        usage["object bytes"] += call.sent if call.operation == "PutObject" else 0
    return usage


def _parameter(name: str) -> int:
    return int(load()["Parameters"][name]["Default"])


def _sum(*usages: Usage) -> Usage:
    total = Usage()
    for usage in usages:
        # Not +, which drops what is negative.
        total.update(usage)
    return total


def _difference(usage: Usage, less: Usage) -> Usage:
    return _sum(usage, _times(-1, less))


def _times(factor: float, usage: Usage) -> Usage:
    return Usage({name: factor * amount for name, amount in usage.items()})
