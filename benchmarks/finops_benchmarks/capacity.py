"""What so many connected users need at their busiest moment, which limit of AWS or of the template is full first, and
what raises it. It measures nothing: docs/capacity.md has its tables, and a test holds the two together."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from finops_benchmarks.cloudformation_template import load, properties
from finops_benchmarks.results import Cell, Options, Result, Table

_USERS = (100, 10_000, 1_000_000)
_ROOM = 1.5


@dataclass(frozen=True)
class Assumptions:
    """How people use it. The busiest moment is the morning's, in which all of these come together."""

    questions_a_day: int = 5
    hours_a_day: int = 8
    peak: int = 4
    """How many times the day's mean is asked at the busiest moment."""
    sign_in_minutes: int = 15
    """All connect and sign in within these, in the morning or after a break of the network."""
    ping_minutes: int = 5
    """A page that shows nothing new says that it is there: after 10 idle minutes API Gateway closes."""
    agent_seconds: tuple[int, ...] = (20, 30)
    """Each question asks so many agents, which take so long."""
    frame_seconds: float = 0.1
    """What a function needs for a frame from a client."""


@dataclass(frozen=True)
class Work:
    """What one question with two agents is, besides a step, a frame and a write unit at each heartbeat."""

    frames: int = 6
    write_units: int = 20
    # In, when it is stored, and out, at its end.
    open_index_writes: int = 2
    # `$connect`, who has signed in, its user's place, `$disconnect` twice.
    connection_writes: int = 5


ASSUMED, WORK = Assumptions(), Work()


def needs(users: int) -> dict[str, float]:
    """Give what so many connected users need at the busiest moment. Each need grows as their number does."""
    questions = users * ASSUMED.questions_a_day * ASSUMED.peak / (ASSUMED.hours_a_day * 3600)
    # Connections, and sign-ins on them. That each connection is closed after two hours makes fewer.
    sign_ins = users / (ASSUMED.sign_in_minutes * 60)
    pings = users / (ASSUMED.ping_minutes * 60)
    longest = max(ASSUMED.agent_seconds)
    heartbeats = questions * (longest // _default("HeartbeatSeconds"))
    frames_in = questions + sign_ins + pings
    # Sign-ins and pings have an answer each.
    frames_out = questions * WORK.frames + heartbeats + sign_ins + pings
    # Little's law: what comes a second, times the seconds that it stays.
    jobs = questions * longest
    agents = questions * sum(ASSUMED.agent_seconds)
    return {
        "questions a second": questions,
        "pings a second": pings,
        "connections and sign-ins a second": sign_ins,
        "sign-ins and token refreshes a second": sign_ins + users / 3600,
        "frames in and out, and connections, a second": frames_in + frames_out + sign_ins,
        "jobs at once": jobs,
        "functions at once": jobs + agents + (frames_in + sign_ins) * ASSUMED.frame_seconds,
        "write units a second, jobs table": questions * WORK.write_units + heartbeats,
        "write units a second, connections table": sign_ins * WORK.connection_writes + frames_in,
        "write units a second, index of open jobs": questions * WORK.open_index_writes,
    }


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

    def share(self, users: int) -> float:
        """Give how much of it so many users need; more than 1 is more than there is."""
        return needs(users)[self.need] / self.value

    @property
    def enough_for(self) -> int:
        """How many connected users this is enough for."""
        return int(1_000_000 / self.share(1_000_000))


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
    """Give all limits, the one that is full first before the others."""
    sign_ins, jobs, functions = "connections and sign-ins a second", "jobs at once", "functions at once"
    job_writes, connection_writes = "write units a second, jobs table", "write units a second, connections table"
    return sorted(
        [
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
        ],
        key=lambda limit: limit.enough_for,
    )  # fmt: skip


def measure(_: Options) -> Result:
    """Work out the tables."""
    users = tuple(f"{number:,}" for number in _USERS)
    needed = zip(*(needs(number).items() for number in _USERS), strict=True)
    return Result(
        "Capacity: what is full first",
        (
            Table(
                "What the busiest moment needs",
                ("connected users", *users),
                tuple((row[0][0], *(_rounded(value) for _, value in row)) for row in needed),
            ),
            Table(
                "What is full first",
                ("limit", "is", "enough for users", *users, "what raises it"),
                tuple(map(_row, limits())),
            ),
            Table(
                "What to set",
                ("connected users", "stacks", "`MaximumConcurrency`", "connections and sign-ins a second",
                 "`RequestsPerSecond`", "`L-B99A9384` (Lambda)", "`L-8A5B8E43` (API Gateway)"),
                tuple(map(_settings, _USERS)),
                "Half as much again as is needed, since at its limit a queue grows for ever, and never less than the"
                " default. The parameters are each stack's, the quotas those of all stacks together.",
            ),
        ),
    )  # fmt: skip


def _row(limit: Limit) -> tuple[Cell, ...]:
    name = f"[{limit.name}]({limit.source})" if limit.source else limit.name
    shares = (_share(limit.share(users)) for users in _USERS)
    return (name, limit.value, _two_digits(limit.enough_for, math.floor), *shares, limit.remedy)


def _settings(users: int) -> tuple[Cell, ...]:
    need = {name: value * _ROOM for name, value in needs(users).items()}
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
    )


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def _two_digits(value: float, rounded: Callable[[float], int] = math.ceil) -> int:
    unit = int(10 ** max(0, math.floor(math.log10(value)) - 1))
    return rounded(value / unit) * unit


def _share(used: float) -> str:
    if used > 1:
        return f"**{used:,.0f} times**" if used >= 10 else f"**{used:.1f} times**"
    return f"{used:.0%}" if used >= 0.01 else "under 1%"
