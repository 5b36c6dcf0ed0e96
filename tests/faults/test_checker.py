"""The checker can fail: each of its invariants finds what is planted into a history that is good otherwise."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from faults.checker import INVARIANTS, verdict, violations
from faults.flawless_service import FlawlessService
from faults.history import FOREIGN_BODY, Crashed, Event, History, Injected, Invoked, Received, Stored

DEAD_LETTER = '{"jobId": "job-1"}'
ANNS_END = {"type": "job_completed", "connection": "ann-2"}
ASKED_AGAIN = Invoked(2.0, "cost", "job-1")


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


def rewrite(history: History, status: str, /, **changes: object) -> None:
    """Change the last write of a status."""
    place = place_of(history, Stored, status=status)
    write: Any = history.events[place]
    history.events[place] = replace(write, item={**write.item, **changes})


def retell(history: History, wanted: dict[str, object], **changes: object) -> None:
    """Change what the last such message says."""
    place = place_of(history, Received, **wanted)
    told: Any = history.events[place]
    history.events[place] = replace(told, message={**told.message, **changes})


def lose(history: History, kind: type[Event], **wanted: object) -> Any:
    """Take the last such event out, and give it."""
    return history.events.pop(place_of(history, kind, **wanted))


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


def delay(history: History, kind: type[Event], **wanted: object) -> None:
    """Let the last such event come after everything else."""
    event = lose(history, kind, **wanted)
    history.add(replace(event, at=end_of(history)))


def add(history: History, *events: Event) -> None:
    history.events.extend(events)


def die(history: History, **changes: object) -> None:
    """Let the job's message be a dead letter, and the job be otherwise at the end."""
    history.dead_letters.append(DEAD_LETTER)
    history.final_items["job-1"] |= changes


def tell_a_follower_nothing(history: History) -> None:
    history.events = [
        event
        for event in history.events
        if not (isinstance(event, Received) and event.connection == "ann-2" and "jobId" in event.message)
    ]


def tell_a_newer_end_than_is_stored(history: History) -> None:
    for connection in ("ann-1", "ann-2"):
        retell(history, {"type": "job_completed", "connection": connection}, seq=99)


PLANTED: dict[str, dict[str, Callable[[History], object]]] = {
    "acknowledged jobs end": {
        "it is lost": lambda history: history.final_items.clear(),
        "it never ends": lambda history: history.final_items["job-1"].update(status="processing"),
    },
    "exactly one end each": {
        "it ends twice": lambda history: store(history, status="cancelled", seq=99),
        "it goes on after its end": lambda history: store(history, status="processing", seq=99),
        "two ends are told": lambda history: receive(history, "ann-2", "job_completed", type="job_cancelled"),
        "another reason is told": lambda history: receive(history, "ann-2", "job_completed", code="TIMED_OUT"),
    },
    "no state goes back": {
        "progress falls": lambda history: rewrite(history, "processing", progress=7),
        "it is queued again": lambda history: rewrite(history, "processing", status="queued"),
        "a seq has two states": lambda history: store(history, message="Something else."),
        "the last step is forgotten": lambda history: history.final_items["job-1"].update(seq=4),
    },
    "seq rises for each follower": {
        "two are told different things": lambda history: retell(
            history, {"type": "agent_completed", "connection": "ann-2"}, result={"content": "y"}
        ),
        "a step is told twice": lambda history: receive(history, "ann-1", "job_completed", type="progress_update"),
        "a message is overtaken": lambda history: delay(history, Received, type="progress_update", connection="ann-1"),
    },
    "stored before sent": {
        "it is stored late": lambda history: delay(history, Stored, status="completed"),
        "it is never stored": lambda history: lose(history, Stored, status="processing"),
        "another progress is told": lambda history: retell(history, {"type": "progress_update"}, progress=60),
        "another status is listed": lambda history: retell(
            history, {"type": "job_list"}, jobs=[{"jobId": "job-1", "seq": 5, "status": "queued"}]
        ),
    },
    "followers see the end": {
        "the end is kept from one": lambda history: lose(history, Received, **ANNS_END),
        "one is told nothing": tell_a_follower_nothing,
        "one is told a newer end": tell_a_newer_end_than_is_stored,
    },
    "ends are told": {
        "only to who asks": lambda history: retell(history, ANNS_END, type="job_snapshot", status="completed"),
        "somebody is left to tell": lambda history: history.final_items["job-1"].update(open="yes"),
    },
    "nobody receives another's": {
        "a stranger is told": lambda history: receive(history, "bob-1", "job_completed"),
        "it is listed to a stranger": lambda history: receive(history, "bob-1", "job_list"),
        "a stranger learns that it has ended": lambda history: add(
            history, Received(9999.0, "bob", "bob-1", {"type": "error", "code": "JOB_FINISHED", "jobId": "job-1"})
        ),
    },
    "agents are asked once": {
        "again": lambda history: add(history, ASKED_AGAIN),
        "twice after a crash": lambda history: add(history, Crashed(1.0, "job-1"), ASKED_AGAIN, ASKED_AGAIN),
        "after the answer": lambda history: add(history, Crashed(9999.0, "job-1"), ASKED_AGAIN),
        "after a crash of others": lambda history: add(
            # One when this job had ended, and another job's.
            history,
            Crashed(9999.0, None),
            Crashed(1.0, "job-2"),
            ASKED_AGAIN,
        ),
        "after a lost reply": lambda history: add(
            history, Injected(1.0, "reply lost", "lambda", "Invoke"), ASKED_AGAIN
        ),
    },
    "dead letters are told": {
        "it is at work": lambda history: die(history, status="processing"),
        "it has another end": lambda history: die(history, deadLetter=DEAD_LETTER),
        "what is no job is gone": lambda history: add(history, Injected(1.0, "no job", "sqs", FOREIGN_BODY)),
    },
    "a request is one job": {"it is two": lambda history: receive(history, "ann-2", "job_queued", jobId="job-7")},
}


def test_each_invariant_has_something_planted_for_it_and_a_good_history_is_accepted() -> None:
    assert PLANTED.keys() == INVARIANTS.keys()
    assert violations(completed_job()) == []


@pytest.mark.parametrize(("invariant", "what"), [(name, what) for name, plants in PLANTED.items() for what in plants])
def test_what_is_planted_is_found(invariant: str, what: str) -> None:
    history = completed_job()
    PLANTED[invariant][what](history)

    assert verdict(history)[invariant]
