import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import wait
from typing import cast

import pytest

from background_processor.ask_agents import AskAgents, Outcome
from finops_websocket import metrics
from finops_websocket.errors import AgentFailed, AgentTimedOut
from unit.background_processor.recording_invoker import RecordingInvoker, after, fails, says
from unit.finops_websocket.embedded_metrics import Measurement
from unit.finops_websocket.settable_clock import SettableClock

# Seconds: no test waits for it but those about heartbeats, which set a shorter one.
LONG = 20.0
SHORT = 0.01


def ask(
    invoker: RecordingInvoker, clock: SettableClock, heartbeat: float = LONG, time_limit: float = 300.0
) -> Iterator[Outcome | None]:
    return AskAgents(invoker, heartbeat, clock)(list(invoker.behaviours), "Why?", "job-1", time_limit)


def test_all_agents_are_asked_at_once_and_each_once(clock: SettableClock) -> None:
    all_there = threading.Barrier(3)

    def meet() -> str:
        all_there.wait(10)
        return "Met."

    invoker = RecordingInvoker({"a": meet, "b": meet, "c": meet})
    outcomes = list(ask(invoker, clock))
    assert sorted(invoker.invoked) == [(agent, "Why?", "job-1") for agent in "abc"]
    assert invoker.deadlines == {clock.now + 300}
    assert {outcome.agent: outcome.content for outcome in outcomes if outcome} == dict.fromkeys("abc", "Met.")


def test_outcomes_come_as_they_come_and_one_failure_is_one_agent_s(
    clock: SettableClock, release: threading.Event
) -> None:
    failure = AgentFailed("It stopped with an error.")
    outcomes = ask(RecordingInvoker({"slow": after(release, says("Late.")), "broken": fails(failure)}), clock)
    assert next(outcomes) == Outcome("broken", None, failure)
    release.set()
    assert list(outcomes) == [Outcome("slow", "Late.", None)]


def test_silence_is_told_at_every_heartbeat(clock: SettableClock, release: threading.Event) -> None:
    outcomes = ask(RecordingInvoker({"slow": after(release, says("Late."))}), clock, heartbeat=SHORT)
    assert [next(outcomes) for _ in range(3)] == [None, None, None]
    release.set()
    rest = [outcome for outcome in outcomes if outcome is not None]
    assert rest == [Outcome("slow", "Late.", None)]


def test_at_the_deadline_the_silent_have_timed_out_and_the_others_have_answered(
    clock: SettableClock, release: threading.Event
) -> None:
    invoker = RecordingInvoker({"slow": after(release, says("Late.")), "quick": says("Here.")})
    outcomes = ask(invoker, clock, heartbeat=SHORT, time_limit=300)
    assert next(outcomes) == Outcome("quick", "Here.", None)
    clock.now += 299
    assert next(outcomes) is None
    clock.now += 1
    timed_out = next(outcomes)
    assert timed_out is not None
    assert (timed_out.agent, timed_out.content, type(timed_out.failure)) == ("slow", None, AgentTimedOut)
    assert list(outcomes) == []
    release.set()
    assert sorted(agent for agent, _, _ in invoker.invoked) == ["quick", "slow"]


def test_what_was_there_by_the_deadline_counts_though_the_caller_was_busy(
    clock: SettableClock, release: threading.Event
) -> None:
    invoker = RecordingInvoker({"quick": says("Here."), "second": after(release, says("Also here."))})
    outcomes = cast(Generator[Outcome | None, None, None], ask(invoker, clock))
    assert next(outcomes) == Outcome("quick", "Here.", None)
    # While the caller stores the first answer the second one arrives, and then the deadline passes.
    release.set()
    assert outcomes.gi_frame is not None
    wait(outcomes.gi_frame.f_locals["waiting"])
    clock.now += 300
    assert list(outcomes) == [Outcome("second", "Also here.", None)]


def test_without_time_nobody_is_waited_for(clock: SettableClock, release: threading.Event) -> None:
    (outcome,) = ask(RecordingInvoker({"slow": after(release, says("Late."))}), clock, time_limit=-5)
    assert outcome is not None
    assert isinstance(outcome.failure, AgentTimedOut)


def test_without_agents_there_is_nothing(clock: SettableClock) -> None:
    assert list(ask(RecordingInvoker({}), clock)) == []


def test_what_nobody_expected_reaches_the_caller(clock: SettableClock, release: threading.Event) -> None:
    invoker = RecordingInvoker({"slow": after(release, says("Late.")), "buggy": fails(RuntimeError("a bug"))})
    with pytest.raises(RuntimeError, match="a bug"):
        next(ask(invoker, clock))


