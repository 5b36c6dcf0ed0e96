"""Users who want more than their share: one after another, and all at the same moment."""

import asyncio
import time
import uuid
from contextlib import AsyncExitStack
from typing import Any

from local_cloud.conversation import Conversation
from local_cloud.running_cloud import until
from security.attack import Attack, Inconclusive, must, stopped_by
from security.held_answers import held_answers
from security.secured_stack import ACTIVE_JOBS, CONNECTIONS, QUERIES_A_MINUTE, SecuredStack

COST = "What did it cost?"
UNTIL_NEXT_MINUTE = range(1, 61)


async def somebody_elses_question_is_taken(stack: SecuredStack) -> bool:
    async with stack.signed_in() as other:
        return (await other.job(COST))[-1]["type"] == "job_completed"


def check_taken(answers: list[dict[str, Any]]) -> None:
    if not all(answer["type"] == "job_queued" for answer in answers):
        raise Inconclusive(f"Fewer than the limit are taken: {answers}")


def check_refusals(refusals: list[dict[str, Any]], *codes: str) -> None:
    for refusal in refusals:
        stopped_by(refusal, *codes)
        must(refusal.get("retryAfter") in UNTIL_NEXT_MINUTE, f"It is not told when to come again: {refusal}")


async def one_job_too_many(stack: SecuredStack) -> None:
    with held_answers() as first, held_answers() as others:
        async with stack.signed_in() as client:
            jobs = [await asks(client, f"{COST} cost=held:{held}") for held in (first, *[others] * (ACTIVE_JOBS - 1))]
            check_taken(jobs)
            check_refusals([await asks(client, COST)], "TOO_MANY_JOBS")
            must(await somebody_elses_question_is_taken(stack), "Another user is refused too.")
            first.unlink()
            await client.next_of({"job_completed"})
            must((await asks(client, COST))["type"] == "job_queued", "No room after a job has ended.")


async def cancelling_to_ask_more(stack: SecuredStack) -> None:
    """Agents go on with what is cancelled: that their work is not wanted any more does not make it less."""
    with held_answers() as held:
        async with stack.signed_in() as client:
            for _ in range(ACTIVE_JOBS):
                job = await asks(client, f"{COST} cost=held:{held}")
                check_taken([job])
                # Its messages may come before its job_queued, and are then gone.
                await asyncio.to_thread(until, lambda job_id=job["jobId"]: is_at_work(stack, job_id))
                await client.send({"action": "cancel_job", "jobId": job["jobId"]})
                await client.next_of({"job_cancelled"})
            check_refusals([await asks(client, COST)], "TOO_MANY_JOBS")


def is_at_work(stack: SecuredStack, job_id: str) -> bool:
    return bool(stack.stored_job(job_id)["status"]["S"] == "processing")


async def jobs_all_at_once(stack: SecuredStack) -> None:
    """Over as many connections as a user may have, so that functions run side by side."""
    user = stack.somebody()
    with held_answers() as held:
        async with AsyncExitStack() as connections:
            clients = [await connections.enter_async_context(stack.signed_in(user)) for _ in range(CONNECTIONS)]
            question = f"{COST} cost=held:{held}"
            answers = await asyncio.gather(*(asks_several(client, question, 2) for client in clients))
    flat = [answer for each in answers for answer in each]
    taken = [answer for answer in flat if answer["type"] == "job_queued"]
    must(len(taken) <= ACTIVE_JOBS, f"{len(taken)} jobs at once, where {ACTIVE_JOBS} are allowed.")
    if not taken:
        raise Inconclusive(f"None was taken: {flat}")
    check_refusals([answer for answer in flat if answer not in taken], "TOO_MANY_JOBS", "RATE_LIMITED")


async def asks_until_refused(stack: SecuredStack, **fields: str) -> None:
    """Each question is answered before the next, so that only the rate counts."""
    async with stack.signed_in() as client:
        began = time.monotonic()
        for _ in range(QUERIES_A_MINUTE):
            if (ended := (await client.job(COST, **fields))[-1])["type"] != "job_completed":
                raise Inconclusive(f"Fewer than the limit are taken: {ended}")
        one_more = (await client.job(COST, **fields))[-1]
        if "code" not in one_more and time.monotonic() - began > 60:
            raise Inconclusive("It took more than the minute.")
        must("code" in one_more, "No question was refused.")
        must(await somebody_elses_question_is_taken(stack), "Another user is refused too.")
        check_refusals([one_more], "RATE_LIMITED")


async def one_connection_too_many(stack: SecuredStack) -> None:
    user = stack.somebody()
    token = await asyncio.to_thread(stack.token, user)
    before = stack.connection_rows()
    async with AsyncExitStack() as connections:
        clients = [await connections.enter_async_context(stack.signed_in(user)) for _ in range(CONNECTIONS)]
        async with stack.connection() as one_more:
            check_refusals([await one_more.ask({"action": "authenticate", "token": token})], "RATE_LIMITED")
            stopped_by(await one_more.ask({"action": "list_jobs"}), "UNAUTHENTICATED")
        # Signing in again, for a new token, takes no further place.
        must((await clients[0].sign_in(token))["verified"], "A connection cannot renew its token.")
        must(await somebody_elses_question_is_taken(stack), "Another user is refused too.")
    # A closed one makes room once the function has heard of it.
    await asyncio.to_thread(until, lambda: stack.connection_rows() <= before)
    async with stack.signed_in(user):
        pass


async def connections_all_at_once(stack: SecuredStack) -> None:
    token = await asyncio.to_thread(stack.token, stack.somebody())
    async with AsyncExitStack() as connections:
        clients = [await connections.enter_async_context(stack.connection()) for _ in range(2 * CONNECTIONS)]
        answers = await asyncio.gather(*(client.ask({"action": "authenticate", "token": token}) for client in clients))
        taken = [answer for answer in answers if answer["type"] == "authenticated"]
        must(len(taken) <= CONNECTIONS, f"{len(taken)} connections, where {CONNECTIONS} are allowed.")
        must(taken, "None was taken.")
        check_refusals([answer for answer in answers if answer not in taken], "RATE_LIMITED")


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


ATTACKS: dict[str, Attack] = {
    "one unfinished job too many": one_job_too_many,
    "cancelling what is at work, to ask more": cancelling_to_ask_more,
    "many jobs at the same moment": jobs_all_at_once,
    "too many questions a minute": asks_until_refused,
    # A repeated requestId makes no job, and costs all the same.
    "one question again and again": lambda stack: asks_until_refused(stack, requestId=str(uuid.uuid4())),
    "one connection too many": one_connection_too_many,
    "many connections at the same moment": connections_all_at_once,
}
