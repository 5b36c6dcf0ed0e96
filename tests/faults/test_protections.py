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

from faults.checker import verdict
from faults.fault import Fault, Kind
from faults.fault_proxy import PROCESSOR
from faults.fault_table import COST, MESSAGE_HANDLER, saying
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
    """What is taken out of which function, the schedule in which it is missed, and who misses it."""

    name: str
    function: str
    weakness: Weakness
    questions: tuple[str, ...]
    faults: tuple[Fault, ...]
    scenario: Callable[[Scene], Awaitable[None]]
    found: frozenset[str]


PROTECTIONS = (
    Protection(
        name="a claim respects a live lease",
        function=PROCESSOR,
        weakness=Weakness(
            "websocket-background-processor.zip",
            "finops_websocket/job_lease.py",
            " or (job.status == PROCESSING and job.lease_until > self._jobs.now())",
            "",
        ),
        # Long enough for a second worker to come while the first one waits.
        questions=(f"{COST} cost=nap:3000",),
        faults=(),
        scenario=a_message_comes_again_meanwhile,
        found=frozenset({"agents are asked once"}),
    ),
    Protection(
        name="an end is written to an unfinished job only",
        function=MESSAGE_HANDLER,
        weakness=Weakness(
            "websocket-message-handler.zip",
            "finops_websocket/job_store.py",
            'return Attr("status").is_in(list(UNFINISHED))',
            'return Attr("status").exists()',
        ),
        questions=(COST,),
        faults=(),
        scenario=jobs_are_cancelled_when_they_have_ended,
        found=frozenset({"exactly one end each"}),
    ),
    Protection(
        name="an end is stored before it is sent",
        function=PROCESSOR,
        weakness=Weakness(
            "websocket-background-processor.zip",
            "background_processor/process_job.py",
            '        job = self._lease.complete(job, message="Your answer is ready.", partial=partial)\n',
            '        ended = replace(job, status="completed", progress=100, partial=partial, seq=job.seq + 1)\n'
            "        self._broadcast(ended, job_messages.job_completed(ended, sent, self._answers))\n"
            '        job = self._lease.complete(job, message="Your answer is ready.", partial=partial)\n',
        ),
        questions=(COST,),
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
        scenario=questions_are_asked,
        found=frozenset({"stored before sent"}),
    ),
)


@pytest.mark.parametrize("protection", PROTECTIONS, ids=lambda protection: protection.name)
async def test_the_checker_sees_what_is_missing(
    protection: Protection, faulty_stack: FaultyStack, packages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await broken_invariants(protection, faulty_stack) == {}

    with without(protection, faulty_stack, packages):
        broken = await broken_invariants(protection, faulty_stack)

    assert broken.keys() >= protection.found
    with capsys.disabled():
        for name in sorted(protection.found):
            print(f"\nwithout '{protection.name}': [{name}] {broken[name][0]}")  # noqa: T201  (the finding is the point)


async def broken_invariants(protection: Protection, stack: FaultyStack) -> dict[str, list[str]]:
    people = (stack.person("carla"), stack.person("dario"))
    stack.begin(protection.faults)
    async with Scene(stack, people, protection.questions, seed=1) as scene:
        await protection.scenario(scene)
        history = await asyncio.to_thread(stack.finish)
        return {name: found for name, found in verdict(history).items() if found}


@contextmanager
def without(protection: Protection, stack: FaultyStack, packages: Path) -> Iterator[None]:
    """Run the function without the protection."""
    functions = stack.cloud.client("lambda")
    name = stack.project + protection.function
    functions.update_function_code(FunctionName=name, ZipFile=protection.weakness.package_of(packages))
    try:
        yield
    finally:
        whole = (packages / protection.weakness.package).read_bytes()
        functions.update_function_code(FunctionName=name, ZipFile=whole)
