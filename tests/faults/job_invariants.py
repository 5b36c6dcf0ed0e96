"""What must hold of each job, whoever follows it: its end, its states, its agents, its dead letters."""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from math import inf

from faults.evidence import RANK, Evidence, describe, end_said, is_end, state_of_item
from faults.history import CLOCK, EXPIRY, FOREIGN_BODY, TWICE, Crashed, Injected, Invoked, Received, Stored

# Seconds, twice as long as a heartbeat: a worker that has written since is not late, and its lease must run.
SILENCE = 2


def acknowledged_jobs_end(evidence: Evidence) -> Iterator[str]:
    """A job that anybody was told is queued ends, unless its item was deleted as TTL would."""
    missing = []
    for job_id, messages in evidence.received.items():
        told = next((received for received in messages if received.message["type"] == "job_queued"), None)
        final = evidence.history.final_items.get(job_id)
        if told and final is None:
            missing.append(f"Job {job_id} is lost: {describe(told)}, but it is not in the store.")
        elif told and RANK[final["status"]] < 2:
            yield f"Job {job_id} never ended: {describe(told)}, but at the end it is {final['status']}."
    if len(missing) > evidence.injected(EXPIRY):
        yield from missing


def one_end_each(evidence: Evidence) -> Iterator[str]:
    """A job's state becomes an end once and stays it, and all messages of its end say the same."""
    for job_id, writes in evidence.stored.items():
        end = evidence.end(job_id)
        for write in writes:
            # A finished job's followers change without a step.
            if end and _step(write) != _step(end) and write.item["seq"] >= end.item["seq"]:
                yield f"Job {job_id} changed after its end: {describe(end)}, then {describe(write)}."
    for job_id, messages in evidence.received.items():
        ends = [received for received in messages if is_end(received)]
        for received in ends[1:]:
            if _told_end(received) != _told_end(ends[0]):
                yield f"Job {job_id} has two ends: {describe(ends[0])}, and {describe(received)}."


def no_state_goes_back(evidence: Evidence) -> Iterator[str]:
    """By seq, a job goes from queued over processing to its end, its progress never falls, and a seq has one state."""
    for job_id, writes in evidence.stored.items():
        final = evidence.history.final_items.get(job_id)
        # Nobody need have seen the write of the last state: its reply may have been lost.
        last = [Stored(writes[-1].at, final)] if final else []
        for before, after in pairwise([*writes, *last]):
            if before.item["seq"] == after.item["seq"]:
                if state_of_item(before.item) != state_of_item(after.item):
                    yield f"Job {job_id} has two states of one seq: {describe(before)}, and {describe(after)}."
            elif before.item["seq"] > after.item["seq"]:
                yield f"Job {job_id} ends before its last step: {describe(before)}, at the end {describe(after)}."
            elif RANK[before.item["status"]] > RANK[after.item["status"]]:
                yield f"Job {job_id} went back: {describe(before)}, then {describe(after)}."
            elif before.item["progress"] > after.item["progress"]:
                yield f"The progress of job {job_id} fell: {describe(before)}, then {describe(after)}."


def agents_are_asked_once(evidence: Evidence) -> Iterator[str]:
    """An agent is invoked once for a job, and once more for each crash before its answer was stored.

    A worker that was silent until its lease had run out counts as crashed: on a machine that is too busy it is alive,
    and late. A crash whose job is not known counts for every job that was being processed. An invocation that the proxy
    has made twice does not know its job: of all jobs together, no more may be in surplus than there were of those. A
    lost reply is no excuse: the agent may have acted. Where clocks are wrong, a lease that runs may look as if it had
    run out.
    """
    if evidence.injected(CLOCK):
        return
    crashes = _crashes_by_job(evidence)
    invocations: dict[tuple[str, str], list[Invoked]] = defaultdict(list)
    for invoked in evidence.of_kind(Invoked):
        invocations[invoked.job_id, invoked.agent].append(invoked)
    surplus = []
    for (job_id, agent), found in invocations.items():
        writes = evidence.stored.get(job_id, ())
        answered_at = min((write.at for write in writes if agent in write.item.get("completedAgents", ())), default=inf)
        excused = sum(crash.at <= answered_at for crash in crashes[job_id])
        surplus += [
            f"An agent was asked again for job {job_id}, which had {excused} crashes before the answer:"
            f" {describe(first)}, then {describe(again)}."
            for first, again in pairwise(found[excused:])
        ]
    doubled = [each for each in evidence.of_kind(Injected) if each.service == "lambda" and TWICE in each.operation]
    if len(surplus) > len(doubled):
        yield from surplus


