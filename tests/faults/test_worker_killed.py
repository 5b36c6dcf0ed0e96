"""kill -9 of the worker in mid-job: the answer comes all the same, and finished agents are not asked again."""

import asyncio
from dataclasses import dataclass

import pytest

from faults.checker import violations
from faults.clients import end_state
from faults.faulty_stack import LEASE, FaultyStack
from faults.history import Crashed, History, Received, Stored
from faults.scene import Scene
from local_cloud.running_cloud import until

BOTH = "What did it cost, and where can I save?"
# In milliseconds: the job is killed while it lasts, after a heartbeat or two.
NAP = 2500


@dataclass(frozen=True)
class Moment:
    """When the worker is killed: as soon as a message of this type has come."""

    message_type: str
    query: str
    invocations: dict[str, int]


MOMENTS = {
    "before the answers": Moment(
        "progress_update", f"{BOTH} cost=nap:{NAP} advisor=nap:{NAP}", {"cost": 2, "advisor": 2}
    ),
    "between two answers": Moment("agent_completed", f"{BOTH} advisor=nap:{NAP}", {"cost": 1, "advisor": 2}),
}


@pytest.mark.parametrize("name", MOMENTS)
async def test_job_of_a_killed_worker_is_answered(name: str, faulty_stack: FaultyStack, notes: list[str]) -> None:
    moment = MOMENTS[name]
    person = faulty_stack.person(name.replace(" ", "-"))
    faulty_stack.begin()
    async with Scene(faulty_stack, (person, person), (moment.query,), seed=0) as scene:
        (asked,) = await scene.ask_all()
        await asked.tab.hear(asked.job_id, moment.message_type)
        # The agents begin side by side with the messages.
        await asyncio.to_thread(until, lambda: len(faulty_stack.invocations(asked.job_id)) == 2)
        assert faulty_stack.proxy.kill_holder_of(asked.job_id)
        end = await asked.tab.end_of(asked.job_id)
        history = await asyncio.to_thread(faulty_stack.finish)
        found = violations(history)

    invocations = faulty_stack.invocations(asked.job_id)
    notes.append(f"killed {name}: {times_of(history, asked.job_id)}, agents invoked {dict(invocations)}")
    assert found == []
    assert end_state(end) == "completed"
    assert not end["result"]["partial"]
    assert invocations == moment.invocations
    assert faulty_stack.stored_job(asked.job_id)["attempts"]["N"] == "2"


def times_of(history: History, job_id: str) -> str:
    """How long it took until another worker had the job, and until the answer was there."""
    (crash,) = (event for event in history.events if isinstance(event, Crashed))
    writes = [event for event in history.events if isinstance(event, Stored) and event.item["jobId"] == job_id]
    taken_over = next(event for event in writes if event.item["attempts"] == 2)
    answered = next(
        event for event in history.events if isinstance(event, Received) and event.message["type"] == "job_completed"
    )
    return (
        f"taken over after {taken_over.at - crash.at:.1f} s (a lease is {LEASE} s), "
        f"answered after {answered.at - crash.at:.1f} s"
    )
