"""The checker can fail: each of its invariants finds what is planted into a history that is good otherwise."""

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from faults.aws_in_memory import AwsInMemory
from faults.checker import INVARIANTS, violations
from faults.history import FOREIGN_BODY, Crashed, Event, History, Injected, Invoked, Received, Stored
from faults.service_in_memory import ServiceInMemory

# The connections as the service in memory names them.
ANN, BOB, ANN_S_SECOND = "ann-1", "bob-3", "ann-6"
ITS_END = {"type": "job_completed", "connection": ANN_S_SECOND}


@pytest.fixture(scope="module")
def good(aws: AwsInMemory) -> History:
    """Ann asks and opens a second tab, Bob watches his own jobs; both agents answer, and Ann lists her job."""
    service = ServiceInMemory(aws)
    service.open("ann")
    service.open("bob")
    service.send(ANN, {"action": "finops_query", "query": "costs and savings", "requestId": "first"}).go_to_the_end()
    service.open("ann")
    service.deliver("main").go_to_the_end()
    service.send(ANN, {"action": "list_jobs"}).go_to_the_end()
    return service.settle()


def job_of(history: History) -> str:
    return next(iter(history.final_items))


def final(history: History) -> dict[str, Any]:
    return history.final_items[job_of(history)]


def take(history: History, kind: type[Event], **wanted: object) -> Any:
    """Take the last event of a kind out whose item or message, or connection, is so."""
    for place in reversed(range(len(history.events))):
        event: Any = history.events[place]
        if isinstance(event, kind) and wanted.items() <= {**event[-1], "connection": event[-2]}.items():
            return history.events.pop(place)
    raise AssertionError(f"There is no {kind.__name__} {wanted}.")


def changed(event: Any, **changes: object) -> Any:
    """An event whose item or message is otherwise."""
    return type(event)(*event[:-1], {**event[-1], **changes})


def change(history: History, kind: type[Event], wanted: dict[str, object], **changes: object) -> None:
    event = take(history, kind, **wanted)
    history.events.append(changed(event, **changes))
    history.events.sort(key=lambda event: event.at)


def add(history: History, *events: Event) -> None:
    history.events.extend(events)


def late(history: History, event: Any) -> None:
    """Add an event after everything else."""
    history.events.append(event._replace(at=history.events[-1].at + 1))


def again(history: History, kind: type[Event], wanted: dict[str, object], to: str = "", **changes: object) -> None:
    """Let an event like another one come after everything else, in another connection if need be."""
    event = take(history, kind, **wanted)
    history.events.append(event)
    history.events.sort(key=lambda event: event.at)
    other = changed(event, **changes)
    late(history, other._replace(connection=to, user=to.partition("-")[0]) if to else other)


def die(history: History, **changes: object) -> None:
    """Let the job's message be a dead letter, and the job be otherwise at the end."""
    history.dead_letters.append(json.dumps({"jobId": job_of(history)}))
    final(history).update(changes)


def tell_a_follower_nothing(history: History) -> None:
    history.events = [
        event
        for event in history.events
        if not (isinstance(event, Received) and event.connection == ANN_S_SECOND and "jobId" in event.message)
    ]


def ask_again(history: History, *before: Event) -> None:
    add(history, *before, Invoked(2.0, "cost-agent", job_of(history)))


PLANTED: dict[str, dict[str, Callable[[History], object]]] = {
    "acknowledged_jobs_end": {
        "it is lost": lambda history: history.final_items.clear(),
        "it never ends": lambda history: final(history).update(status="processing"),
    },
    "one_end_each": {
        "it ends twice": lambda history: again(history, Stored, {}, status="cancelled", seq=99),
        "it goes on after its end": lambda history: again(history, Stored, {}, status="processing", seq=99),
        "two ends are told": lambda history: again(history, Received, ITS_END, type="job_cancelled"),
        "another reason is told": lambda history: again(history, Received, ITS_END, code="TIMED_OUT"),
    },
    "no_state_goes_back": {
        "progress falls": lambda history: change(history, Stored, {"status": "processing"}, progress=7),
        "it is queued again": lambda history: change(history, Stored, {"status": "processing"}, status="queued"),
        "a seq has two states": lambda history: again(history, Stored, {}, message="Something else."),
        "the last step is forgotten": lambda history: final(history).update(seq=3),
    },
    "seq_rises_for_each_follower": {
        "two are told different things": lambda history: change(
            history, Received, {"type": "agent_completed", "connection": ANN_S_SECOND}, result={"content": "y"}
        ),
        "a step is told twice": lambda history: again(history, Received, ITS_END, type="progress_update"),
        "a message is overtaken": lambda history: late(
            history, take(history, Received, type="progress_update", connection=ANN)
        ),
    },
    "stored_before_sent": {
        "it is stored late": lambda history: late(history, take(history, Stored, status="processing")),
        "it is never stored": lambda history: take(history, Stored, status="processing"),
        "another progress is told": lambda history: change(history, Received, {"type": "progress_update"}, progress=60),
        "another status is listed": lambda history: change(
            history,
            Received,
            {"type": "job_list"},
            jobs=[{"jobId": job_of(history), "seq": final(history)["seq"], "status": "queued"}],
        ),
    },
    "followers_see_the_end": {
        "the end is kept from one": lambda history: take(history, Received, **ITS_END),
        "one is told nothing": tell_a_follower_nothing,
        "one is told a newer end": lambda history: change(history, Received, ITS_END, seq=99),
    },
    "ends_are_told": {
        "only to who asks": lambda history: change(history, Received, ITS_END, type="job_snapshot", status="completed"),
        "somebody is left to tell": lambda history: final(history).update(open="yes"),
    },
    "nobody_receives_anothers": {
        "a stranger is told": lambda history: again(history, Received, ITS_END, to=BOB),
        "it is listed to a stranger": lambda history: again(history, Received, {"type": "job_list"}, to=BOB),
        "a stranger learns that it has ended": lambda history: again(
            history, Received, ITS_END, to=BOB, type="error", code="JOB_FINISHED"
        ),
    },
    "agents_are_asked_once": {
        "again": ask_again,
        "twice after a crash": lambda history: (ask_again(history, Crashed(1.0, job_of(history))), ask_again(history)),
        "after the answer": lambda history: ask_again(history, Crashed(9999.0, job_of(history))),
        "after crashes of others": lambda history: ask_again(history, Crashed(9999.0, None), Crashed(1.0, "another")),
        "after a lost reply": lambda history: ask_again(history, Injected(1.0, "reply lost", "lambda", "Invoke")),
    },
    "dead_letters_are_told": {
        "it is at work": lambda history: die(history, status="processing"),
        "it has another end": lambda history: die(history, deadLetter={}),
        "what is no job is gone": lambda history: add(history, Injected(1.0, "no job", "sqs", FOREIGN_BODY)),
    },
    "a_request_is_one_job": {
        "it is two": lambda history: again(history, Received, {"type": "job_queued"}, jobId="another")
    },
}


def test_each_invariant_has_something_planted_for_it_and_a_good_history_is_accepted(good: History) -> None:
    assert list(PLANTED) == [invariant.__name__ for invariant in INVARIANTS]
    assert violations(good) == {}


@pytest.mark.parametrize(("invariant", "what"), [(name, what) for name, plants in PLANTED.items() for what in plants])
def test_what_is_planted_is_found(good: History, invariant: str, what: str) -> None:
    history = History()
    history.events, history.final_items = list(good.events), deepcopy(good.final_items)
    PLANTED[invariant][what](history)

    assert invariant in violations(history)
