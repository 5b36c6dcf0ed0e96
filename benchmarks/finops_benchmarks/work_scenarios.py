"""What is counted: a connection's life, and questions. A process of its own, since the functions are watched in it.

Its arguments are what to count, and the file into which the work goes, as JSON. The clock stands still, so that the
same is counted every time, and goes on where a connection is to be idle.
"""

import json
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import time_machine

from finops_benchmarks.functions_in_process import Functions
from finops_benchmarks.recorded_work import ANSWER_CHARACTERS, Work

FOLLOWERS = 10
HISTORY = 198
"""How many questions its user has asked before the one that shows whether history costs."""

EARLIER_QUESTIONS, OTHER_USERS, MORE_FOLLOWERS = (1, 100, 1000), (10, 100), (1, 5, 20)
"""What grows, for the part `growth`: what a user has asked before, who else has asked, and who follows the question."""

ACTIVE_JOBS = 10
"""How many questions a user's item names before those that have ended are cleared away: MaxActiveJobsPerUser."""

_ANSWER = {"response": "a" * ANSWER_CHARACTERS}
_LARGE_ANSWER_CHARACTERS = 150_000
# Of 20,000 bytes.
_FIGURE = {
    "title": "Cost by service",
    "columns": [{"key": "service", "label": "Service", "type": "text"}],
    "rows": [{"service": "a" * 19_885}],
}
_QUESTION = "What did Amazon S3 cost in May?"
_BOTH = ("aws-cost-forecast-agent", "trusted-advisor-agent-trusted-advisor-agent")
_ONE = _BOTH[:1]
_BEGIN = 1_795_431_600


class _Scenarios:
    """Does what is counted, each time for a user who has not been there before."""

    def __init__(self, clock: time_machine.Traveller) -> None:
        self._clock = clock
        self._answer: dict[str, Any] = _ANSWER
        self._is_slow = False
        self._job_id = ""
        self._heartbeat, self._first_answered = threading.Event(), threading.Event()
        self._functions = Functions(
            self._answer_as_agent,
            self._hear,
            # The least that there is. An agent is silent for one of them, or for none.
            HEARTBEAT_SECONDS="1",
            MAX_CONNECTIONS_PER_USER=str(max(MORE_FOLLOWERS)),
        )
        self.works: list[Work] = []

    def connection(self) -> None:
        """Open a connection, sign in, ping and close it."""
        user = str(uuid.uuid4())
        with self._functions.recorded("connect") as done:
            connection = self._functions.connect()
        self.works += done
        self._count("authenticate", lambda: self._functions.sign_in(connection, user))
        self._functions.send(connection, action="ping")
        self._count("ping", lambda: self._functions.send(connection, action="ping"))
        self._clock.shift(60)
        self._count("ping, first frame of its minute", lambda: self._functions.send(connection, action="ping"))
        self._count("disconnect", lambda: self._functions.disconnect(connection))

    def questions(self) -> None:
        """Ask questions of each kind."""
        # A function's first one makes its clients, as the first after its start does.
        self._ask_and_process(self._signed_in(str(uuid.uuid4())))
        self._count_question("one agent")
        self._count_question("one agent, without requestId", has_request_id=False)
        self._count_question("two agents", _BOTH)
        self._count_question(f"one agent, {FOLLOWERS} followers", followers=FOLLOWERS)
        self._is_slow = True
        self._count_question("one agent, silent for a heartbeat")
        self._is_slow = False
        self._answer = {"response": "a" * _LARGE_ANSWER_CHARACTERS}
        self._count_question("one agent, a large answer")
        self._answer = {**_ANSWER, "data": [_FIGURE]}
        self._count_question("one agent, with figures")
        self._answer = _ANSWER

    def history(self) -> None:
        """Ask one that finds as many unfinished as there may be, and one after many others of the same user."""
        user = str(uuid.uuid4())
        connection = self._signed_in(user)
        for _ in range(ACTIVE_JOBS):
            self._ask_and_process(connection)
        self._count("one agent, clearing ended ones", lambda: self._ask_and_process(connection))
        self._functions.multiply_jobs(HISTORY // (ACTIVE_JOBS + 1))
        self._count("one agent, after many questions", lambda: self._ask_and_process(connection))

    def growth(self) -> None:
        """Ask one question again and again, where ever more is stored, and where ever more connections follow it."""
        self._ask_and_process(self._signed_in(str(uuid.uuid4())))
        for followers in MORE_FOLLOWERS:
            self._count_question(f"followers: {followers}", followers=followers)
        for others in OTHER_USERS:
            for _ in range(others):
                self._ask_and_process(self._signed_in(str(uuid.uuid4())))
            self._count_question(f"other users: at least {others}")
        for earlier in EARLIER_QUESTIONS:
            self._count_after(earlier)

    def _count_after(self, earlier: int) -> None:
        connection = self._signed_in(str(uuid.uuid4()))
        self._ask_and_process(connection)
        self._functions.multiply_jobs(earlier, self._job_id)
        self._count(f"earlier questions: {earlier}", lambda: self._ask_and_process(connection))

    def _count_question(
        self, name: str, agents: tuple[str, ...] = _ONE, *, followers: int = 1, has_request_id: bool = True
    ) -> None:
        user = str(uuid.uuid4())
        connection = self._signed_in(user)
        others = [self._signed_in(user) for _ in range(followers - 1)]
        with self._functions.recorded(name) as asked:
            self._ask(connection, agents, has_request_id=has_request_id)
        for other in others:
            self._functions.send(other, action="resume_job", jobId=self._job_id)
        with self._functions.recorded(name) as processed:
            self._functions.process()
        self.works.append(asked[0].and_then(processed[0]))

    def _count(self, name: str, act: Callable[[], None]) -> None:
        with self._functions.recorded(name) as done:
            act()
        self.works += done

    def _signed_in(self, user: str) -> str:
        connection = self._functions.connect()
        self._functions.sign_in(connection, user)
        # From here on, a frame is not the first one of its minute.
        self._functions.send(connection, action="ping")
        return connection

    def _ask_and_process(self, connection: str) -> None:
        self._ask(connection, _ONE)
        self._functions.process()

    def _ask(self, connection: str, agents: tuple[str, ...], *, has_request_id: bool = True) -> None:
        self._first_answered.clear()
        request_id = {"requestId": str(uuid.uuid4())} if has_request_id else {}
        self._functions.send(connection, action="finops_query", query=_QUESTION, agents=list(agents), **request_id)

    def _answer_as_agent(self, agent: str, _query: str) -> dict[str, Any]:
        if self._is_slow:
            self._heartbeat.wait()
        if agent != _BOTH[0]:
            # Of two, always in the same order.
            self._first_answered.wait()
        return self._answer

    def _hear(self, message: bytes) -> None:
        wire = json.loads(message)
        if wire.get("type") == "job_queued":
            self._job_id = wire["jobId"]
        if wire.get("type") == "agent_completed":
            self._first_answered.set()
        if wire.get("message", "").startswith("Waiting for"):
            self._heartbeat.set()


def main() -> None:
    """Count everything, or what grows."""
    what, report = sys.argv[1:]
    with time_machine.travel(_BEGIN, tick=False) as clock:
        scenarios = _Scenarios(clock)
        if what == "growth":
            scenarios.growth()
        else:
            scenarios.connection()
            scenarios.questions()
            scenarios.history()
    Path(report).write_bytes(msgspec.json.encode(scenarios.works))


if __name__ == "__main__":
    main()
