"""Judges a whole recorded history, in the manner of Jepsen: it asks what must hold, not how it came about."""

from faults.evidence import Evidence
from faults.follower_invariants import (
    ends_are_told,
    followers_see_the_end,
    nobody_receives_anothers,
    seq_rises_for_each_follower,
    stored_before_sent,
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

INVARIANTS = (
    acknowledged_jobs_end,
    one_end_each,
    no_state_goes_back,
    seq_rises_for_each_follower,
    stored_before_sent,
    followers_see_the_end,
    ends_are_told,
    nobody_receives_anothers,
    agents_are_asked_once,
    dead_letters_are_told,
    a_request_is_one_job,
)


def violations(history: History) -> dict[str, list[str]]:
    """Give the violations of each invariant that does not hold, by its function's name, each a sentence."""
    evidence = Evidence(history)
    found = {invariant.__name__: list(invariant(evidence)) for invariant in INVARIANTS}
    return {name: sentences for name, sentences in found.items() if sentences}
