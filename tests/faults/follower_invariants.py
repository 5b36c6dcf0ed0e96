"""What must hold of the messages about a job that its followers receive."""

from collections.abc import Iterator
from typing import Any

from faults.evidence import (
    ENDS,
    LIVE,
    RANK,
    Evidence,
    State,
    describe,
    end_said,
    is_end,
    state_of_item,
    state_of_message,
)
from faults.history import Closed, Injected, Received, Stored

# What is said of a job's first step, and of its last. The end comes first where somebody who looked at the job has told
# it before its worker could.
ONE_STEP = {
    ("progress_update", "analysis_started"),
    *((first, "agent_completed") for first in ("job_completed", "job_failed")),
    *(("agent_completed", second) for second in ("job_completed", "job_failed")),
}


def seq_rises_for_each_follower(evidence: Evidence) -> Iterator[str]:
    """What a connection receives of a job is in order, or can be told by its seq to be a repeat or older.

    - Messages of one kind, seq and agent say the same, wherever they were received. Links (signed anew each time) may
      differ, and the text beside a link (cut to what the message takes).
    - A step has one live message, or one of the pairs in ONE_STEP. So a connection that has received one accepts
      another of that seq only as a repeat of it, or as what it is followed by. What redraws a snapshot of that seq
      (analysis_started, agent_completed, the end) is none: it says what the snapshot says, before or after the step's
      own message.
    - Live messages come in order. One that is older than another one received before is an error, unless
        - it is a repeat: the connection has received it before (a post was made twice);
        - it redraws a snapshot of that seq, which its own sender has read and may send late;
        - the two steps are of different writers (workers, or a worker and who cancelled), who send side by side;
        - a fault was injected into a post after the older step was stored: a delayed first try may follow a second.
      job_queued and job_snapshot are answers, not live messages: they race with the live ones, and a client drops what
      is older than what it has.
    """
    for job_id, messages in evidence.received.items():
        yield from _contradictions(job_id, messages)
        for connection_messages in evidence.by_connection(job_id).values():
            yield from _disorder(evidence, job_id, connection_messages)


def stored_before_sent(evidence: Evidence) -> Iterator[str]:
    """Each state that a message says is one that the store had by then."""
    for job_id, messages in evidence.received.items():
        stored = _stored_by_seq(evidence, job_id)
        for received in messages:
            yield from _unfounded(job_id, stored, received)
    for received in evidence.of_kind(Received):
        for entry in received.message.get("jobs", []):
            listed = received._replace(message={"type": "job_list", **entry})
            yield from _unfounded(entry["jobId"], _stored_by_seq(evidence, entry["jobId"]), listed)


def followers_see_the_end(evidence: Evidence) -> Iterator[str]:
    """A connection that followed a job and is still open has received its end, and nothing newer than the store has."""
    closed = {event.connection for event in evidence.of_kind(Closed)}
    for job_id, final in evidence.history.final_items.items():
        if RANK[final["status"]] < 2:
            continue
        for connection, received in _followers(evidence, job_id).items():
            if connection in closed:
                continue
            about = evidence.by_connection(job_id)[connection]
            last = max(about, key=lambda one: (one.message["seq"], is_end(one)), default=received)
            if not is_end(last):
                yield (
                    f"{connection} never saw job {job_id} end as {final['status']} with seq {final['seq']}: "
                    f"the last it has is {describe(last)}."
                )
            elif (last.message["seq"], end_said(last.message)) != (final["seq"], final["status"]):
                yield (
                    f"{connection} has another end of job {job_id} than the store ({final['status']}, seq "
                    f"{final['seq']}): {describe(last)}."
                )


def ends_are_told(evidence: Evidence) -> Iterator[str]:
    """A job's end is told to whoever followed it then, and not only to who asks for it.

    A finished job that has somebody left to tell is open. A connection that has signed in, was a follower when the end
    was stored, and is still there, has received the end itself and not only a snapshot.
    """
    closed = {event.connection for event in evidence.of_kind(Closed)}
    names = {
        received.message["connectionId"]: received.connection
        for received in evidence.of_kind(Received)
        if "connectionId" in received.message
    }
    for job_id, final in evidence.history.final_items.items():
        end = evidence.end(job_id)
        if RANK[final["status"]] < 2 or end is None:
            continue
        if "open" in final:
            yield f"Job {job_id} has ended, and is still open for {sorted(final.get('followers', []))}."
        told = {received.connection for received in evidence.received[job_id] if received.message["type"] in ENDS}
        followers = {names[follower] for follower in end.item.get("followers", []) if follower in names}
        for connection in sorted(followers - closed - told):
            yield f"{connection} followed job {job_id} when it ended and was not told: {describe(end)}."


def nobody_receives_anothers(evidence: Evidence) -> Iterator[str]:
    """What is said of a job is said to its user only."""
    for received in evidence.of_kind(Received):
        for job_id in _named_jobs(received.message):
            owner = evidence.owner(job_id)
            if owner is not None and owner != received.user:
                yield f"Job {job_id} of {owner} was told to another: {describe(received)}."


