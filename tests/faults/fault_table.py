"""The faults, each with the questions that are asked meanwhile, what people do, and which ends are right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from faults import scenarios
from faults.clients import Message
from faults.fault import Fault, Kind
from faults.fault_proxy import PROCESSOR
from faults.faulty_stack import AGENT_TIMEOUT
from faults.scene import Scene

Scenario = Callable[[Scene], Awaitable[list[Message]]]

BOTH = "What did it cost, and where can I save?"
COST = "What did it cost?"
# In one row only: what befalls its job befalls no other.
SAVE = "Where can I save?"
# Long enough for something to happen meanwhile: for a heartbeat after a second of silence, on a busy machine too.
SLOWLY = f"{BOTH} cost=nap:2000 advisor=nap:2000"
ONE_SLOWLY = f"{BOTH} advisor=nap:2500"
# Long enough for a new worker to begin meanwhile.
LONG = f"{COST} cost=nap:2500"
# Too large for a message, so that it goes through the results bucket.
LARGE = f"{COST} cost=large:200000"

MESSAGE_HANDLER = "-message-handler"


@dataclass(frozen=True)
class Row:
    """A scenario under faults. Its jobs come to one of `ends`: a status, or the code of a failure."""

    name: str
    faults: tuple[Fault, ...]
    questions: tuple[str, ...]
    ends: frozenset[str] = frozenset({"completed"})
    is_partial: bool = False
    scenario: Scenario = scenarios.everybody_waits
    never_comes: bool = False
    """Whether nothing that is done here may bring the faults about."""

    @property
    def is_alone(self) -> bool:
        """Whether it touches other jobs than its own. Rows that do not run beside each other."""
        stops_the_queue = self.scenario in (scenarios.the_queue_forgets, scenarios.nobody_looks_and_the_sweep_does)
        return stops_the_queue or any(fault != EVERY_WORKER_DIES for fault in self.faults)


def saying(*words: str) -> Callable[[bytes], bool]:
    """Match calls whose body has all these words."""
    return lambda body: all(word.encode() in body for word in words)


def under(fault: Fault, *questions: str, **fields: Any) -> Row:
    """Make the row of one fault, which gives it its name."""
    return Row(fault.name, (fault,), questions or (BOTH, COST, BOTH, COST), **fields)


def dynamodb(name: str, kind: Kind, probability: float, **fields: Any) -> Row:
    return under(Fault(name, "dynamodb", kind, probability=probability, **fields))


def sending(name: str, kind: Kind, **fields: Any) -> Fault:
    return Fault(name, "sqs", kind, "SendMessage", **fields)


def posting(name: str, error: str, **fields: Any) -> Fault:
    """Posting to a connection is refused with an error."""
    return Fault(name, "connections", Kind.REFUSE, error=error, **fields)


def people(name: str, scenario: Scenario, *questions: str, **fields: Any) -> Row:
    """Make a row in which nothing is wrong with AWS."""
    return Row(name, (), questions, scenario=scenario, **fields)


def killed(
    when: str, words: str, *, times: int | None = 1, service: str = "dynamodb", caller: str = PROCESSOR
) -> Fault:
    """A worker is killed when it makes a call with these words."""
    return Fault(f"killed {when}", service, Kind.KILL, caller=caller, matches=saying(words), times=times)


EVERY_WORKER_DIES = killed("at the start", f'"query":"{SAVE}"', service="connections", times=None)
VISIBLE_TOO_EARLY = Fault(
    "message visible while its worker lives", "sqs", Kind.HIDE, "ChangeMessageVisibility", times=2
)

ROWS = (
    dynamodb("DynamoDB throttles", Kind.REFUSE, 0.15, error="ProvisionedThroughputExceededException"),
    dynamodb("DynamoDB fails", Kind.REFUSE, 0.15, error="InternalServerError"),
    dynamodb("DynamoDB is slow", Kind.DELAY, 0.2, seconds=0.3),
    dynamodb("DynamoDB's connection drops", Kind.DROP, 0.1),
    dynamodb("DynamoDB's reply is lost", Kind.LOSE_REPLY, 0.15),
    dynamodb("DynamoDB gets it twice", Kind.DUPLICATE, 0.3),
    # SQS
    under(sending("SQS fails", Kind.REFUSE, error="ServiceUnavailable", times=2)),
    under(
        sending("SQS is down", Kind.REFUSE, error="ServiceUnavailable"),
        COST,
        COST,
        ends=frozenset({"QUEUE_UNAVAILABLE"}),
    ),
    under(sending("SQS's reply is lost", Kind.LOSE_REPLY, times=2)),
    under(sending("SQS gets it twice", Kind.DUPLICATE)),
    under(
        Fault(
            "visibility cannot be changed",
            "sqs",
            Kind.REFUSE,
            "ChangeMessageVisibility",
            error="ServiceUnavailable",
            times=4,
        )
    ),
    under(VISIBLE_TOO_EARLY, LONG, LONG),
    people("the queue forgets", scenarios.the_queue_forgets, COST, BOTH),
    people("the queue forgets, nobody looks", scenarios.nobody_looks_and_the_sweep_does, COST, BOTH),
    # The agents
    under(Fault("agents are throttled", "lambda", Kind.REFUSE, error="TooManyRequestsException", times=4)),
    under(Fault("an agent cannot be invoked", "lambda", Kind.REFUSE, error="ServiceException", times=1), BOTH, BOTH),
    under(Fault("an agent's connection drops", "lambda", Kind.DROP, times=1), BOTH, BOTH),
    under(Fault("an agent's reply is lost", "lambda", Kind.LOSE_REPLY, times=1), BOTH, BOTH),
    under(Fault("an agent is invoked twice", "lambda", Kind.DUPLICATE, times=2)),
    *(
        Row(f"an agent {what}", (), (f"{BOTH} advisor={script}",) * 2, is_partial=True)
        for what, script in (
            ("crashes", "crash"),
            ("refuses", "refuse"),
            ("hangs", f"hang:{AGENT_TIMEOUT + 3}"),
            ("answers rubbish", "rubbish"),
            ("answers twice at once", "twice"),
            ("nests its answer deeply", "deep:100000"),
        )
    ),
    Row("all agents crash", (), (f"{BOTH} cost=crash advisor=crash",) * 2, ends=frozenset({"AGENTS_FAILED"})),
    # As much as Lambda passes on, almost.
    people(
        "an agent answers 6 MB",
        scenarios.whole_answers_are_behind_links,
        f"{COST} cost=large:6000000",
        f"{COST} cost=large:6000001",
    ),
    # Posting
    under(posting("posting says gone (410)", "GoneException", caller=PROCESSOR, times=2)),
    under(posting("posting is throttled (429)", "LimitExceededException", probability=0.3)),
    under(posting("posting fails (500)", "InternalServerErrorException", probability=0.3)),
    under(
        posting(
            "a message is too large (413)",
            "PayloadTooLargeException",
            # As API Gateway does.
            matches=lambda body: len(body) > 128 * 1024,
        ),
        LARGE,
        f"{BOTH} cost=large:102000 advisor=large:102000",
        scenario=scenarios.answers_are_as_large_as_messages,
        never_comes=True,
    ),
    under(posting("posting is forbidden (403)", "ForbiddenException", caller=PROCESSOR, times=3)),
    under(
        posting(
            "an end cannot be posted",
            "LimitExceededException",
            caller=PROCESSOR,
            matches=saying('"job_completed"'),
            # Each of two ends as often as it is tried at first.
            times=6,
        ),
        COST,
        BOTH,
    ),
    under(Fault("a post's reply is lost", "connections", Kind.LOSE_REPLY, probability=0.2)),
    under(Fault("posting is slow", "connections", Kind.DELAY, probability=0.3, seconds=0.3)),
    # S3
    *(
        under(fault, LARGE, LARGE, scenario=scenarios.whole_answers_are_behind_links)
        for fault in (
            Fault("S3 is too busy", "s3", Kind.REFUSE, error="SlowDown", times=3),
            Fault("S3 is slow", "s3", Kind.DELAY, "PutObject", seconds=0.5),
        )
    ),
    # Workers
    Row(
        "workers die while agents work",
        (
            killed("before the answers", "Waiting for Cost analysis and Optimisation"),
            killed("between two answers", "Waiting for Optimisation."),
        ),
        (SLOWLY, ONE_SLOWLY),
    ),
    Row(
        "workers die at the end",
        (
            killed("before the end is stored", "Your answer is ready"),
            killed("before the end is sent", '"job_completed"', service="connections"),
        ),
        (BOTH, COST),
    ),
    Row("every worker of a job dies", (EVERY_WORKER_DIES,), (SAVE,), ends=frozenset({"PROCESSING_FAILED"})),
    Row(
        "who takes a question dies",
        (killed("before the job is queued", "jobId", service="sqs", caller=MESSAGE_HANDLER),),
        (COST, COST),
    ),
    # People
    people("clients vanish and come back", scenarios.everybody_vanishes_and_comes_back, SLOWLY, ONE_SLOWLY),
    people("a client never comes back", scenarios.somebody_never_comes_back, ONE_SLOWLY, COST),
    people("three tabs, one vanishes", scenarios.three_tabs_follow, SLOWLY, ONE_SLOWLY),
    people(
        "jobs are cancelled, twice",
        scenarios.cancel_at_random_moments,
        *(SLOWLY, COST, ONE_SLOWLY, SLOWLY),
        ends=frozenset({"completed", "cancelled"}),
    ),
    people("a stranger asks for the jobs", scenarios.another_asks_for_the_jobs, SLOWLY, COST),
    people("one question, three times at once", scenarios.the_same_question_twice_at_once, BOTH),
    # Time
    people("TTL deletes a job early", scenarios.ttl_deletes_a_finished_job_early, COST, BOTH),
    people("TTL deletes an answer early", scenarios.ttl_deletes_an_answer_early, BOTH, COST),
    people("TTL deletes late", scenarios.an_expired_job_is_still_there, COST, BOTH),
    people("a dead letter is no job", scenarios.a_foreign_body_is_dead, COST, COST),
    Row(
        # A job may be taken from a worker that has it, even too often; it has one end all the same.
        "clocks off by five minutes",
        (VISIBLE_TOO_EARLY, killed("meanwhile", "Waiting for")),
        (SLOWLY, SLOWLY),
        ends=frozenset({"completed", "PROCESSING_FAILED"}),
        scenario=scenarios.clocks_are_wrong,
    ),
)
