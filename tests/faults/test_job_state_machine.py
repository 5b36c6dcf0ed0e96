"""Hypothesis drives the product's functions in any order it can think of, and the checker judges what has happened.

Workers and frames are served in steps: others act between a write and the message that tells of it.
"""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from faults.aws_in_memory import AwsInMemory
from faults.checker import violations
from faults.functions_in_memory import LEASE, STUCK_AFTER
from faults.service_in_memory import ServiceInMemory

USERS = ("ann", "bob")
# One of what there is: the number is taken modulo how many there are.
ANY = st.integers(0, 20)
QUERIES = st.sampled_from(["costs", "costs and savings", "slow costs and savings", "fail costs and savings"])
# At how many checkpoints a run goes by before somebody else acts. A job of one agent has eight.
PACES = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 100, 100, 100])
# As far as where the agents have been asked, with one follower or with two.
HALFWAY = st.sampled_from([2, 4, 6])
# A dead worker's message is seen again after four thirds of its lease, and a second.
SEEN_AGAIN = LEASE * 4 // 3 + 2
SECONDS = st.sampled_from([1, LEASE + 1, SEEN_AGAIN, SEEN_AGAIN, STUCK_AFTER + LEASE + 1])


class JobStateMachine(RuleBasedStateMachine):
    def __init__(self, service: ServiceInMemory) -> None:
        super().__init__()
        self.service = service

    @initialize(queries=st.tuples(QUERIES, QUERIES))
    def both_have_asked(self, queries: tuple[str, str]) -> None:
        for user, query in zip(USERS, queries, strict=True):
            # A tab that was there before the question does not hear of it by itself.
            self.service.open(user)
            self._send(self.service.open(user), 100, action="finops_query", query=query, requestId="request-1")

    @rule(user=st.sampled_from(USERS))
    def open_a_tab(self, user: str) -> None:
        self.service.open(user)

    @rule(which=ANY)
    def vanish(self, which: int) -> None:
        # Not the last: without a connection, nobody could ask.
        if len(self.service.aws.users) > 1:
            self.service.close(self._connection(which))

    @rule(which=ANY, query=QUERIES, request=st.integers(1, 4), pace=PACES)
    def ask(self, which: int, query: str, request: int, pace: int) -> None:
        self._send(self._connection(which), pace, action="finops_query", query=query, requestId=f"request-{request}")

    @rule(which=ANY, job=ANY, pace=PACES)
    def resume(self, which: int, job: int, pace: int) -> None:
        self._send(self._connection(which), pace, action="resume_job", jobId=one_of(self.service.job_ids(), job))

    @rule(which=ANY, job=ANY, pace=PACES)
    def cancel(self, which: int, job: int, pace: int) -> None:
        self._send(self._connection(which), pace, action="cancel_job", jobId=one_of(self.service.job_ids(), job))

    @rule(which=ANY)
    def list_jobs(self, which: int) -> None:
        self._send(self._connection(which), 100, action="list_jobs")

    @rule(pace=PACES)
    def a_worker_takes_a_message(self, pace: int) -> None:
        if run := self.service.deliver("main"):
            self.service.go_on(run, pace)

    @rule(pace=PACES)
    def a_worker_takes_a_dead_letter(self, pace: int) -> None:
        if run := self.service.deliver("dead"):
            self.service.go_on(run, pace)

    @precondition(lambda self: self.service.runs)
    @rule(which=ANY, pace=PACES)
    def go_on(self, which: int, pace: int) -> None:
        self.service.go_on(one_of(self.service.runs, which), pace)

    @precondition(lambda self: self.service.runs)
    @rule(which=ANY)
    def a_process_dies(self, which: int) -> None:
        self.service.kill(one_of(self.service.runs, which))

    @precondition(lambda self: self.service.runs)
    @rule(which=ANY, pace=PACES)
    def a_process_dies_and_a_worker_takes_over(self, which: int, pace: int) -> None:
        self.service.kill(one_of(self.service.runs, which))
        self.service.pass_time(SEEN_AGAIN)
        self.a_worker_takes_a_message(pace)

    @rule(pace=HALFWAY, pace_of_the_other=PACES)
    def two_workers_take_one_message(self, pace: int, pace_of_the_other: int) -> None:
        if run := self.service.deliver("main"):
            self.service.go_on(run, pace)
        for message in self.service.queues.in_flight()[-1:]:
            message.visible_at = self.service.now
            self.a_worker_takes_a_message(pace_of_the_other)

    @rule(seconds=SECONDS)
    def time_goes_by(self, seconds: int) -> None:
        self.service.pass_time(seconds)

    @rule(which=ANY)
    def a_client_cannot_be_reached_or_can_again(self, which: int) -> None:
        self.service.aws.unreachable ^= {self._connection(which)}

    @rule(what=st.sampled_from(["is down", "is up", "has lost its messages", "has a body that is no job"]))
    def the_queue(self, what: str) -> None:
        match what:
            case "has lost its messages":
                self.service.queues.lose_jobs()
            case "has a body that is no job":
                self.service.put_foreign_body()
            case _:
                self.service.queues.is_down = what == "is down"

    @rule(pace=PACES)
    def sweep(self, pace: int) -> None:
        self.service.go_on(self.service.sweep(), pace)

    def teardown(self) -> None:
        assert violations(self.service.settle()) == {}

    def _send(self, connection: str, pace: int, **frame: Any) -> None:
        self.service.go_on(self.service.send(connection, frame), pace)

    def _connection(self, which: int) -> str:
        return one_of(sorted(self.service.aws.users), which)


def one_of(there_are: list[Any], which: int) -> Any:
    return there_are[which % len(there_are)]


def test_jobs_end_whatever_happens(aws: AwsInMemory) -> None:
    # Anything that makes a machine will do, whatever the annotation says.
    make_machine: Any = lambda: JobStateMachine(ServiceInMemory(aws))  # noqa: E731
    run_state_machine_as_test(make_machine, settings=settings(max_examples=20, stateful_step_count=25, deadline=None))
