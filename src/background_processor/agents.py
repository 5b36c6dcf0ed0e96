"""A job's agents: all asked at once, each in a thread; what they answer comes out in one, as it comes."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from background_processor.agent_answer import MAX_PAYLOAD_BYTES, AgentAnswer, answer_in
from finops_websocket import metrics
from finops_websocket.errors import AgentFailed, AgentTimedOut

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

logger = Logger(child=True)

# Seconds before a throttled agent is asked again: at most the first, twice as long each time, at most the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


@dataclass(frozen=True)
class Outcome:
    """What became of one agent: its answer, or why there is none, and how many seconds that took."""

    agent: str
    answer: AgentAnswer | None
    failure: AgentFailed | None
    seconds: float


class Agents:
    """Invokes agents, each once: they may cost money or act, so a lost answer is no reason to ask again.

    Only an invocation that Lambda refuses to begin, because too many functions run, is tried again.
    """

    def __init__(
        self,
        client: "LambdaClient",
        heartbeat: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep a client that neither waits too briefly nor tries again (see aws_clients.agent_client).

        After `heartbeat` seconds of silence the caller is told. `clock` and `sleep` are in seconds.
        """
        self._client = client
        self._reading = threading.Lock()
        self._heartbeat = heartbeat
        self._clock = clock
        self._sleep = sleep

    @contextmanager
    def asked(
        self, agents: Sequence[str], query: str, job_id: str, time_limit: float
    ) -> Iterator[Iterator[Outcome | None]]:
        """Ask agents; give each one's outcome as it comes, and None for each heartbeat's length without one.

        An agent that is not there after `time_limit` seconds has timed out. Its thread is left alone: it ends with the
        client's own timeout and is heard by nobody.
        """
        # Lambda freezes this function between two jobs, and a connection that has died meanwhile would fail an
        # invocation that must not be tried again.
        self._client.close()
        deadline = self._clock() + time_limit
        executor = ThreadPoolExecutor(max_workers=len(agents) or 1, thread_name_prefix="agent")
        stopped = threading.Event()
        try:
            waiting = {
                executor.submit(self._outcome_of, agent, query, job_id, deadline, stopped): agent for agent in agents
            }
            yield self._outcomes(waiting, deadline, time_limit)
        finally:
            # The job may have been cancelled, with an agent that is not begun.
            stopped.set()
            executor.shutdown(wait=False, cancel_futures=True)

    def _outcomes(
        self, waiting: dict[Future[Outcome], str], deadline: float, time_limit: float
    ) -> Iterator[Outcome | None]:
        while waiting:
            time_left = deadline - self._clock()
            done, _ = wait(waiting, timeout=max(0.0, min(self._heartbeat, time_left)), return_when=FIRST_COMPLETED)
            for future in done:
                del waiting[future]
                yield _counted(future.result())
            if waiting and self._clock() >= deadline:
                for future, agent in waiting.items():
                    # While the caller was busy with another's outcome, this one may have come.
                    yield _counted(future.result() if future.done() else _timed_out(agent, time_limit))
                return
            if not done:
                yield None

    def _outcome_of(self, agent: str, query: str, job_id: str, deadline: float, stopped: threading.Event) -> Outcome:
        """Ask an agent until it has answered, or failed. Runs in a thread of its own."""
        began = self._clock()
        answer = failure = None
        try:
            answer = self._invoke(agent, query, job_id, deadline, stopped)
        except AgentFailed as error:
            failure = error
        return Outcome(agent, answer, failure, self._clock() - began)

    def _invoke(self, agent: str, query: str, job_id: str, deadline: float, stopped: threading.Event) -> AgentAnswer:
        """Invoke an agent and give its answer; raise AgentFailed or AgentTimedOut."""
        try:
            payload_sent = json.dumps({"query": query, "jobId": job_id}).encode()
            response = self._begin(agent, payload_sent, deadline, stopped)
            # One byte more than the most shows that there is too much, and no more than that need be had.
            payload: bytes = response["Payload"].read(MAX_PAYLOAD_BYTES + 1)
        except ReadTimeoutError:
            raise AgentTimedOut("It did not answer in time.") from None
        except (ClientError, BotoCoreError) as error:
            # jobId too: a thread that outlives its job would else log in the next one's name.
            logger.warning("An agent could not be reached.", agent=agent, jobId=job_id, errorType=type(error).__name__)
            raise AgentFailed("It could not be reached.") from None
        # A function's crash comes back with status 200, and in its payload an error that is not for clients.
        # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        if "FunctionError" in response:
            logger.warning("An agent crashed.", agent=agent, jobId=job_id, functionError=response["FunctionError"])
            raise AgentFailed("It stopped with an error.")
        # One after another: while it is read, an answer may take 30 times its size, for which the memory suffices once.
        with self._reading:
            answer = answer_in(payload)
        if answer.dropped is not None:
            logger.warning("An agent's figures were dropped.", agent=agent, jobId=job_id, reason=answer.dropped)
        return answer

    def _begin(self, agent: str, payload: bytes, deadline: float, stopped: threading.Event) -> Any:
        """Begin an invocation; a throttled one again until the deadline, or until nobody waits for it any more."""
        longest = _FIRST_PAUSE
        while not stopped.is_set():
            try:
                return self._client.invoke(FunctionName=agent, Payload=payload)
            except self._client.exceptions.TooManyRequestsException:
                # Not predictable on purpose: all that were refused together must not come back together.
                pause = random.uniform(longest / 2, longest)  # noqa: S311 (no secret)
                if self._clock() + pause >= deadline:
                    raise AgentTimedOut("It was too busy to answer in time.") from None
                self._sleep(pause)
                longest = min(2 * longest, _LONGEST_PAUSE)
        raise AgentFailed("Nobody waits for it any more.")


def _timed_out(agent: str, time_limit: float) -> Outcome:
    return Outcome(agent, None, AgentTimedOut("It did not answer in time."), time_limit)


def _counted(outcome: Outcome) -> Outcome:
    # Not in the agent's thread, which goes on when the agent has timed out, and may end while another job is processed.
    metrics.measure(metrics.AGENT_TIME, outcome.seconds, agent=outcome.agent)
    if outcome.failure is not None:
        metrics.count(metrics.AGENT_FAILURES, agent=outcome.agent)
    return outcome
