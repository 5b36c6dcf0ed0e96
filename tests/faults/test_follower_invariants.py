"""What the invariants of messages accept, and what each of them rejects, on histories of a few events."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from faults.checker import violations
from faults.flawless_service import FlawlessService
from faults.history import Closed, Injected, Received, Stored
from faults.history_edits import broken_invariants, change_message, completed_job, last, one_job, receive

Spoil = Callable[[FlawlessService], None]


def test_a_connection_that_goes_and_one_that_comes_back() -> None:
    service = one_job()
    service.close("ann-2")
    service.open("ann-3", "ann")
    service.end("job-1", "completed")

    assert violations(service.finished_history()) == []


def test_posts_that_are_made_twice() -> None:
    service = completed_job()
    for kind in ("agent_completed", "progress_update", "job_completed"):
        receive(service, "ann-1", kind)

    assert violations(service.finished_history()) == []


def test_a_redraw_after_a_snapshot() -> None:
    service = one_job()
    service.resume("ann-2", "job-1")
    seq = service.items["job-1"]["seq"]
    receive(service, "ann-2", "agent_completed", seq=seq)
    history = service.history
    history.add(
        Received(history.events[-1].at, "ann", "ann-2", {"type": "analysis_started", "jobId": "job-1", "seq": seq})
    )

    assert violations(service.finished_history()) == []


def test_a_steps_own_message_after_a_redraw_of_it() -> None:
    """A worker that lost the reply to its claim finds the job with the connection that has followed it meanwhile."""
    service = FlawlessService()
    service.open("ann-1", "ann")
    service.ask("ann-1", "first")
    service.claim("job-1", "worker-1")
    service.open("ann-2", "ann")
    receive(service, "ann-2", "progress_update", type="analysis_started")
    receive(service, "ann-2", "progress_update")

    assert violations(service.finished_history()) == []


def test_an_answer_that_a_live_message_overtakes() -> None:
    service = one_job()
    receive(service, "ann-1", "job_queued")

    assert violations(service.finished_history()) == []


def test_a_workers_message_that_a_cancellation_overtakes() -> None:
    service = one_job()
    place = last(service.history, Received, type="agent_completed", connection="ann-1")
    late = service.history.events.pop(place)
    service.end("job-1", "cancelled")
    service.history.add(replace(late, at=service.history.events[-1].at))

    assert violations(service.finished_history()) == []


def test_a_post_whose_delayed_first_try_arrives_after_the_next() -> None:
    service = one_job()
    place = last(service.history, Received, type="progress_update", connection="ann-1")
    delayed = service.history.events.pop(place)
    service.history.events.insert(place, Injected(delayed.at, "delay", "execute-api", "PostToConnection"))
    service.history.add(replace(delayed, at=service.history.events[-1].at))

    assert violations(service.finished_history()) == []


def test_links_that_are_signed_anew_and_the_text_beside_them() -> None:
    service = completed_job()
    receive(service, "ann-2", "job_completed", result={"response": "The", "responseUrl": "https://one"})
    receive(service, "ann-2", "job_completed", result={"response": "T", "responseUrl": "https://two"})

    assert violations(service.finished_history()) == []


def test_a_stranger_who_learns_nothing() -> None:
    service = completed_job()
    _tell_bob_an_error(service, "JOB_NOT_FOUND")

    assert violations(service.finished_history()) == []


def test_lists() -> None:
    service = one_job()
    service.list_jobs("ann-1")
    service.list_jobs("bob-1")

    assert violations(service.finished_history()) == []


def _two_messages_of_one_step(service: FlawlessService) -> None:
    receive(service, "ann-1", "job_completed", type="progress_update")


def _contradict(service: FlawlessService) -> None:
    receive(service, "ann-2", "agent_completed", result={"content": "y"})


def _contradict_elsewhere(service: FlawlessService) -> None:
    place = last(service.history, Received, type="agent_completed", connection="ann-2")
    change_message(service.history, place, result={"content": "y"})


def _fall(service: FlawlessService) -> None:
    place = last(service.history, Received, type="progress_update", connection="ann-1")
    late = service.history.events.pop(place)
    service.history.add(replace(late, at=service.history.events[-1].at))


def _fall_with_an_answer(service: FlawlessService) -> None:
    place = last(service.history, Received, type="agent_completed", connection="ann-2")
    late = service.history.events.pop(place)
    service.history.add(replace(late, at=service.history.events[-1].at))


def _send_before_storing(service: FlawlessService) -> None:
    place = last(service.history, Stored)
    stored = service.history.events[place]
    service.history.events[place] = replace(stored, at=stored.at + 10)


def _never_store(service: FlawlessService) -> None:
    service.history.events.pop(last(service.history, Stored, status="processing"))


def _tell_another_progress(service: FlawlessService) -> None:
    for connection in ("ann-1", "ann-2"):
        place = last(service.history, Received, type="progress_update", connection=connection)
        change_message(service.history, place, progress=60)


def _list_another_status(service: FlawlessService) -> None:
    service.list_jobs("ann-1")
    place = last(service.history, Received, type="job_list")
    entry = {"jobId": "job-1", "seq": service.items["job-1"]["seq"], "status": "queued", "progress": 5}
    change_message(service.history, place, jobs=[entry])


def _drop_the_end(service: FlawlessService) -> None:
    service.history.events.pop(last(service.history, Received, type="job_completed", connection="ann-2"))


def _drop_everything_after_authenticated(service: FlawlessService) -> None:
    service.history.events = [
        event
        for event in service.history.events
        if not (isinstance(event, Received) and event.connection == "ann-2" and "jobId" in event.message)
    ]


def _end_with_another_seq(service: FlawlessService) -> None:
    for connection in ("ann-1", "ann-2"):
        place = last(service.history, Received, type="job_completed", connection=connection)
        change_message(service.history, place, seq=99)


def _tell_bob(service: FlawlessService) -> None:
    receive(service, "bob-1", "job_completed")


def _tell_bob_an_error(service: FlawlessService, code: str) -> None:
    message = {"type": "error", "code": code, "jobId": "job-1"}
    service.history.add(Received(service.history.events[-1].at, "bob", "bob-1", message))


def _tell_bob_that_it_has_ended(service: FlawlessService) -> None:
    _tell_bob_an_error(service, "JOB_FINISHED")


def _list_to_bob(service: FlawlessService) -> None:
    service.list_jobs("ann-1")
    receive(service, "bob-1", "job_list")


def _follow_by_bob(service: FlawlessService) -> None:
    receive(service, "bob-1", "authenticated", activeJobs=["job-1"])
    receive(service, "bob-1", "job_completed")


REJECTED: list[tuple[str, Spoil]] = [
    ("seq rises for each follower", _two_messages_of_one_step),
    ("seq rises for each follower", _contradict),
    ("seq rises for each follower", _contradict_elsewhere),
    ("seq rises for each follower", _fall),
    ("seq rises for each follower", _fall_with_an_answer),
    ("stored before sent", _send_before_storing),
    ("stored before sent", _never_store),
    ("stored before sent", _tell_another_progress),
    ("stored before sent", _list_another_status),
    ("followers see the end", _drop_the_end),
    ("followers see the end", _drop_everything_after_authenticated),
    ("followers see the end", _end_with_another_seq),
    ("nobody receives another's", _tell_bob),
    ("nobody receives another's", _tell_bob_that_it_has_ended),
    ("nobody receives another's", _list_to_bob),
    ("nobody receives another's", _follow_by_bob),
]


@pytest.mark.parametrize(("invariant", "spoil"), REJECTED, ids=[spoil.__name__.strip("_") for _, spoil in REJECTED])
def test_what_is_spoiled_is_rejected(invariant: str, spoil: Spoil) -> None:
    service = completed_job()
    spoil(service)

    assert invariant in broken_invariants(service.finished_history())


def test_a_connection_that_is_closed_need_not_see_the_end() -> None:
    service = completed_job()
    _drop_the_end(service)
    service.history.add(Closed(service.history.events[-1].at, "ann", "ann-2"))

    assert violations(service.finished_history()) == []
