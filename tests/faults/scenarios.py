"""What people do while faults are injected. Each scenario gives the last message of each job."""

import asyncio
import json
import urllib.request
import uuid

from faults.clients import Message
from faults.scene import Asked, Scene, all_ends

# Seconds in which a random moment lies: about as long as a job with a nap takes.
MOMENTS = 1.5


async def everybody_waits(scene: Scene) -> list[Message]:
    return await all_ends(await scene.ask_all())


async def whole_answers_are_behind_links(scene: Scene) -> list[Message]:
    """Each question tells its only agent how large its answer has to be."""
    ends = await everybody_waits(scene)
    for question, end in zip(scene.questions, ends, strict=True):
        text = await asyncio.to_thread(fetch, end["result"]["responseUrl"])
        assert text == "x" * int(question.rpartition("cost=large:")[2])
    return ends


async def answers_are_as_large_as_messages(scene: Scene) -> list[Message]:
    """A snapshot has each text twice, so it is as large as a message may be."""
    asked = await scene.ask_all()
    ends = await all_ends(asked)
    for one in asked:
        snapshot = await one.tab.resume(one.job_id)
        assert 110 * 1024 < len(json.dumps(snapshot, separators=(",", ":")).encode()) <= 128 * 1024
    return ends


async def everybody_vanishes_and_comes_back(scene: Scene) -> list[Message]:
    asked = await scene.ask_all()
    for tab in {one.tab for one in asked}:
        await asyncio.sleep(scene.random.uniform(0, MOMENTS / 2))
        await tab.vanish()
    return await all_ends(asked)


async def somebody_never_comes_back(scene: Scene) -> list[Message]:
    """Who has left for good is asked about on another device."""
    asked = await scene.ask_all()
    leaver = asked[0].tab
    await leaver.vanish()
    stayed = await all_ends([one for one in asked if one.tab is not leaver])
    other_device = await scene.tab(leaver.person)
    return stayed + [await other_device.end_of(one.job_id) for one in asked if one.tab is leaver]


async def three_tabs_follow(scene: Scene) -> list[Message]:
    """Two more tabs follow each job, and the one that asked is closed."""
    asked = await scene.ask_all()
    others = [Asked(await scene.tab(one.tab.person), one.job_id) for one in asked for _ in range(2)]
    await asked[0].tab.vanish()
    return await all_ends([*others, *(one for one in asked if one.tab is not asked[0].tab)])


async def cancel_at_random_moments(scene: Scene) -> list[Message]:
    """Each job is cancelled twice in another tab than the one that asked."""
    others = {person: await scene.tab(person) for person in scene.people}
    asked = await scene.ask_all()

    async def cancel(one: Asked) -> None:
        await asyncio.sleep(scene.random.uniform(0, MOMENTS))
        other = others[one.tab.person]
        first = await other.cancel(one.job_id)
        second = await other.cancel(one.job_id)
        assert (first["type"], first.get("code")) == (second["type"], second.get("code"))

    await asyncio.gather(*map(cancel, asked))
    return await all_ends(asked)


async def another_asks_for_the_jobs(scene: Scene) -> list[Message]:
    """Jobs of others can be neither read nor cancelled, and are in nobody else's list."""
    asked = await scene.ask_all()
    for one in asked:
        stranger = await scene.tab(next(person for person in scene.people if person is not one.tab.person))
        assert (await stranger.resume(one.job_id))["code"] == "JOB_NOT_FOUND"
        assert (await stranger.cancel(one.job_id))["code"] == "JOB_NOT_FOUND"
        assert one.job_id not in {job["jobId"] for job in await stranger.list_jobs()}
    return await all_ends(asked)


async def the_same_question_twice_at_once(scene: Scene) -> list[Message]:
    tabs = [await scene.tab(scene.people[0]) for _ in range(3)]
    request_id = str(uuid.uuid4())
    answers = await asyncio.gather(*(tab.ask(scene.questions[0], request_id) for tab in tabs))
    (job_id,) = {answer["jobId"] for answer in answers}
    return [await tab.end_of(job_id) for tab in tabs]


async def the_queue_forgets(scene: Scene) -> list[Message]:
    """Nothing is delivered, and the messages are lost: whoever looks at the job has it queued again."""
    with scene.stack.no_delivery():
        asked = await scene.ask_all()
        assert scene.stack.lose_messages() > 0
    return await all_ends(asked)


async def nobody_looks_and_the_sweep_does(scene: Scene) -> list[Message]:
    """Everybody has left when the queue forgets; the sweep finds the job."""
    with scene.stack.no_delivery():
        asked = await scene.ask_all()
        for tab in {one.tab for one in asked}:
            await tab.vanish()
        assert scene.stack.lose_messages() > 0
    await asyncio.to_thread(scene.stack.sweep_until_all_end, [one.job_id for one in asked])
    return await all_ends(asked)


async def ttl_deletes_a_finished_job_early(scene: Scene) -> list[Message]:
    asked = await scene.ask_all()
    ends = await all_ends(asked)
    scene.stack.expire(asked[0].job_id)
    assert (await asked[0].tab.resume(asked[0].job_id))["code"] == "JOB_NOT_FOUND"
    assert (await asked[0].tab.cancel(asked[0].job_id))["code"] == "JOB_NOT_FOUND"
    return ends


async def ttl_deletes_an_answer_early(scene: Scene) -> list[Message]:
    """The answer's text is gone; the job still says how it ended."""
    asked = await scene.ask_all()
    ends = await all_ends(asked)
    scene.stack.expire_answer(asked[0].job_id, "cost")
    assert (await asked[0].tab.resume(asked[0].job_id))["status"] == "completed"
    return ends


async def an_expired_job_is_still_there(scene: Scene) -> list[Message]:
    asked = await scene.ask_all()
    ends = await all_ends(asked)
    scene.stack.outlive(asked[0].job_id)
    assert (await asked[0].tab.resume(asked[0].job_id))["code"] == "JOB_NOT_FOUND"
    assert asked[0].job_id not in {job["jobId"] for job in await asked[0].tab.list_jobs()}
    return ends


async def a_foreign_body_is_dead(scene: Scene) -> list[Message]:
    """It stays in the dead-letter queue for whoever looks at the alarm; jobs go on beside it."""
    body = json.dumps({"not": "a job"})
    scene.stack.put_foreign_body(body)
    ends = await everybody_waits(scene)
    assert body in await asyncio.to_thread(scene.stack.dead_letter_bodies)
    return ends


async def clocks_are_wrong(scene: Scene) -> list[Message]:
    with scene.stack.wrong_clocks(300):
        return await everybody_waits(scene)


def fetch(link: str) -> str:
    with urllib.request.urlopen(link, timeout=30) as response:
        text: str = response.read().decode()
        return text
