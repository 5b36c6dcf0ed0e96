"""One invocation of one agent."""

import json
import random
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from background_processor.agent_answer import MAX_PAYLOAD_BYTES, content_of
from finops_websocket.errors import AgentFailed, AgentTimedOut

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

logger = Logger(child=True)

# Seconds before a throttled agent is asked again: at most the first, twice as long each time, at most the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 5.0


class AgentInvoker:
    """Invokes agents, each once: they may cost money or act, so a lost answer is no reason to ask again.

    Only an invocation that Lambda refuses to begin, because too many functions run, is tried again.
    """

    def __init__(
        self,
        make_client: Callable[[], "LambdaClient"],
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Keep what makes clients that neither wait too briefly nor try again (see aws_clients.agent_client).

        Each invocation has a client, and so a connection, of its own: Lambda freezes this function between two jobs,
        and a connection that has died meanwhile would fail an invocation that must not be tried again. `clock` and
        `sleep` are in seconds.
        """
        self._make_client = make_client
        # boto3's sessions, which make the clients, are not for several threads at once:
        # https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html
        self._making = threading.Lock()
        self._clock = clock
        self._sleep = sleep

    def invoke(self, agent: str, query: str, job_id: str, give_up_at: float, stopped: threading.Event) -> str:
        """Ask an agent and give its markdown; raise AgentFailed or AgentTimedOut. Runs in a thread of its own.

        A throttled agent is asked again until the clock says `give_up_at`, or until nobody waits for it any more.
        """
        with self._making:
            client = self._make_client()
        try:
            payload_sent = json.dumps({"query": query, "jobId": job_id}).encode()
            response = self._begin(client, agent, payload_sent, give_up_at, stopped)
            # One byte more than the most shows that there is too much, and no more than that need be had.
            payload: bytes = response["Payload"].read(MAX_PAYLOAD_BYTES + 1)
        except ReadTimeoutError:
            raise AgentTimedOut("It did not answer in time.") from None
        except (ClientError, BotoCoreError) as error:
            # jobId too: a thread that outlives its job would else log in the next one's name.
            logger.warning("An agent could not be reached.", agent=agent, jobId=job_id, errorType=type(error).__name__)
            raise AgentFailed("It could not be reached.") from None
        finally:
            client.close()
        # A function's crash comes back with status 200, and in its payload an error that is not for clients.
        # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        if "FunctionError" in response:
            logger.warning("An agent crashed.", agent=agent, jobId=job_id, functionError=response["FunctionError"])
            raise AgentFailed("It stopped with an error.")
        return content_of(payload)

    def _begin(
        self, client: "LambdaClient", agent: str, payload: bytes, give_up_at: float, stopped: threading.Event
    ) -> Any:
        longest = _FIRST_PAUSE
        while not stopped.is_set():
            try:
                return client.invoke(FunctionName=agent, Payload=payload)
            except client.exceptions.TooManyRequestsException:
                # Not predictable on purpose: all that were refused together must not come back together.
                pause = random.uniform(longest / 2, longest)  # noqa: S311 (no secret)
                if self._clock() + pause >= give_up_at:
                    raise AgentTimedOut("It was too busy to answer in time.") from None
                self._sleep(pause)
                longest = min(2 * longest, _LONGEST_PAUSE)
        raise AgentFailed("Nobody waits for it any more.")
