"""Judges a whole recorded history, in the manner of Jepsen: it asks what must hold, not how it came about."""

from collections.abc import Callable, Iterator

from faults.evidence import Evidence
from faults.follower_invariants import (
    ends_are_told,
    followers_see_the_end,
    nobody_receives_anothers,
    nothing_is_sent_before_it_is_stored,
    seq_rises_for_each_follower,
)
from faults.history import History
from faults.job_invariants import (
    a_request_is_one_job,
    acknowledged_jobs_end,
    agents_are_asked_once,
    dead_letters_are_told,
    no_state_goes_back,
    one_end_each,
)

Invariant = Callable[[Evidence], Iterator[str]]

INVARIANTS: dict[str, Invariant] = {
    "acknowledged jobs end": acknowledged_jobs_end,
    "exactly one end each": one_end_each,
    "no state goes back": no_state_goes_back,
    "seq rises for each follower": seq_rises_for_each_follower,
    "stored before sent": nothing_is_sent_before_it_is_stored,
    "followers see the end": followers_see_the_end,
    "ends are told": ends_are_told,
    "nobody receives another's": nobody_receives_anothers,
    "agents are asked once": agents_are_asked_once,
    "dead letters are told": dead_letters_are_told,
    "a request is one job": a_request_is_one_job,
}


def verdict(history: History) -> dict[str, list[str]]:
    """Give each invariant's violations, each a sentence; none if it held."""
    evidence = Evidence(history)
    return {name: list(violations_of(evidence)) for name, violations_of in INVARIANTS.items()}


def violations(history: History) -> list[str]:
    """Give all violations, each a sentence with the invariant's name; none if the history is good."""
    return [f"[{name}] {sentence}" for name, found in verdict(history).items() for sentence in found]
