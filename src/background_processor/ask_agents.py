"""All agents of a job at once, each in a thread; what they answer comes out in one, as it comes."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass

from background_processor.agent_invocation import AgentInvoker
from finops_websocket import metrics
from finops_websocket.errors import AgentFailed, AgentTimedOut


@dataclass(frozen=True)
class Outcome:
    """What became of one agent: its markdown, or why there is none."""

    agent: str
    content: str | None
    failure: AgentFailed | None


class AskAgents:
    """Asks agents in parallel."""

    def __init__(self, invoker: AgentInvoker, heartbeat: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep the invoker; after `heartbeat` seconds of silence the caller is told. `clock` is the invoker's."""
        self._invoker = invoker
        self._heartbeat = heartbeat
        self._clock = clock

    def __call__(self, agents: Sequence[str], query: str, job_id: str, time_limit: float) -> Iterator[Outcome | None]:
        """Give each agent's outcome as it comes, and None for each heartbeat's length without one.

        An agent that is not there after `time_limit` seconds has timed out. Its thread is left alone: it ends with the
        client's own timeout and is heard by nobody.
        """
        if not agents:
            return
        deadline = self._clock() + time_limit
        executor = ThreadPoolExecutor(max_workers=len(agents), thread_name_prefix="agent")
        stopped = threading.Event()
        try:
            waiting = {executor.submit(self._ask, agent, query, job_id, deadline, stopped): agent for agent in agents}
            while waiting:
                time_left = deadline - self._clock()
                done, _ = wait(waiting, timeout=max(0.0, min(self._heartbeat, time_left)), return_when=FIRST_COMPLETED)
                for future in done:
                    del waiting[future]
                    yield _counted(*future.result())
                if waiting and self._clock() >= deadline:
                    for future, agent in waiting.items():
                        # While the caller was busy with another's outcome, this one may have come.
                        yield _counted(*(future.result() if future.done() else _timed_out(agent, time_limit)))
                    return
                if not done:
                    yield None
        finally:
            # The job may have been cancelled, with an agent that is not begun.
            stopped.set()
            executor.shutdown(wait=False, cancel_futures=True)

    def _ask(
        self, agent: str, query: str, job_id: str, deadline: float, stopped: threading.Event
    ) -> tuple[Outcome, float]:
        """Give an agent's outcome, and how many seconds it took. Runs in a thread of its own."""
        began = self._clock()
        try:
            outcome = Outcome(agent, self._invoker.invoke(agent, query, job_id, deadline, stopped), None)
        except AgentFailed as failure:
            outcome = Outcome(agent, None, failure)
        return outcome, self._clock() - began


def _timed_out(agent: str, time_limit: float) -> tuple[Outcome, float]:
    return Outcome(agent, None, AgentTimedOut("It did not answer in time.")), time_limit


def _counted(outcome: Outcome, seconds: float) -> Outcome:
    # Not in the agent's thread, which goes on when the agent has timed out, and may end while another job is processed.
    metrics.measure(metrics.AGENT_TIME, seconds, agent=outcome.agent)
    if outcome.failure is not None:
        metrics.count(metrics.AGENT_FAILURES, agent=outcome.agent)
    return outcome