@pytest.fixture
def one_works_on(release: threading.Event) -> RecordingInvoker:
    """Two agents; when the quick one answers, the slow one has begun, and it goes on until it is released."""
    begun = threading.Event()

    def begin() -> str:
        begun.set()
        return after(release, says("Late."))()

    return RecordingInvoker({"slow": begin, "quick": after(begun, says("Here."))})


def test_while_agents_are_waited_for_they_are_not_told_to_stop(
    clock: SettableClock, one_works_on: RecordingInvoker, release: threading.Event
) -> None:
    outcomes = ask(one_works_on, clock)
    next(outcomes)
    assert [stopped.is_set() for stopped in one_works_on.stopped] == [False, False]
    release.set()
    assert list(outcomes) == [Outcome("slow", "Late.", None)]


def test_agents_that_the_caller_leaves_learn_that_nobody_waits_for_them(
    clock: SettableClock, one_works_on: RecordingInvoker
) -> None:
    outcomes = cast(Generator[Outcome | None, None, None], ask(one_works_on, clock))
    next(outcomes)
    outcomes.close()
    assert [stopped.is_set() for stopped in one_works_on.stopped] == [True, True]


def test_agents_that_have_timed_out_learn_that_nobody_waits_for_them(
    clock: SettableClock, one_works_on: RecordingInvoker
) -> None:
    outcomes = ask(one_works_on, clock)
    next(outcomes)
    clock.now += 300
    (timed_out,) = outcomes
    assert timed_out is not None
    assert isinstance(timed_out.failure, AgentTimedOut)
    assert [stopped.is_set() for stopped in one_works_on.stopped] == [True, True]


Measured = Callable[[], list[Measurement]]


def test_an_answer_and_a_failure_are_measured_by_the_time_that_the_agent_took(
    clock: SettableClock, measured: Measured, release: threading.Event
) -> None:
    both_ask = threading.Barrier(2)

    def nap() -> str:
        both_ask.wait(20)
        clock.now += 7.5
        release.set()
        return "Here."

    def break_down() -> str:
        both_ask.wait(20)
        return after(release, fails(AgentFailed("Broken.")))()

    list(ask(RecordingInvoker({"quick": nap, "broken": break_down}), clock))
    assert sorted(measured(), key=str) == [
        Measurement(metrics.AGENT_FAILURES, "Count", 1.0, "broken"),
        Measurement(metrics.AGENT_TIME, "Seconds", 7.5, "broken"),
        Measurement(metrics.AGENT_TIME, "Seconds", 7.5, "quick"),
    ]


def test_the_time_for_which_the_caller_was_busy_is_no_agent_s(clock: SettableClock, measured: Measured) -> None:
    outcomes = cast(
        Generator[Outcome | None, None, None],
        ask(RecordingInvoker({"first": says("Here."), "second": says("Here too.")}), clock),
    )
    next(outcomes)
    assert outcomes.gi_frame is not None
    wait(outcomes.gi_frame.f_locals["waiting"])
    clock.now += 100
    next(outcomes)
    assert {one.value for one in measured()} == {0.0}


def test_an_agent_that_has_timed_out_has_failed_once_though_it_ends_later(
    clock: SettableClock, measured: Measured, release: threading.Event
) -> None:
    ended = threading.Event()

    def end_late() -> str:
        try:
            return after(release, says("Late."))()
        finally:
            ended.set()

    outcomes = ask(RecordingInvoker({"slow": end_late}), clock, heartbeat=SHORT)
    next(outcomes)
    clock.now += 300
    list(outcomes)
    clock.now += 5000
    release.set()
    assert ended.wait(20)
    for thread in threading.enumerate():
        if thread.name.startswith("agent"):
            thread.join(20)
    assert measured() == [
        Measurement(metrics.AGENT_TIME, "Seconds", 300.0, "slow"),
        Measurement(metrics.AGENT_FAILURES, "Count", 1.0, "slow"),
    ]


def test_agents_that_the_caller_leaves_are_not_measured(
    clock: SettableClock, one_works_on: RecordingInvoker, measured: Measured
) -> None:
    outcomes = cast(Generator[Outcome | None, None, None], ask(one_works_on, clock))
    next(outcomes)
    outcomes.close()
    assert [(one.name, one.agent) for one in measured()] == [(metrics.AGENT_TIME, "quick")]
