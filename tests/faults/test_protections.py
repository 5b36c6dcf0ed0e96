"""The suite has teeth: without any one of three protections, the checker finds what it is there to find.

Each schedule is run on the product as it is, where nothing may be found, and on a package without the protection.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from faults import weakened_package
from faults.checker import verdict
from faults.fault import Fault, Kind
from faults.fault_proxy import PROCESSOR
from faults.fault_table import COST, saying
from faults.faulty_stack import FaultyStack
from faults.scene import Scene, all_ends
from faults.weakened_package import Weakness
from local_cloud.running_cloud import until


async def questions_are_asked(scene: Scene) -> None:
    await all_ends(await scene.ask_all())


async def a_message_comes_again_meanwhile(scene: Scene) -> None:
    (asked,) = await scene.ask_all()
    await asyncio.to_thread(until, lambda: scene.stack.invocations(asked.job_id))
    scene.stack.cloud.client("sqs").send_message(
        QueueUrl=scene.stack.outputs["ProcessingQueueUrl"], MessageBody=json.dumps({"jobId": asked.job_id})
    )
    await all_ends([asked])


async def jobs_are_cancelled_when_they_have_ended(scene: Scene) -> None:
    asked = await scene.ask_all()
    await all_ends(asked)
    await asyncio.gather(*(one.tab.cancel(one.job_id) for one in asked))


@dataclass(frozen=True)
class Protection:
    """What is taken out, the schedule in which it is missed, and the invariant that is then broken."""

    name: str
    weakness: Weakness
    question: str
    scenario: Callable[[Scene], Awaitable[None]]
    broken: str
    faults: tuple[Fault, ...] = ()


PROTECTIONS = (
    Protection(
        "a claim respects a live lease",
        weakened_package.A_CLAIM_RESPECTS_A_LIVE_LEASE,
        # Long enough for a second worker to come while the first one waits.
        f"{COST} cost=nap:3000",
        a_message_comes_again_meanwhile,
        "agents are asked once",
    ),
    Protection(
        "an end is written to an unfinished job only",
        weakened_package.AN_END_IS_WRITTEN_TO_AN_UNFINISHED_JOB_ONLY,
        COST,
        jobs_are_cancelled_when_they_have_ended,
        "exactly one end each",
    ),
    Protection(
        "an end is stored before it is sent",
        weakened_package.AN_END_IS_STORED_BEFORE_IT_IS_SENT,
        COST,
        questions_are_asked,
        "stored before sent",
        faults=(
            Fault(
                "worker killed at the end",
                "dynamodb",
                Kind.KILL,
                caller=PROCESSOR,
                matches=saying("Your answer is ready"),
                times=1,
            ),
        ),
    ),
)


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda protection: protection.name)
async def test_the_checker_sees_what_is_missing(
    protection: Protection, faulty_stack: FaultyStack, packages: Path, notes: list[str]
) -> None:
    assert await broken_invariants(protection, faulty_stack) == {}

    with without(protection.weakness, faulty_stack, packages):
        broken = await broken_invariants(protection, faulty_stack)

    assert protection.broken in broken
    notes.append(f"without '{protection.name}': [{protection.broken}] {broken[protection.broken][0]}")


async def broken_invariants(protection: Protection, stack: FaultyStack) -> dict[str, list[str]]:
    people = (stack.person("carla"), stack.person("dario"))
    stack.begin(protection.faults)
    async with Scene(stack, people, (protection.question,), seed=1) as scene:
        await protection.scenario(scene)
        history = await asyncio.to_thread(stack.finish)
        return {name: found for name, found in verdict(history).items() if found}


@contextmanager
def without(weakness: Weakness, stack: FaultyStack, packages: Path) -> Iterator[None]:
    """Run the function without the protection."""
    functions = stack.cloud.client("lambda")
    name = f"{stack.project}-{weakness.function}"
    functions.update_function_code(FunctionName=name, ZipFile=weakness.package_of(packages))
    try:
        yield
    finally:
        functions.update_function_code(FunctionName=name, ZipFile=(packages / weakness.package).read_bytes())
