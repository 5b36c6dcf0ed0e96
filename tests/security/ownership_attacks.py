"""One user's hands on another user's jobs, and on what decides whose they are."""

import asyncio
import base64
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_cloud.conversation import Conversation
from security.attack import Attack, Inconclusive, must, stopped_by
from security.held_answers import held_answers
from security.secured_stack import SecuredStack

QUERY = "What did it cost?"
SECRET = f"the victim's own words {uuid.uuid4()}"


@dataclass(frozen=True)
class Victim:
    """A user with a job whose agent does not answer yet, asked under a requestId."""

    user_id: str
    job_id: str
    request_id: str
    connection_id: str
    client: Conversation
    answer: Path

    async def ask(self, frame: dict[str, Any], answer_type: str) -> dict[str, Any]:
        """Send a frame and give its answer, which messages about the job may precede."""
        await self.client.send(frame)
        while (message := await self.client.receive())["type"] != answer_type:
            pass
        return message


@asynccontextmanager
async def victim_of(stack: SecuredStack) -> AsyncIterator[Victim]:
    request_id = str(uuid.uuid4())
    token = await asyncio.to_thread(stack.token, stack.somebody())
    with held_answers() as answer:
        async with stack.connection() as client:
            signed_in = await client.sign_in(token)
            queued = await client.ask(
                {
                    "action": "finops_query",
                    "query": f"{SECRET} cost=held:{answer}",
                    "requestId": request_id,
                    "agents": [stack.agents["cost"]],
                }
            )
            yield Victim(signed_in["userId"], queued["jobId"], request_id, signed_in["connectionId"], client, answer)


def indistinguishable(refusal: dict[str, Any]) -> dict[str, Any]:
    """What a refusal tells, but for what its asker knows: the id that it named, and the time."""
    return {name: value for name, value in refusal.items() if name not in {"jobId", "timestamp"}}


async def tries_for_a_job(stack: SecuredStack, action: str) -> None:
    async with victim_of(stack) as victim, stack.signed_in() as attacker:
        theirs = await attacker.ask({"action": action, "jobId": victim.job_id})
        stopped_by(theirs, "JOB_NOT_FOUND")
        for absent in (str(uuid.uuid4()), f"{victim.job_id}#{stack.agents['cost']}", "user#", "request#"):
            nobodys = await attacker.ask({"action": action, "jobId": absent})
            must(
                indistinguishable(nobodys) == indistinguishable(theirs),
                f"Another's job and none are told apart: {theirs} {nobodys}",
            )
        job = stack.stored_job(victim.job_id)
        must(job["followers"]["SS"] == [victim.connection_id], "The attacker follows the victim's job.")
        must(job["status"]["S"] != "cancelled", "The victim's job was cancelled.")


async def repeating_anothers_request_id(stack: SecuredStack) -> None:
    async with victim_of(stack) as victim, stack.signed_in() as attacker:
        answer = await attacker.ask({"action": "finops_query", "query": QUERY, "requestId": victim.request_id})
        must(answer["type"] == "job_queued", f"A question was refused: {answer}")
        must(answer["jobId"] != victim.job_id and not answer.get("duplicate"), "It is the victim's job.")
        must(SECRET not in json.dumps(answer), "It tells the victim's question.")


async def listing_anothers_jobs(stack: SecuredStack) -> None:
    """With the victim's names in every field, and with cursors that point to the victim's job."""
    async with victim_of(stack) as victim, stack.signed_in() as attacker:
        listed = await attacker.ask(
            {"action": "list_jobs", "userId": victim.user_id, "connectionId": victim.connection_id}
        )
        must(listed == {"type": "job_list", "jobs": []}, f"It lists {listed}")
        created = int(stack.stored_job(victim.job_id)["createdAt"]["N"]) + 1
        listing = {"action": "list_jobs", "cursor": cursor_of([created, victim.job_id])}
        own = await victim.ask(listing, "job_list")
        if [job["jobId"] for job in own["jobs"]] != [victim.job_id]:
            raise Inconclusive(f"The cursor does not lead to the job: {own}")
        answer = await attacker.ask(listing)
        must(answer == {"type": "job_list", "jobs": []}, f"A cursor leads to {answer}")
        for forged in (
            [created, victim.job_id, victim.user_id],
            {"createdAt": created, "jobId": victim.job_id, "userId": victim.user_id},
        ):
            stopped_by(await attacker.ask({"action": "list_jobs", "cursor": cursor_of(forged)}), "INVALID_MESSAGE")


def cursor_of(place: Any) -> str:
    """Write a cursor as the server does, which whoever has got one can see."""
    return base64.urlsafe_b64encode(json.dumps(place, separators=(",", ":")).encode()).decode()


async def naming_the_victim_in_a_question(stack: SecuredStack) -> None:
    async with victim_of(stack) as victim, stack.signed_in() as attacker:
        answer = await attacker.ask(
            {
                "action": "finops_query",
                "query": QUERY,
                "userId": victim.user_id,
                "username": "victim",
                "connectionId": victim.connection_id,
                "jobId": victim.job_id,
                "followers": [victim.connection_id],
                "requestContext": {"connectionId": victim.connection_id},
            }
        )
        job = stack.stored_job(answer["jobId"])
        must(job["userId"]["S"] != victim.user_id, "The job is the victim's.")
        must(answer["jobId"] != victim.job_id, "The attacker has chosen the job's id.")
        must(victim.connection_id not in job["followers"]["SS"], "The victim gets the attacker's messages.")


async def claiming_to_be_the_victim(stack: SecuredStack) -> None:
    async with victim_of(stack) as victim, stack.connection() as attacker:
        claimed = await attacker.ask({"action": "authenticate", "userId": victim.user_id, "username": "victim"})
        must(claimed.get("verified") is False and "activeJobs" not in claimed, f"A claim counts: {claimed}")
        for frame in (
            {"action": "finops_query", "query": QUERY, "userId": victim.user_id},
            {"action": "resume_job", "jobId": victim.job_id},
            {"action": "cancel_job", "jobId": victim.job_id},
            {"action": "list_jobs"},
        ):
            stopped_by(await attacker.ask(frame), "UNAUTHENTICATED")


async def listening_to_the_victims_answer(stack: SecuredStack) -> None:
    """A connection of another user, open all the while, gets nothing of the job."""
    async with victim_of(stack) as victim, stack.signed_in() as attacker:
        victim.answer.unlink()
        await victim.client.next_of({"job_completed"})
        await attacker.send({"action": "ping"})
        heard = await attacker.receive()
        must(heard.get("action") == "pong", f"The attacker hears {heard}")


ATTACKS: dict[str, Attack] = {
    "resuming another's job": lambda stack: tries_for_a_job(stack, "resume_job"),
    "cancelling another's job": lambda stack: tries_for_a_job(stack, "cancel_job"),
    "repeating another's requestId": repeating_anothers_request_id,
    "listing another's jobs, with forged fields and cursors": listing_anothers_jobs,
    "naming another user, connection and job in a question": naming_the_victim_in_a_question,
    "claiming to be another user without a token": claiming_to_be_the_victim,
    "listening while another's job is answered": listening_to_the_victims_answer,
}
