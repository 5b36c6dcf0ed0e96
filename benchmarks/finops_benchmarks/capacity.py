"""What so many connected users need at their busiest moment, which limit of AWS or of the template is full first, and
what raises it. It measures nothing: docs/capacity.md has its tables, and a test holds the two together."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from finops_benchmarks import work
from finops_benchmarks.cloudformation_template import load, properties
from finops_benchmarks.prices import Prices
from finops_benchmarks.recorded_work import Work
from finops_benchmarks.results import Cell, Options, Result, Table, write_into_document

_USERS = (100, 10_000, 1_000_000)
_ROOM = 1.5

# How people use it; how long agents take and how often pages ping is in prices.toml. At the busiest moment so many
# times the day's mean is asked, and all connect and sign in within so many minutes, as in the morning or after a break
# of the network.
_QUESTIONS_A_DAY, _HOURS_A_DAY, _WORKING_DAYS, _PEAK, _SIGN_IN_MINUTES = 5, 8, 22, 4, 15
# How many agents a question asks, each of which takes as long as the last.
_AGENTS = 2
# What a function needs for a frame from a client.
_FRAME_SECONDS = 0.1


@dataclass(frozen=True)
class Limit:
    """What there is at most, of something that users need."""

    name: str
    value: int
    need: str
    remedy: str
    source: str = ""
    is_fixed: bool = False
    """One stack cannot have more: the next step is another stack."""


_AWS = "https://docs.aws.amazon.com"
_API = f"{_AWS}/apigateway/latest/developerguide"
_LAMBDA = f"{_AWS}/lambda/latest/dg"
_DYNAMODB = f"{_AWS}/amazondynamodb/latest/developerguide"
_STACK = "[template](../cloudformation/finops-websocket-api-fixed.yaml)"


def _default(parameter: str) -> int:
    return int(load()["Parameters"][parameter]["Default"])


def _route(name: str) -> int:
    settings = properties("AWS::ApiGatewayV2::Stage")["Stage"]["RouteSettings"]
    return int(settings[name]["ThrottlingRateLimit"])


def limits() -> list[Limit]:
    """Give all limits, as AWS and the template have them by default."""
    sign_ins, jobs, functions = "connections and sign-ins a second", "jobs at once", "functions at once"
    job_writes, connection_writes = "write units a second, jobs table", "write units a second, connections table"
    return [
        Limit("jobs at once", _default("MaximumConcurrency"), jobs, "`MaximumConcurrency`, at most 1000"),
        Limit("jobs at once, the most of a queue's mapping", 1000, jobs,
              "another stack", f"{_LAMBDA}/services-sqs-scaling.html", True),
        Limit("functions at once, new account", 10, functions,
              "Lambda, `L-B99A9384`", f"{_LAMBDA}/gettingstarted-limits.html"),
        Limit("functions at once, account", 1000, functions,
              "Lambda, `L-B99A9384`, to tens of thousands", f"{_LAMBDA}/gettingstarted-limits.html"),
        Limit("connections a second, stack", _route("$connect"), sign_ins, f"`RouteSettings` in the {_STACK}"),
        Limit("sign-ins a second, stack", _route("authenticate"), sign_ins, f"`RouteSettings` in the {_STACK}"),
        Limit("connections a second, account", 500, sign_ins,
              "API Gateway, `L-9ED1E49A`", f"{_API}/apigateway-execution-service-websocket-limits-table.html"),
        Limit("questions a second, stack", _default("RequestsPerSecond"), "questions a second",
              "`RequestsPerSecond`, at most 10000"),
        Limit("pings a second, stack", _default("RequestsPerSecond"), "pings a second",
              "`RequestsPerSecond`, at most 10000"),
        Limit("frames in and out, and connections, a second, account", 10_000,
              "frames in and out, and connections, a second", "API Gateway, `L-8A5B8E43`", f"{_API}/limits.html"),
        Limit("sign-ins and token refreshes a second, account", 120, "sign-ins and token refreshes a second",
              "Cognito, category `UserAuthentication`", f"{_AWS}/cognito/latest/developerguide/quotas.html"),
        Limit("write units a second, new jobs table", 4000, job_writes,
              "grows by itself, twofold in 30 minutes", f"{_DYNAMODB}/on-demand-capacity-mode.html"),
        Limit("write units a second, jobs table", 40_000, job_writes,
              "DynamoDB, `L-AB614373`", f"{_DYNAMODB}/ServiceQuotas.html"),
        Limit("write units a second, new connections table", 4000, connection_writes,
              "grows by itself, twofold in 30 minutes", f"{_DYNAMODB}/on-demand-capacity-mode.html"),
        Limit("write units a second, index of open jobs", 1000, "write units a second, index of open jobs",
              "another stack", f"{_DYNAMODB}/warm-throughput-scenarios.html", True),
        Limit("messages in hand, queue", 120_000, jobs, "SQS, support request",
              f"{_AWS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"),
    ]  # fmt: skip


class Capacity:
    """What users need, by the work that was counted for a question and a connection."""

    def __init__(self, works: Iterable[Work]) -> None:
        self._works = {one.name: one for one in works}
        self._prices = Prices(self._works.values())

    def needs(self, users: int) -> dict[str, float]:
        """Give what so many connected users need at the busiest moment. Each need grows as their number does."""
        works = self._works
        questions = users * _QUESTIONS_A_DAY * _PEAK / (_HOURS_A_DAY * 3600)
        # Connections, and sign-ins on them. That each connection is closed after two hours makes fewer.
        sign_ins = users / (_SIGN_IN_MINUTES * 60)
        pings = users / (self._prices.assumed["ping_minutes"] * 60)
        thinking = self._prices.assumed["agent_seconds"]
        heartbeats = questions * (thinking // _default("HeartbeatSeconds"))
        frames_in = questions + sign_ins + pings
        frames_out = (
            questions * works["two agents"].messages().total()
            + heartbeats
            + sign_ins * works["authenticate"].messages().total()
            + pings * works["ping"].messages().total()
        )
        # Little's law: what comes a second, times the seconds that it stays.
        jobs = questions * thinking
        visit = sum(_units(works[name], of_connections=True) for name in ("connect", "authenticate", "disconnect"))
        return {
            "questions a second": questions,
            "pings a second": pings,
            "connections and sign-ins a second": sign_ins,
            "sign-ins and token refreshes a second": sign_ins + users / 3600,
            "frames in and out, and connections, a second": frames_in + frames_out + sign_ins,
            "jobs at once": jobs,
            "functions at once": jobs * (1 + _AGENTS) + (frames_in + sign_ins) * _FRAME_SECONDS,
            # A heartbeat is a step more.
            "write units a second, jobs table": questions * _units(works["two agents"]) + heartbeats,
            "write units a second, connections table": (
                sign_ins * visit
                + questions * _units(works["two agents"], of_connections=True)
                + pings * _units(works["ping, first frame of its minute"], of_connections=True)
            ),
            "write units a second, index of open jobs": questions
            * sum(write.indexes.get("open-index", 0) for write in works["two agents"].writes()),
        }

    def dollars(self, users: int) -> float:
        """Give what a month of it costs, the agents apart."""
        hours = users * _HOURS_A_DAY * _WORKING_DAYS
        questions = users * _QUESTIONS_A_DAY * _WORKING_DAYS
        of_question, of_hour, of_month = (
            sum(charge.dollars for charge in charges)
            for charges in (
                self._prices.of_question("two agents"),
                self._prices.of_connected_hour(),
                self._prices.of_month(),
            )
        )
        return questions * of_question + hours * of_hour + of_month

    def share(self, limit: Limit, users: int) -> float:
        """Give how much of a limit so many users need; more than 1 is more than there is."""
        return self.needs(users)[limit.need] / limit.value

    def enough_for(self, limit: Limit) -> int:
        """Give how many connected users a limit is enough for."""
        return int(1_000_000 / self.share(limit, 1_000_000))

    def tables(self) -> tuple[Table, ...]:
        """Give what is needed, what is full first, and what to set."""
        users = tuple(f"{number:,}" for number in _USERS)
        needed = zip(*(self.needs(number).items() for number in _USERS), strict=True)
        return (
            Table(
                "What the busiest moment needs",
                ("connected users", *users),
                tuple((row[0][0], *(_rounded(value) for _, value in row)) for row in needed),
            ),
            Table(
                "What is full first",
                ("limit", "is", "enough for users", *users, "what raises it"),
                tuple(map(self._row, sorted(limits(), key=self.enough_for))),
            ),
            Table(
                "What to set",
                ("connected users", "stacks", "`MaximumConcurrency`", "connections and sign-ins a second",
                 "`RequestsPerSecond`", "`L-B99A9384` (Lambda)", "`L-8A5B8E43` (API Gateway)", "US dollars a month"),
                tuple(map(self._settings, _USERS)),
                "Half as much again as is needed, since at its limit a queue grows for ever, and never less than the"
                " default. The parameters are each stack's, the quotas those of all stacks together. The price is"
                f" that of {_WORKING_DAYS} days, without the agents' own.",
            ),
        )  # fmt: skip

    def _row(self, limit: Limit) -> tuple[Cell, ...]:
        name = f"[{limit.name}]({limit.source})" if limit.source else limit.name
        shares = (_share(self.share(limit, users)) for users in _USERS)
        return (name, limit.value, _two_digits(self.enough_for(limit), math.floor), *shares, limit.remedy)

    def _settings(self, users: int) -> tuple[Cell, ...]:
        need = {name: value * _ROOM for name, value in self.needs(users).items()}
        stacks = math.ceil(max(need[limit.need] / limit.value for limit in limits() if limit.is_fixed))
        jobs, sign_ins = need["jobs at once"] / stacks, need["connections and sign-ins a second"] / stacks
        frames = max(need["questions a second"], need["pings a second"]) / stacks
        return (
            f"{users:,}",
            stacks,
            min(1000, max(_default("MaximumConcurrency"), math.ceil(jobs))),
            max(_route("$connect"), math.ceil(sign_ins)),
            max(_default("RequestsPerSecond"), math.ceil(frames)),
            max(1000, _two_digits(need["functions at once"])),
            max(10_000, _two_digits(need["frames in and out, and connections, a second"])),
            _two_digits(self.dollars(users)),
        )


def measure(_: Options) -> Result:
    """Work out the tables, and write them into docs/capacity.md."""
    tables = Capacity(work.count()).tables()
    write_into_document("docs/capacity.md", "capacity", tables)
    return Result("Capacity: what is full first", tables)


def _units(done: Work, *, of_connections: bool = False) -> int:
    """Give the write units of the connections table, or of the jobs table, without its indexes."""
    ours = (write for write in done.writes() if write.item.endswith(("connection", "connections")) is of_connections)
    return sum(write.units for write in ours)


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _two_digits(value: float, rounded: Callable[[float], int] = math.ceil) -> int:
    unit = int(10 ** max(0, math.floor(math.log10(value)) - 1))
    return rounded(value / unit) * unit


def _share(used: float) -> str:
    if used > 1:
        return f"**{used:,.0f} times**" if used >= 10 else f"**{used:.1f} times**"
    return f"{used:.0%}" if used >= 0.01 else "under 1%"