def dead_letters_are_told(evidence: Evidence) -> Iterator[str]:
    """A dead letter's job has failed, or had ended before; one that is no job is still there."""
    foreign = 0
    for body in evidence.history.dead_letters:
        job_id = _job_of(body)
        final = evidence.history.final_items.get(job_id or "")
        if job_id is None or (final is None and job_id not in evidence.stored):
            foreign += 1
        elif final is not None and RANK[final["status"]] < 2:
            yield f"Job {job_id} is a dead letter, and is {final['status']} at the end."
        elif final is not None and "deadLetter" in final and final.get("code") != "PROCESSING_FAILED":
            yield f"Job {job_id} keeps a dead letter, and is {final['status']} with the code {final.get('code')}."
    if foreign < evidence.injected(FOREIGN_BODY):
        yield f"Of {evidence.injected(FOREIGN_BODY)} bodies that are no job, the dead-letter queue has only {foreign}."


def a_request_is_one_job(evidence: Evidence) -> Iterator[str]:
    """An acknowledged requestId of a user names one job for ever (or until that job's time is up)."""
    named: dict[tuple[str, str], Received] = {}
    for received in evidence.of_kind(Received):
        if received.message.get("type") != "job_queued" or received.message.get("requestId") is None:
            continue
        first = named.setdefault((received.user, received.message["requestId"]), received)
        if first.message["jobId"] != received.message["jobId"] and not evidence.has_expired(first.message["jobId"]):
            yield (
                f"The requestId {received.message['requestId']} of {received.user} names two jobs: "
                f"{first.message['jobId']} ({describe(first)}) and {received.message['jobId']} ({describe(received)})."
            )


def _step(write: Stored) -> tuple[int, str]:
    return write.item["seq"], write.item["status"]


def _told_end(received: Received) -> tuple[str | None, int, str | None]:
    return end_said(received.message), received.message["seq"], received.message.get("code")


def _crashes_by_job(evidence: Evidence) -> dict[str, list[Crashed]]:
    crashes: dict[str, list[Crashed]] = defaultdict(list)
    for crash in evidence.of_kind(Crashed):
        if crash.job_id is not None:
            crashes[crash.job_id].append(crash)
            continue
        for job_id, writes in evidence.stored.items():
            end = evidence.end(job_id)
            claims = [write.at for write in writes if write.item["status"] == "processing"]
            if claims and min(claims) <= crash.at and (end is None or crash.at <= end.at):
                crashes[job_id].append(crash)
    for job_id, writes in evidence.stored.items():
        for last, taken in _late_workers(writes):
            if not any(last.at <= crash.at <= taken.at for crash in crashes[job_id]):
                crashes[job_id].append(Crashed(taken.at, job_id))
    return crashes


def _late_workers(writes: list[Stored]) -> Iterator[tuple[Stored, Stored]]:
    """Give the last step of each worker whose lease had run out, and the step with which another one took the job."""
    steps = list({write.item["seq"]: write for write in reversed(writes)}.values())[::-1]
    for last, taken in pairwise(steps):
        is_taken = last.item.get("leaseOwner") not in (None, taken.item.get("leaseOwner"))
        if is_taken and last.item["leaseUntil"] <= taken.at and taken.at - last.at >= SILENCE:
            yield last, taken


def _job_of(body: str) -> str | None:
    try:
        job_id = json.loads(body)["jobId"]
    except (ValueError, KeyError, TypeError):
        return None
    return job_id if isinstance(job_id, str) else None
