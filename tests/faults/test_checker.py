"""The checker accepts long generated histories, and rejects each of them when it is spoilt in one way."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from faults.checker import INVARIANTS, verdict, violations
from faults.evidence import ENDS, LIVE, Evidence, is_end
from faults.flawless_service import AGENTS, FlawlessService
from faults.history import Closed, Crashed, Event, History, Invoked, Received, Stored
from faults.history_edits import broken_invariants, change_item, change_message, completed_job, receive

Choose = Callable[[list[Any]], Any]
USERS = ("ann", "bob")
DEEDS = ("open", "close", "ask", "resume", "list", "claim", "crash", "answer", "end", "die")


@st.composite
def good_histories(draw: st.DrawFn) -> History:
    """A run of the flawless service, in which connections come and go and workers die."""
    service = FlawlessService()
    for user in USERS:
        service.open(f"{user}-0", user)
        service.ask(f"{user}-0", "request-0")
    for number, deed in enumerate(draw(st.lists(st.sampled_from(DEEDS), min_size=10, max_size=40)), start=1):
        _do(service, deed, number, draw)
    return service.finished_history()


def _do(service: FlawlessService, deed: str, number: int, draw: st.DrawFn) -> None:
    user = draw(st.sampled_from(USERS))
    open_connections = [connection for connection, owner in service.user_of.items() if owner == user]
    jobs = [job_id for job_id, item in service.items.items() if item["userId"] == user]
    job_id = draw(st.sampled_from(jobs))
    item = service.items[job_id]
    if deed == "open" or not open_connections:
        service.open(f"{user}-{number}", user)
        return
    connection = draw(st.sampled_from(open_connections))
    match deed:
        case "close":
            service.close(connection)
        case "ask":
            service.ask(connection, f"request-{draw(st.integers(0, 3))}")
        case "resume":
            service.resume(connection, job_id)
        case "list":
            service.list_jobs(connection)
        case "claim" if item["status"] == "queued":
            service.claim(job_id, f"worker-{number}")
        case "crash" if item["status"] == "processing":
            service.crash(draw(st.sampled_from([job_id, None])))
            service.claim(job_id, f"worker-{number}")
        case "answer" if item["status"] == "processing" and len(item["completedAgents"]) < len(AGENTS):
            service.answer(job_id)
        case "end" if not service.is_ended(job_id):
            service.end(job_id, draw(st.sampled_from(["completed", "cancelled"])))
        case "die" if not service.is_ended(job_id):
            service.kill_by_dead_letter(job_id)


def _places(history: History, kind: type[Event], wanted: Callable[[Any], bool] = lambda _event: True) -> list[int]:
    return [place for place, event in enumerate(history.events) if isinstance(event, kind) and wanted(event)]


def _message(history: History, place: int) -> dict[str, Any]:
    received = history.events[place]
    assert isinstance(received, Received)
    return received.message


def _lose_a_job(history: History, choose: Choose) -> None:
    del history.final_items[choose(list(history.final_items))]


def _leave_a_job_unfinished(history: History, choose: Choose) -> None:
    history.final_items[choose(list(history.final_items))]["status"] = "processing"


def _tell_another_end(history: History, choose: Choose) -> None:
    evidence = Evidence(history)
    told_twice = {job_id for job_id, messages in evidence.received.items() if sum(map(is_end, messages)) > 1}
    ends = _places(history, Received, lambda event: event.message["type"] in ENDS)
    place = choose([place for place in ends if _message(history, place)["jobId"] in told_twice])
    change_message(history, place, seq=_message(history, place)["seq"] + 1)


def _go_on_after_an_end(history: History, choose: Choose) -> None:
    stored: Any = history.events[choose(_places(history, Stored, lambda event: "job_" + event.item["status"] in ENDS))]
    item = {**stored.item, "seq": stored.item["seq"] + 1, "status": "processing"}
    history.add(Stored(stored.at + 1, item))


def _let_progress_fall(history: History, choose: Choose) -> None:
    change_item(history, choose(_places(history, Stored, lambda event: event.item["seq"] > 1)), progress=4)


def _turn_two_messages_round(history: History, choose: Choose) -> None:
    evidence = Evidence(history)
    pairs = []
    for job_id in evidence.received:
        writers = {write.item["seq"]: write.item.get("leaseOwner") for write in evidence.stored[job_id]}
        for messages in evidence.by_connection(job_id).values():
            snapshots = {one.message["seq"] for one in messages if one.message["type"] == "job_snapshot"}
            live = [one for one in messages if one.message["type"] in LIVE and not is_end(one)]
            pairs += [
                (early, late)
                for early in live
                for late in live
                if early.message["seq"] < late.message["seq"]
                and writers[early.message["seq"]] == writers[late.message["seq"]]
                and early.message["seq"] not in snapshots
            ]
    early, late = choose(pairs)
    history.events.remove(early)
    history.events.insert(history.events.index(late) + 1, replace(early, at=late.at))


def _store_late(history: History, choose: Choose) -> None:
    _change_a_write_that_was_told(history, choose, lambda place: _delay(history, place))


def _never_store(history: History, choose: Choose) -> None:
    _change_a_write_that_was_told(history, choose, history.events.pop)


def _change_a_write_that_was_told(history: History, choose: Choose, change: Callable[[int], Any]) -> None:
    told = {
        (event.message["jobId"], event.message["seq"])
        for event in history.events
        if isinstance(event, Received) and "seq" in event.message and event.message["type"] in LIVE
    }
    last = {(job_id, item["seq"]) for job_id, item in history.final_items.items()}
    change(choose(_places(history, Stored, lambda event: (event.item["jobId"], event.item["seq"]) in told - last)))


def _delay(history: History, place: int) -> None:
    stored: Any = history.events[place]
    history.events[place] = replace(stored, at=stored.at + 100_000)


def _lose_the_end(history: History, choose: Choose) -> None:
    evidence = Evidence(history)
    closed = {event.connection for event in evidence.of_kind(Closed)}
    followed = [
        (job_id, connection)
        for job_id in evidence.received
        for connection, messages in evidence.by_connection(job_id).items()
        if connection not in closed and any(not is_end(one) for one in messages)
    ]
    job_id, connection = choose(followed)
    lost = [one for one in evidence.by_connection(job_id)[connection] if is_end(one)]
    history.events = [event for event in history.events if event not in lost]


def _tell_the_end_to_none_but_who_asks(history: History, choose: Choose) -> None:
    closed = {event.connection for event in history.events if isinstance(event, Closed)}

    def is_only_end(event: Event) -> bool:
        return isinstance(event, Received) and event.message["type"] in ENDS and event.connection not in closed

    place = choose(_places(history, Received, is_only_end))
    told: Any = history.events[place]
    snapshot = {**told.message, "type": "job_snapshot", "status": ENDS[told.message["type"]]}
    history.events = [
        replace(event, message=snapshot)
        if isinstance(event, Received)
        and event.connection == told.connection
        and event.message["type"] in ENDS
        and event.message["jobId"] == told.message["jobId"]
        else event
        for event in history.events
    ]
    end = Evidence(history).end(told.message["jobId"])
    assume(end is not None and told.connection in end.item["followers"])


def _leave_somebody_to_tell(history: History, choose: Choose) -> None:
    job_id = choose(sorted(history.final_items))
    history.final_items[job_id] |= {"open": "yes", "followers": ["somebody"]}


def _tell_a_stranger(history: History, choose: Choose) -> None:
    place = choose(_places(history, Received, lambda event: "jobId" in event.message))
    received: Any = history.events[place]
    history.events[place] = replace(received, user="eve")


def _ask_an_agent_too_often(history: History, choose: Choose) -> None:
    invoked: Any = history.events[choose(_places(history, Invoked))]
    for _ in range(1 + len(_places(history, Crashed))):
        history.add(replace(invoked))


def _leave_a_dead_letters_job(history: History, choose: Choose) -> None:
    job_id = choose(list(history.final_items))
    history.final_items[job_id]["status"] = "processing"
    history.dead_letters.append(f'{{"jobId": "{job_id}"}}')


def _give_a_request_another_job(history: History, choose: Choose) -> None:
    queued: Any = history.events[
        choose(_places(history, Received, lambda event: event.message["type"] == "job_queued"))
    ]
    history.add(replace(queued, message={**queued.message, "jobId": "job-99"}))


Spoil = Callable[[History, Choose], None]
SPOILT: dict[Spoil, str] = {
    _lose_a_job: "acknowledged jobs end",
    _leave_a_job_unfinished: "acknowledged jobs end",
    _tell_another_end: "exactly one end each",
    _go_on_after_an_end: "exactly one end each",
    _let_progress_fall: "no state goes back",
    _turn_two_messages_round: "seq rises for each follower",
    _store_late: "stored before sent",
    _never_store: "stored before sent",
    _lose_the_end: "followers see the end",
    _tell_the_end_to_none_but_who_asks: "ends are told",
    _leave_somebody_to_tell: "ends are told",
    _tell_a_stranger: "nobody receives another's",
    _ask_an_agent_too_often: "agents are asked once",
    _leave_a_dead_letters_job: "dead letters are told",
    _give_a_request_another_job: "a request is one job",
}


@given(good_histories())
@settings(max_examples=150, deadline=None)
def test_a_good_history_is_accepted(history: History) -> None:
    assert violations(history) == []


@pytest.mark.parametrize("spoil", SPOILT, ids=lambda spoil: spoil.__name__.strip("_"))
@given(data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
def test_a_good_history_that_is_spoilt_is_rejected(
    spoil: Callable[[History, Choose], None], data: st.DataObject
) -> None:
    history = data.draw(good_histories())

    def choose(candidates: list[Any]) -> Any:
        assume(candidates)
        return data.draw(st.sampled_from(candidates))

    spoil(history, choose)

    assert SPOILT[spoil] in broken_invariants(history)


def test_each_invariant_is_seen_to_reject() -> None:
    assert set(SPOILT.values()) == set(INVARIANTS)


def test_a_violation_names_the_job_the_connection_and_the_events_that_clash() -> None:
    service = completed_job()
    receive(service, "ann-2", "job_completed", type="job_cancelled")

    found = violations(service.finished_history())

    assert any(
        all(part in sentence for part in ("job-1", "ann-2", "job_completed seq 5", "job_cancelled seq 5"))
        for sentence in found
    ), found


def test_the_verdict_tells_which_invariants_held() -> None:
    service = completed_job()
    receive(service, "bob-1", "job_completed")

    found = verdict(service.finished_history())

    assert list(found) == list(INVARIANTS)
    assert [name for name, sentences in found.items() if sentences] == ["nobody receives another's"]
