"""What the invariants of jobs accept, and what each of them rejects, on histories of a few events."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from faults.checker import violations
from faults.flawless_service import FlawlessService
from faults.history import EXPIRY, FOREIGN_BODY, TWICE, Crashed, History, Injected, Invoked, Received, Stored
from faults.history_edits import (
    broken_invariants,
    change_item,
    change_message,
    completed_job,
    content,
    last,
    one_job,
    receive,
)

Spoil = Callable[[FlawlessService], None]


def test_a_job_that_is_completed() -> None:
    assert violations(completed_job().finished_history()) == []


def test_a_job_that_is_cancelled_by_another_connection() -> None:
    service = one_job()
    service.end("job-1", "cancelled")
    receive(service, "ann-2", "job_cancelled")

    assert violations(service.finished_history()) == []


def test_a_job_that_dies() -> None:
    service = one_job()
    service.crash("job-1")
    service.kill_by_dead_letter("job-1")
    service.history.dead_letters.append("no job")
    service.history.add(Injected(service.history.events[-1].at, "no job", "sqs", FOREIGN_BODY))

    assert violations(service.finished_history()) == []


@pytest.mark.parametrize("crashed", ["job-1", None])
def test_a_job_that_another_worker_takes_over(crashed: str | None) -> None:
    service = one_job()
    service.crash(crashed)
    service.claim("job-1", "worker-2")
    service.answer("job-1")
    service.end("job-1", "completed")

    assert violations(service.finished_history()) == []


def test_an_agent_that_is_invoked_again_by_an_injected_fault() -> None:
    service = completed_job()
    service.history.add(Injected(1.0, "invoked twice", "lambda", "Invoke" + TWICE))
    service.history.add(Invoked(2.0, "cost", "job-1"))

    assert violations(service.finished_history()) == []


def test_a_repeated_question() -> None:
    service = completed_job()
    service.ask("ann-2", "first")

    assert violations(service.finished_history()) == []


def test_followers_that_change_without_a_step() -> None:
    service = completed_job()
    place = last(service.history, Stored)
    unfollowed = change_item(service.history, place, followers=["ann-1"])
    service.history.add(replace(unfollowed, at=unfollowed.at + 10))

    assert violations(service.finished_history()) == []


def test_a_job_that_expires_and_a_new_one_under_its_request() -> None:
    service = completed_job()
    service.history.add(Injected(service.history.events[-1].at, "TTL deletes early", "dynamodb", EXPIRY))
    receive(service, "ann-2", "job_queued", jobId="job-2", seq=1)
    service.items["job-2"] = {**service.items["job-1"], "jobId": "job-2", "seq": 1, "progress": 5, "message": "Queued."}
    receive(service, "ann-2", "job_completed", jobId="job-2", seq=1)
    del service.items["job-1"]

    assert violations(service.finished_history()) == []


def _lose(service: FlawlessService) -> None:
    del service.items["job-1"]


def _never_end(service: FlawlessService) -> None:
    history = service.history
    seq = service.items["job-1"]["seq"]
    history.events = [event for event in history.events if content(event).get("seq") != seq]
    service.items["job-1"] = next(event.item for event in reversed(history.events) if isinstance(event, Stored))
    service.finished_history = lambda: _with_final_items(service)  # type: ignore[method-assign]


def _with_final_items(service: FlawlessService) -> History:
    service.history.final_items = dict(service.items)
    return service.history


def _end_twice(service: FlawlessService) -> None:
    service.end("job-1", "cancelled")


def _end_again_unseen(service: FlawlessService) -> None:
    service.items["job-1"].update(status="cancelled", seq=service.items["job-1"]["seq"] + 1)
    service.history.add(Stored(service.history.events[-1].at, dict(service.items["job-1"])))


def _go_on_after_the_end(service: FlawlessService) -> None:
    service.claim("job-1", "worker-2")
    service.end("job-1", "completed")


def _tell_two_ends(service: FlawlessService) -> None:
    receive(service, "ann-2", "job_completed", type="job_cancelled")


def _tell_another_reason(service: FlawlessService) -> None:
    for code in ("TIMED_OUT", "PROCESSING_FAILED"):
        receive(service, "ann-2", "job_completed", type="job_failed", code=code)


def _snapshot_of_another_end(service: FlawlessService) -> None:
    service.resume("ann-2", "job-1")
    change_message(service.history, last(service.history, Received, type="job_snapshot"), status="failed")


def _lower_progress(service: FlawlessService) -> None:
    change_item(service.history, last(service.history, Stored, status="processing"), progress=7)


def _queue_again(service: FlawlessService) -> None:
    change_item(service.history, last(service.history, Stored, status="processing"), status="queued")


def _store_two_states_of_a_seq(service: FlawlessService) -> None:
    place = last(service.history, Stored, status="processing")
    before = change_item(service.history, place, message="Something else.")
    service.history.add(replace(before, at=before.at + 1))


def _forget_the_last_step(service: FlawlessService) -> None:
    before = service.history.events[last(service.history, Stored, status="processing")]
    assert isinstance(before, Stored)
    service.items["job-1"] = {**service.items["job-1"], "seq": before.item["seq"]}


def _change_the_end_at_the_end(service: FlawlessService) -> None:
    service.items["job-1"]["message"] = "Something else."


def _invoke_again(service: FlawlessService) -> None:
    service.history.add(Invoked(9999.0, "cost", "job-1"))


def _invoke_twice_after_one_crash(service: FlawlessService) -> None:
    service.history.add(Crashed(1.0, "job-1"))
    service.history.add(Invoked(2.0, "cost", "job-1"))
    service.history.add(Invoked(3.0, "cost", "job-1"))


def _invoke_after_the_answer(service: FlawlessService) -> None:
    at = service.history.events[-1].at
    service.history.add(Crashed(at, "job-1"))
    service.history.add(Invoked(at, "cost", "job-1"))


def _invoke_after_a_crash_of_others(service: FlawlessService) -> None:
    service.history.add(Crashed(9998.0, None))  # when this job had ended
    service.history.add(Crashed(9998.0, "job-2"))
    service.history.add(Invoked(9999.0, "cost", "job-1"))


def _invoke_twice_by_one_injection(service: FlawlessService) -> None:
    service.history.add(Injected(1.0, "invoked twice", "lambda", "Invoke" + TWICE))
    service.history.add(Invoked(2.0, "cost", "job-1"))
    service.history.add(Invoked(3.0, "advisor", "job-1"))


def _invoke_again_after_a_lost_reply(service: FlawlessService) -> None:
    service.history.add(Injected(1.0, "reply lost", "lambda", "Invoke"))
    service.history.add(Invoked(2.0, "cost", "job-1"))


def _die_untold(service: FlawlessService) -> None:
    _never_end(service)
    service.history.dead_letters.append('{"jobId": "job-1"}')


def _die_with_another_code(service: FlawlessService) -> None:
    service.history.dead_letters.append('{"jobId": "job-1"}')
    service.items["job-1"]["deadLetter"] = '{"jobId": "job-1"}'


def _swallow_a_foreign_body(service: FlawlessService) -> None:
    service.history.dead_letters.append('{"jobId": "job-1"}')
    service.history.add(Injected(1.0, "no job", "sqs", FOREIGN_BODY))


def _make_a_second_job(service: FlawlessService) -> None:
    service.ask("ann-1", "second")
    place = last(service.history, Received, type="job_queued")
    change_message(service.history, place, requestId="first")


def _name_another_job_at_once(service: FlawlessService) -> None:
    receive(service, "ann-2", "job_queued", jobId="job-7")


REJECTED: list[tuple[str, Spoil]] = [
    ("acknowledged jobs end", _lose),
    ("acknowledged jobs end", _never_end),
    ("exactly one end each", _end_twice),
    ("exactly one end each", _end_again_unseen),
    ("exactly one end each", _go_on_after_the_end),
    ("exactly one end each", _tell_two_ends),
    ("exactly one end each", _tell_another_reason),
    ("exactly one end each", _snapshot_of_another_end),
    ("no state goes back", _lower_progress),
    ("no state goes back", _queue_again),
    ("no state goes back", _store_two_states_of_a_seq),
    ("no state goes back", _forget_the_last_step),
    ("no state goes back", _change_the_end_at_the_end),
    ("agents are asked once", _invoke_again),
    ("agents are asked once", _invoke_twice_after_one_crash),
    ("agents are asked once", _invoke_after_the_answer),
    ("agents are asked once", _invoke_after_a_crash_of_others),
    ("agents are asked once", _invoke_twice_by_one_injection),
    ("agents are asked once", _invoke_again_after_a_lost_reply),
    ("dead letters are told", _die_untold),
    ("dead letters are told", _die_with_another_code),
    ("dead letters are told", _swallow_a_foreign_body),
    ("a request is one job", _make_a_second_job),
    ("a request is one job", _name_another_job_at_once),
]


@pytest.mark.parametrize(("invariant", "spoil"), REJECTED, ids=[spoil.__name__.strip("_") for _, spoil in REJECTED])
def test_what_is_spoiled_is_rejected(invariant: str, spoil: Spoil) -> None:
    service = completed_job()
    spoil(service)

    assert invariant in broken_invariants(service.finished_history())


def test_a_crash_after_the_end_excuses_nothing() -> None:
    service = one_job()
    service.end("job-1", "cancelled")
    service.crash(None)
    service.history.add(Invoked(service.history.events[-1].at, "advisor", "job-1"))

    assert "agents are asked once" in broken_invariants(service.finished_history())
