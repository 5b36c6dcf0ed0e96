"""The checker can fail: each of its invariants finds what is planted into a history that is good otherwise."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from faults.checker import INVARIANTS, verdict, violations
from faults.flawless_service import FlawlessService
from faults.history import FOREIGN_BODY, Crashed, Event, History, Injected, Invoked, Received, Stored

DEAD_LETTER = '{"jobId": "job-1"}'


def completed_job() -> History:
    """Ann asks on two connections, Bob watches his own; both agents answer Ann's job, which is completed."""
    service = FlawlessService()
    service.open("ann-1", "ann")
    service.open("bob-1", "bob")
    service.ask("ann-1", "first")
    service.open("ann-2", "ann")
    service.claim("job-1", "worker-1")
    service.answer("job-1")
    service.answer("job-1")
    service.end("job-1", "completed")
    service.list_jobs("ann-1")
    return service.finished_history()


def place_of(history: History, kind: type[Event], **wanted: object) -> int:
    """The place of the last event of a kind whose item or message has these fields."""
    return max(
        place
        for place, event in enumerate(history.events)
        if isinstance(event, kind) and wanted.items() <= content_of(event).items()
    )


def content_of(event: Event) -> dict[str, object]:
    match event:
        case Stored(_, item):
            return item
        case Received(_, _, connection, message):
            return {"connection": connection, **message}
        case _:
            return {}


def change(history: History, kind: type[Event], wanted: dict[str, object], **changes: object) -> None:
    """Change what the last such event says."""
    place = place_of(history, kind, **wanted)
    event: Any = history.events[place]
    name = "item" if kind is Stored else "message"
    history.events[place] = replace(event, **{name: {**getattr(event, name), **changes}})


def store(history: History, **changes: object) -> None:
    """Store the job again, changed, after everything else."""
    last: Any = history.events[place_of(history, Stored)]
    history.add(Stored(end_of(history), {**last.item, **changes}))


def receive(history: History, connection: str, like: str, **changes: object) -> None:
    """Let a connection receive a message like the last one of a type, changed, after everything else."""
    model: Any = history.events[place_of(history, Received, type=like)]
    user = connection.partition("-")[0]
    history.add(Received(end_of(history), user, connection, {**model.message, **changes}))


def end_of(history: History) -> float:
    return history.events[-1].at + 1


def lose_the_job(history: History) -> None:
    history.final_items.clear()


def never_end(history: History) -> None:
    history.final_items["job-1"]["status"] = "processing"


def end_twice(history: History) -> None:
    store(history, status="cancelled", seq=99)


def go_on_after_the_end(history: History) -> None:
    store(history, status="processing", seq=99)


def tell_two_ends(history: History) -> None:
    receive(history, "ann-2", "job_completed", type="job_cancelled")


def tell_another_reason(history: History) -> None:
    receive(history, "ann-2", "job_completed", code="TIMED_OUT")


def let_progress_fall(history: History) -> None:
    change(history, Stored, {"status": "processing"}, progress=7)


def queue_again(history: History) -> None:
    change(history, Stored, {"status": "processing"}, status="queued")


def store_two_states_of_one_seq(history: History) -> None:
    store(history, message="Something else.")


def forget_the_last_step(history: History) -> None:
    history.final_items["job-1"]["seq"] -= 1


def contradict(history: History) -> None:
    change(history, Received, {"type": "agent_completed", "connection": "ann-2"}, result={"content": "y"})


def tell_a_step_twice(history: History) -> None:
    receive(history, "ann-1", "job_completed", type="progress_update")


def overtake(history: History) -> None:
    late = history.events.pop(place_of(history, Received, type="progress_update", connection="ann-1"))
    history.add(replace(late, at=end_of(history)))


def store_late(history: History) -> None:
    place = place_of(history, Stored, status="completed")
    history.events[place] = replace(history.events[place], at=end_of(history))


def never_store(history: History) -> None:
    history.events.pop(place_of(history, Stored, status="processing"))


def tell_another_progress(history: History) -> None:
    change(history, Received, {"type": "progress_update"}, progress=60)


def list_another_status(history: History) -> None:
    entry: dict[str, Any] = {"jobId": "job-1", "seq": history.final_items["job-1"]["seq"], "status": "queued"}
    change(history, Received, {"type": "job_list"}, jobs=[entry])


def keep_the_end_from_a_follower(history: History) -> None:
    history.events.pop(place_of(history, Received, type="job_completed", connection="ann-2"))