def _contradictions(job_id: str, messages: list[Received]) -> Iterator[str]:
    first_of: dict[tuple[str, int, str | None], Received] = {}
    for received in messages:
        first = first_of.setdefault(_key(received.message), received)
        if not _says_the_same(first.message, received.message):
            yield f"Job {job_id} has two messages of one kind and seq: {describe(first)}, and {describe(received)}."


def _disorder(evidence: Evidence, job_id: str, messages: list[Received]) -> Iterator[str]:
    accepted: list[Received] = []
    snapshots: set[int] = set()
    for received in messages:
        message = received.message
        if message["type"] == "job_snapshot":
            snapshots.add(message["seq"])
        if message["type"] not in LIVE:
            continue
        is_repeat = any(_key(before.message) == _key(message) for before in accepted)
        is_redraw = message["type"] != "progress_update" and message["seq"] in snapshots
        if is_repeat or is_redraw:
            continue
        for before in accepted:
            if before.message["seq"] == message["seq"]:
                if (before.message["type"], message["type"]) in ONE_STEP:
                    continue
                yield f"Job {job_id} has two messages of one step: {describe(before)}, then {describe(received)}."
            elif before.message["seq"] > message["seq"] and not _may_overtake(evidence, job_id, before, received):
                yield f"Messages of job {job_id} came in falling order: {describe(before)}, {describe(received)}."
                break
        accepted.append(received)


def _may_overtake(evidence: Evidence, job_id: str, newer: Received, older: Received) -> bool:
    writes = {write.item["seq"]: write for write in evidence.stored.get(job_id, [])}
    newer_write, older_write = writes.get(newer.message["seq"]), writes.get(older.message["seq"])
    if newer_write is None or older_write is None or _writer(newer_write) != _writer(older_write):
        return True
    return any(
        injected.operation == "PostToConnection" and older_write.at <= injected.at <= older.at
        for injected in evidence.of_kind(Injected)
    )


def _writer(write: Stored) -> tuple[str | None, bool]:
    """Name who stored a step and sends its message: a worker, or whoever cancelled the job or failed it from outside.

    An end from outside leaves the lease's owner in the item, as it leaves the progress.
    """
    is_from_outside = write.item["status"] == "cancelled" or write.item.get("code") == "PROCESSING_FAILED"
    return write.item.get("leaseOwner"), is_from_outside


def _stored_by_seq(evidence: Evidence, job_id: str) -> dict[int, tuple[float, State]]:
    final = evidence.history.final_items.get(job_id)
    # A write whose reply nobody saw is known by the final item only, and when it was made is not known.
    states = {} if final is None else {final["seq"]: (0.0, state_of_item(final))}
    for write in reversed(evidence.stored.get(job_id, [])):
        states[write.item["seq"]] = (write.at, state_of_item(write.item))
    return states


def _unfounded(job_id: str, stored: dict[int, tuple[float, State]], received: Received) -> Iterator[str]:
    said = state_of_message(received.message)
    at, state = stored.get(received.message["seq"], (0.0, None))
    if state is None:
        yield f"The store never had what was said of job {job_id}: {describe(received)}."
    elif not said.agrees_with(state):
        yield f"The store had another state of job {job_id}, {state}, than was said, {said}: {describe(received)}."
    elif at > received.at:
        yield f"Job {job_id} was told of a step before it was stored at {at:.3f}: {describe(received)}."


def _followers(evidence: Evidence, job_id: str) -> dict[str, Received]:
    """Give the connections that were told of an unfinished job, with the message that told each."""
    followers = {
        received.connection: received
        for received in reversed(list(evidence.of_kind(Received)))
        if "connectionId" in received.message and job_id in received.message.get("activeJobs", [])
    }
    for connection, messages in evidence.by_connection(job_id).items():
        if unfinished := [received for received in messages if not is_end(received)]:
            followers.setdefault(connection, unfinished[0])
    return followers


def _named_jobs(message: dict[str, Any]) -> list[str]:
    if message.get("code") == "JOB_NOT_FOUND":
        # It repeats the id that the connection has asked for, and says nothing of the job.
        return []
    if message.get("jobId") is not None:
        return [message["jobId"]]
    return [entry["jobId"] for entry in message.get("jobs", [])] + list(message.get("activeJobs", []))


def _key(message: dict[str, Any]) -> tuple[str, int, str | None]:
    return message["type"], message["seq"], message.get("agent")


def _says_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    if one["type"] in {"job_snapshot", "job_queued"}:
        # An answer may be in the store a moment before its step is, and only a repeated question is a duplicate.
        return state_of_message(one).agrees_with(state_of_message(other))
    return _without_links(one, other) == _without_links(other, one)


def _without_links(message: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    result, other_result = message.get("result", {}), other.get("result", {})
    varying = {"responseUrl"}
    if "responseUrl" in result or "responseUrl" in other_result:
        varying |= {"response", "content"}
    return {**message, "result": {name: value for name, value in result.items() if name not in varying}}
