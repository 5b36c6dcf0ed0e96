"""A client that asks one question at a time and notes when each frame of the answer came."""

import asyncio
import json
import time
import uuid
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from finops_benchmarks.results import NotMeasured

# Seconds without any message after which none is waited for.
_PATIENCE = 60

ENDS = ("job_completed", "job_failed", "job_cancelled")


@dataclass(frozen=True)
class Answered:
    """What became of a question: seconds from its sending to each step, and the frames that came."""

    queued: float
    progress: float
    end: float
    frames: int


def connected(url: str) -> connect:
    """Connect as API Gateway's clients do, without compression."""
    return connect(url, compression=None, open_timeout=60)


def question(user: str, agent_seconds: float) -> str:
    """Give a frame that asks, as a user of this name, for an answer that takes the agent so long."""
    return json.dumps(
        {
            "action": "finops_query",
            # With a word of costs, so that the project asks one agent as the floor does.
            "query": f"What did S3 cost? Answer after {agent_seconds}",
            "requestId": str(uuid.uuid4()),
            "userId": user,
            "username": user,
        }
    )


async def ask(connection: ClientConnection, user: str, agent_seconds: float) -> Answered:
    """Ask for an answer that takes the agent so long, and wait for it; raise NotMeasured if another comes, or none."""
    frame = question(user, agent_seconds)
    sent = time.perf_counter()
    came: list[tuple[str, float]] = []
    try:
        await connection.send(frame)
        while not came or came[-1][0] not in ENDS:
            message = json.loads(await asyncio.wait_for(connection.recv(), _PATIENCE))
            came.append((message.get("type", "none"), time.perf_counter() - sent))
    except (TimeoutError, ConnectionClosed):
        raise NotMeasured(f"A question was not answered within {_PATIENCE} seconds, or cut off.") from None
    # The processor may be quicker than the handler, which acknowledges what it has queued already.
    queued = [seconds for kind, seconds in came if kind == "job_queued"]
    others = [seconds for kind, seconds in came if kind != "job_queued"]
    if len(queued) != 1 or came[-1][0] != "job_completed":
        raise NotMeasured(f"A question was answered by {', '.join(kind for kind, _ in came)}.")
    return Answered(queued=queued[0], progress=others[0], end=came[-1][1], frames=len(came))