def tell_a_follower_nothing(history: History) -> None:
    history.events = [
        event
        for event in history.events
        if not (isinstance(event, Received) and event.connection == "ann-2" and "jobId" in event.message)
    ]


def tell_a_newer_end_than_is_stored(history: History) -> None:
    for connection in ("ann-1", "ann-2"):
        change(history, Received, {"type": "job_completed", "connection": connection}, seq=99)


def tell_the_end_only_to_who_asks(history: History) -> None:
    wanted = {"type": "job_completed", "connection": "ann-2"}
    change(history, Received, wanted, type="job_snapshot", status="completed")


def leave_somebody_to_tell(history: History) -> None:
    history.final_items["job-1"] |= {"open": "yes", "followers": ["somebody"]}


def tell_a_stranger(history: History) -> None:
    receive(history, "bob-1", "job_completed")


def list_to_a_stranger(history: History) -> None:
    receive(history, "bob-1", "job_list")


def tell_a_stranger_that_it_has_ended(history: History) -> None:
    history.add(Received(end_of(history), "bob", "bob-1", {"type": "error", "code": "JOB_FINISHED", "jobId": "job-1"}))


def ask_an_agent_again(history: History) -> None:
    history.add(Invoked(end_of(history), "cost", "job-1"))


def ask_twice_after_one_crash(history: History) -> None:
    history.add(Crashed(1.0, "job-1"))
    history.add(Invoked(2.0, "cost", "job-1"))
    history.add(Invoked(3.0, "cost", "job-1"))


def ask_after_the_answer(history: History) -> None:
    history.add(Crashed(end_of(history), "job-1"))
    history.add(Invoked(end_of(history), "cost", "job-1"))


def ask_after_a_crash_of_others(history: History) -> None:
    history.add(Crashed(end_of(history), None))  # when this job had ended
    history.add(Crashed(1.0, "job-2"))
    history.add(Invoked(2.0, "cost", "job-1"))


def ask_again_after_a_lost_reply(history: History) -> None:
    history.add(Injected(1.0, "reply lost", "lambda", "Invoke"))
    history.add(Invoked(2.0, "cost", "job-1"))


def die_untold(history: History) -> None:
    never_end(history)
    history.dead_letters.append(DEAD_LETTER)


def die_with_another_code(history: History) -> None:
    history.dead_letters.append(DEAD_LETTER)
    history.final_items["job-1"]["deadLetter"] = DEAD_LETTER


def swallow_a_foreign_body(history: History) -> None:
    history.add(Injected(1.0, "no job", "sqs", FOREIGN_BODY))


def name_another_job(history: History) -> None:
    receive(history, "ann-2", "job_queued", jobId="job-7")


PLANTED: dict[str, tuple[Callable[[History], None], ...]] = {
    "acknowledged jobs end": (lose_the_job, never_end),
    "exactly one end each": (end_twice, go_on_after_the_end, tell_two_ends, tell_another_reason),
    "no state goes back": (let_progress_fall, queue_again, store_two_states_of_one_seq, forget_the_last_step),
    "seq rises for each follower": (contradict, tell_a_step_twice, overtake),
    "stored before sent": (store_late, never_store, tell_another_progress, list_another_status),
    "followers see the end": (
        keep_the_end_from_a_follower,
        tell_a_follower_nothing,
        tell_a_newer_end_than_is_stored,
    ),
    "ends are told": (tell_the_end_only_to_who_asks, leave_somebody_to_tell),
    "nobody receives another's": (tell_a_stranger, list_to_a_stranger, tell_a_stranger_that_it_has_ended),
    "agents are asked once": (
        ask_an_agent_again,
        ask_twice_after_one_crash,
        ask_after_the_answer,
        ask_after_a_crash_of_others,
        ask_again_after_a_lost_reply,
    ),
    "dead letters are told": (die_untold, die_with_another_code, swallow_a_foreign_body),
    "a request is one job": (name_another_job,),
}


def test_each_invariant_has_something_planted_for_it_and_a_good_history_is_accepted() -> None:
    assert PLANTED.keys() == INVARIANTS.keys()
    assert violations(completed_job()) == []


@pytest.mark.parametrize(
    ("invariant", "plant"),
    [(invariant, plant) for invariant, plants in PLANTED.items() for plant in plants],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_what_is_planted_is_found(invariant: str, plant: Callable[[History], None]) -> None:
    history = completed_job()
    plant(history)

    assert verdict(history)[invariant]
