"""The suite has teeth: without any one of three protections, the checker finds what it is there to find.

With them it finds nothing in such schedules: they are like rows of the fault table.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from faults.checker import violations
from faults.fault import Fault, Kind
from faults.fault_proxy import PROCESSOR
from faults.fault_table import COST, saying
from faults.faulty_stack import FaultyStack
from faults.scene import Scene, all_ends
from faults.weakened_package import BACKGROUND_PROCESSOR, MESSAGE_HANDLER, Weakness, weakened
from local_cloud.running_cloud import until
from security.held_answers import held_answers


async def questions_are_asked(scene: Scene) -> None:
    await all_ends(await scene.ask_all())


async def a_message_comes_again_meanwhile(scene: Scene) -> None:
    """The agent answers when it has been asked a second time."""
    with held_answers() as held:
        (asked,) = await replace(scene, questions=(f"{COST} cost=held:{held}",)).ask_all()
        await asyncio.to_thread(until, lambda: scene.stack.invocations(asked.job_id)["cost"] >= 1)
        scene.stack.cloud.client("sqs").send_message(
            QueueUrl=scene.stack.outputs["ProcessingQueueUrl"], MessageBody=json.dumps({"jobId": asked.job_id})
        )
        await asyncio.to_thread(until, lambda: scene.stack.invocations(asked.job_id)["cost"] >= 2)
    await all_ends([asked])


async def jobs_are_cancelled_when_they_have_ended(scene: Scene) -> None:
    asked = await scene.ask_all()
    await all_ends(asked)
    await asyncio.gather(*(one.tab.cancel(one.job_id) for one in asked))


WORKER_DIES_AT_THE_END = Fault(
    "worker killed at the end", "dynamodb", Kind.KILL, caller=PROCESSOR, matches=saying("Your answer is ready"), times=1
)

# What is taken out, the schedule in which it is missed, and the invariant that is then broken.
PROTECTIONS = {
    "a claim respects a live lease": (
        Weakness(
            BACKGROUND_PROCESSOR,
            "finops_websocket/jobs/store.py",
            "if job is None or job.is_finished or job.held_for(self.now(), lease):",
            "if job is None or job.is_finished:",
        ),
        a_message_comes_again_meanwhile,
        "agents_are_asked_once",
        (),
    ),
    "an end is written to an unfinished job only": (
        Weakness(
            MESSAGE_HANDLER,
            "finops_websocket/jobs/store.py",
            'return Attr("status").is_in(list(UNFINISHED))',
            'return Attr("status").exists()',
        ),
        jobs_are_cancelled_when_they_have_ended,
        "one_end_each",
        (),
    ),
    "an end is stored before it is sent": (
        Weakness(
            BACKGROUND_PROCESSOR,
            "background_processor/process_job.py",
            "        self._job = self._services.jobs.complete(",
            "        from dataclasses import replace\n"
            '        ended = replace(self._job, status="completed", progress=100, partial=partial)\n'
            "        ended = replace(ended, seq=ended.seq + 1)\n"
            "        end = messages.job_completed(ended, self._answers, self._services.answers)\n"
            "        self._services.delivery.broadcast(ended, end)\n"
            "        self._job = self._services.jobs.complete(",
        ),
        questions_are_asked,
        "stored_before_sent",
        (WORKER_DIES_AT_THE_END,),
    ),
}


@pytest.mark.parametrize(("weakness", "schedule", "invariant", "faults"), PROTECTIONS.values(), ids=PROTECTIONS)
async def test_the_checker_sees_what_is_missing(
    weakness: Weakness,
    schedule: Callable[[Scene], Awaitable[None]],
    invariant: str,
    faults: tuple[Fault, ...],
    faulty_stack: FaultyStack,
    packages: Path,
) -> None:
    people = (faulty_stack.person("carla"), faulty_stack.person("dario"))
    with weakened(faulty_stack, packages, weakness):
        faulty_stack.begin(faults)
        async with AsyncExitStack() as tabs:
            await schedule(Scene(faulty_stack, tabs, people, (COST,), Random()))
            assert invariant in violations(await asyncio.to_thread(faulty_stack.finish))
