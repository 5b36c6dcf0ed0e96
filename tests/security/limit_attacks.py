"""Users who want more than their share: one after another, and all at the same moment."""

import asyncio
import time
from contextlib import AsyncExitStack
from typing import Any

from local_cloud.conversation import Conversation
from security.attack import Attack, must, stopped_by
from security.secured_stack import ACTIVE_JOBS, CONNECTIONS, QUERIES_A_MINUTE, SecuredStack

LONG = "What did it cost? cost=hang:3"
UNTIL_NEXT_MINUTE = range(1, 61)


async def somebody_elses_question_is_taken(stack: SecuredStack) -> bool:
    async with stack.signed_in() as other:
        return (await other.job("What did it cost?"))[-1]["type"] == "job_completed"


def check_refusals(refusals: list[dict[str, Any]], *codes: str) -> str:
    for refusal in refusals:
        stopped_by(refusal, *codes)
        must(refusal.get("retryAfter") in UNTIL_NEXT_MINUTE, f"It is not told when to come again: {refusal}")
    return ", ".join(sorted({str(refusal["code"]) for refusal in refusals}))


async def one_job_too_many(stack: SecuredStack) -> str:
    user = stack.somebody()
    async with stack.signed_in(user) as client:
        jobs = [await asks(client, LONG) for _ in range(ACTIVE_JOBS)]
        must(all(job["type"] == "job_queued" for job in jobs), f"Fewer than the limit are taken: {jobs}")
        ended = check_refusals([await asks(client, LONG)], "TOO_MANY_JOBS")
        must(await somebody_elses_question_is_taken(stack), "Another user is refused too.")
        # An ended job makes room.
        await client.send({"action": "cancel_job", "jobId": jobs[0]["jobId"]})
        await client.next_of({"job_cancelled", "job_completed"})
        must((await asks(client, LONG))["type"] == "job_queued", "No room after a job has ended.")
    return ended


async def jobs_all_at_once(stack: SecuredStack) -> str:
    """Over as many connections as a user may have, so that functions run side by side."""
    user = stack.somebody()
    async with AsyncExitStack() as connections:
        clients = [await connections.enter_async_context(stack.signed_in(user)) for _ in range(CONNECTIONS)]
        answers = await asyncio.gather(*(asks_several(client, LONG, 2) for client in clients))
        flat = [answer for each in answers for answer in each]
        taken = [answer for answer in flat if answer["type"] == "job_queued"]
        must(len(taken) <= ACTIVE_JOBS, f"{len(taken)} jobs at once, where {ACTIVE_JOBS} are allowed.")
        must(taken, "None was taken.")
        return check_refusals([answer for answer in flat if answer not in taken], "TOO_MANY_JOBS", "RATE_LIMITED")


async def too_many_questions_a_minute(stack: SecuredStack) -> str:
    """Each is cancelled at once, so that only the rate counts."""
    async with stack.signed_in() as client:
        began = time.monotonic()
        refusals = []
        for _ in range(QUERIES_A_MINUTE + 2):
            answer = await asks(client, LONG)
            if answer["type"] == "job_queued":
                await client.send({"action": "cancel_job", "jobId": answer["jobId"]})
                await client.next_of({"job_cancelled"})
            else:
                refusals.append(answer)
        # On a machine that is so slow that a minute has passed, nothing was refused rightly.
        must(refusals or time.monotonic() - began > 60, "No question was refused.")
        must(await somebody_elses_question_is_taken(stack), "Another user is refused too.")
        return check_refusals(refusals, "RATE_LIMITED")


async def one_connection_too_many(stack: SecuredStack) -> str:
    user = stack.somebody()
    token = await asyncio.to_thread(stack.token, user)
    async with AsyncExitStack() as connections:
        clients = [await connections.enter_async_context(stack.signed_in(user)) for _ in range(CONNECTIONS)]
        async with stack.connection() as one_more:
            ended = check_refusals([await one_more.ask({"action": "authenticate", "token": token})], "RATE_LIMITED")
            stopped_by(await one_more.ask({"action": "list_jobs"}), "UNAUTHENTICATED")
        # Signing in again, for a new token, takes no further place.
        must((await clients[0].sign_in(token))["verified"], "A connection cannot renew its token.")
        must(await somebody_elses_question_is_taken(stack), "Another user is refused too.")
    async with stack.signed_in(user):
        # A closed one has made room.
        return ended


async def connections_all_at_once(stack: SecuredStack) -> str:
    token = await asyncio.to_thread(stack.token, stack.somebody())
    async with AsyncExitStack() as connections:
        clients = [await connections.enter_async_context(stack.connection()) for _ in range(2 * CONNECTIONS)]
        answers = await asyncio.gather(*(client.ask({"action": "authenticate", "token": token}) for client in clients))
        taken = [answer for answer in answers if answer["type"] == "authenticated"]
        must(len(taken) <= CONNECTIONS, f"{len(taken)} connections, where {CONNECTIONS} are allowed.")
        must(taken, "None was taken.")
        return check_refusals([answer for answer in answers if answer not in taken], "RATE_LIMITED")


async def asks(client: Conversation, query: str) -> dict[str, Any]:
    return (await asks_several(client, query, 1))[0]


async def asks_several(client: Conversation, query: str, times: int) -> list[dict[str, Any]]:
    """Ask so many questions without waiting, and give how each was answered."""
    for _ in range(times):
        await client.send({"action": "finops_query", "query": query})
    answers: list[dict[str, Any]] = []
    while len(answers) < times:
        message = await client.receive()
        if message["type"] == "job_queued" or (message["type"] == "job_failed" and message["jobId"] is None):
            answers.append(message)
    return answers


ATTACKS = (
    Attack("one unfinished job too many", "limits", one_job_too_many),
    Attack("many jobs at the same moment", "limits", jobs_all_at_once),
    Attack("too many questions a minute", "limits", too_many_questions_a_minute),
    Attack("one connection too many", "limits", one_connection_too_many),
    Attack("many connections at the same moment", "limits", connections_all_at_once),
)
