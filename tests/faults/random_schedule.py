"""What happens in a random run, all of it chosen by a seed: who does what when, and which faults there are meanwhile.

Pure: random_run.py carries it out.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from random import Random

from faults.fault import Fault
from faults.fault_table import ROWS

# Seconds in which everything begins; what it leads to takes as long again.
LENGTH = 8.0
DEEDS_A_SECOND = 5
PEOPLE = 3

QUESTIONS = ("What did it cost, and where can I save?", "What did it cost?", "Where can I save?")
SCRIPTS = (
    "",
    "",
    "cost=nap:1400 advisor=nap:1400",
    "advisor=nap:2500",
    "cost=nap:1600",
    "cost=crash",
    "advisor=refuse",
    "cost=rubbish advisor=nap:800",
    "advisor=hang:6",
    "cost=large:200000",
    "cost=crash advisor=crash",
)

# A fault that has no end is given one by the schedule; one that befalls everything would let nothing happen.
FAULTS = tuple(
    replace(fault, times=fault.times or 10, probability=min(fault.probability, 0.5))
    for fault in dict.fromkeys(fault for row in ROWS for fault in row.faults)
)


class Deed(StrEnum):
    """What somebody does."""

    ASK = "ask"
    ASK_AGAIN = "ask again"
    OPEN_A_TAB = "open a tab"
    VANISH = "vanish"
    RESUME = "resume"
    CANCEL = "cancel"
    LIST = "list"
    KILL_A_WORKER = "kill a worker"


# How often each is done.
_WEIGHTS = {
    Deed.ASK: 10,
    Deed.ASK_AGAIN: 3,
    Deed.OPEN_A_TAB: 2,
    Deed.VANISH: 3,
    Deed.RESUME: 3,
    Deed.CANCEL: 2,
    Deed.LIST: 1,
    Deed.KILL_A_WORKER: 4,
}


@dataclass(frozen=True)
class Step:
    """A deed of a person's, `at` so many seconds. `choice` says which tab or job: it is taken modulo their number."""

    at: float
    deed: Deed
    person: int
    choice: int
    question: str


@dataclass(frozen=True)
class Period:
    """Faults that there are from `at` so many seconds on, in place of those before."""

    at: float
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class Schedule:
    """A seed's run."""

    seed: int
    steps: tuple[Step, ...]
    periods: tuple[Period, ...]
    has_wrong_clocks: bool

    @classmethod
    def of(cls, seed: int) -> "Schedule":
        """Make the schedule of a seed, always the same."""
        random = Random(seed)
        times = sorted(random.uniform(0, LENGTH) for _ in range(int(LENGTH * DEEDS_A_SECOND)))
        steps = tuple(_step(random, at) for at in times)
        periods = tuple(
            Period(float(at), tuple(random.sample(FAULTS, random.randint(1, 6)))) for at in range(0, int(LENGTH), 2)
        )
        return cls(seed, steps, periods, has_wrong_clocks=random.random() < 0.2)


def _step(random: Random, at: float) -> Step:
    (deed,) = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
    question = f"{random.choice(QUESTIONS)} {random.choice(SCRIPTS)}".strip()
    return Step(at, deed, random.randrange(PEOPLE), random.randrange(1000), question)
