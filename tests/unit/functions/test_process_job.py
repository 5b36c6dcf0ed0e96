"""A job's way through a worker: each step is stored, then sent, to its end, though its worker die or be overtaken."""

import json
from contextlib import nullcontext
from dataclasses import replace
from itertools import combinations

import pytest

from background_processor.process_job import progress_after, progress_while_waiting, serve_queued_job
from finops_websocket import metrics
from finops_websocket.connections.channel import Posted
from finops_websocket.errors import AgentFailed, AgentTimedOut, EndNotTold, JobHeldElsewhere
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from unit.doubles.aws_calls import AFTER, BEFORE, Crash, calls_to
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_figures import FORECAST
from unit.doubles.sample_jobs import COST, LEASE, SAVINGS, a_message, an_answer, claim, store, stored
from unit.doubles.scripted_agents import ScriptedAgents, after, fails, join_agents, says

BROKEN, LATE = AgentFailed("It stopped with an error."), AgentTimedOut("It did not answer in time.")
RESPONSE = "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."

# The first step and the last say two things each.
KINDS = ["progress_update", "analysis_started", "agent_completed", "agent_completed", "job_completed"]
STEPS = [1, 1, 2, 3, 3]


@pytest.fixture(autouse=True)
def queued(services):
    store(services.jobs)


def serve(services, worker="worker-1", message_id="message-1"):
    serve_queued_job(services, a_message(services, message_id=message_id), worker, 300)


def test_a_job_s_steps_are_stored_and_then_sent_in_order(services):
    def compare(_connection_id, message):
        told, job = message.to_wire(), stored(services.jobs)
        assert told["seq"] == job.seq
        assert told.get("progress", job.progress) == job.progress
        assert told.get("status", job.status) == job.status
        if message.kind[1] == "agent_completed":
            assert told["completed_agents"] == job.completed_agents
            assert services.answers.find(job)[told["agent"]].content == told["result"].content

    services.channel.at_send = compare
    serve(services)
    sent = services.channel.to("connection-1")
    assert services.channel.kinds_to("connection-1") == KINDS
    assert [each["seq"] - 1 for each in sent] == STEPS
    assert [each["progress"] for each in sent if "progress" in each] == [10, 50, 100]
    assert sent[1]["agents"] == [COST, SAVINGS]
    contents = {each["agent"]: each["result"]["content"] for each in sent[2:4]}
    assert contents == {COST: "Costs rose.", SAVINGS: "Delete the disk."}
    assert sorted(services.agents.invoked) == [(agent, "Why did my costs rise?", "job-1") for agent in (COST, SAVINGS)]
    result = sent[-1]["result"]
    assert (result["response"], result["partial"], result["agent"]) == (RESPONSE, False, f"{COST}, {SAVINGS}")
    job = stored(services.jobs)
    assert (job.status, job.progress, job.partial) == (COMPLETED, 100, False)
    assert (job.followers, job.is_open) == (frozenset(), False)


def test_figures_stand_beside_their_agent_s_answer_and_in_the_state(services):
    services.agents.behaviours[COST] = says("Costs rose.", json.dumps([FORECAST]))
    serve(services)
    services.delivery.send_snapshot("connection-2", stored(services.jobs))
    [state] = services.channel.to("connection-2")
    assert state["titles"] == {COST: "Cost analysis", SAVINGS: "Optimisation"}
    told = [each["result"] for each in services.channel.to("connection-1") if each["type"] == "agent_completed"]
    for results in (told, state["results"]):
        assert {each["agent"]: each.get("data") for each in results} == {COST: [FORECAST], SAVINGS: None}


@pytest.mark.parametrize(
    ("failures", "code"),
    [((BROKEN, BROKEN), "AGENTS_FAILED"), ((LATE, LATE), "TIMED_OUT"), ((LATE, BROKEN), "AGENTS_FAILED")],
)
def test_a_job_without_any_answer_has_failed(services, failures, code):
    services.agents.behaviours = {COST: fails(failures[0]), SAVINGS: fails(failures[1])}
    serve(services)
    end = services.channel.to("connection-1")[-1]
    assert (end["type"], end["code"]) == ("job_failed", code)
    assert f"Cost analysis: {failures[0]}" in end["error"]
    assert f"Optimisation: {failures[1]}" in end["error"]
    job = stored(services.jobs)
    assert (job.status, job.code, job.error) == (FAILED, code, end["error"])
    assert services.channel.kinds_to("connection-1")[-3:] == ["agent_completed", "agent_completed", "job_failed"]
    assert sorted(job.completed_agents) == [COST, SAVINGS]


def test_while_agents_are_silent_progress_creeps_and_lease_and_message_are_renewed(services, release):
    services = replace(services, agents=ScriptedAgents(heartbeat=0.01))
    services.agents.behaviours[SAVINGS] = after(release, says("Delete the disk."))
    noted = []
    waits = []

    def note(_connection_id, message):
        job = stored(services.jobs)
        if not job.is_finished:
            noted.append((services.sqs.seen_again_at, job.lease_until))
            assert job.lease_until == services.clock.now + LEASE
        if message.kind[1] == "progress_update" and job.message == "Working on your question.":
            # The same step says something else too.
            return
        if job.message == "Waiting for Optimisation.":
            waits.append(job.progress)
        if len(noted) == 12:
            release.set()
        services.clock.now += 13

    services.channel.at_send = note
    serve(services)
    assert len(set(waits)) > 5
    assert max(waits) < progress_after(2, 2)
    progress = [each["progress"] for each in services.channel.to("connection-1") if "progress" in each]
    assert progress == sorted(progress)
    assert services.channel.to("connection-1")[-1]["result"]["partial"] is False
    # A message that comes back before its lease is over uses up one of the queue's three deliveries for nothing.
    assert all(hidden_until > held_until for hidden_until, held_until in noted)
    # And not with each step: a third of the lease is four steps long.
    assert len(services.sqs.hidden_for) < len(noted) / 2


def test_followers_come_and_go_and_a_step_that_cannot_be_sent_does_not_stop_the_job(services):
    services.jobs.follow("job-1", "user-1", "gone")
    services.channel.results["gone"] = Posted.GONE

    def act(connection_id, message):
        services.channel.results["connection-1"] = Posted.SENT if message.kind[1] == KINDS[-1] else Posted.FAILED
        if message.kind[1] == "analysis_started" and connection_id == "connection-1":
            services.jobs.follow("job-1", "user-1", "late")

    services.channel.at_send = act
    serve(services)
    assert services.channel.kinds_to("connection-1") == KINDS
    assert services.channel.kinds_to("gone") == KINDS[:1]
    assert services.channel.kinds_to("late") == KINDS[2:]
    assert (stored(services.jobs).followers, stored(services.jobs).is_open) == (frozenset(), False)


@pytest.mark.parametrize("end", [COMPLETED, FAILED, CANCELLED])
def test_an_end_that_could_not_be_told_is_told_on_the_next_delivery_to_those_who_are_left(services, measured, end):
    services.jobs.follow("job-1", "user-1", "connection-2")
    services.channel.results["connection-2"] = Posted.FAILED
    if end == FAILED:
        services.agents.behaviours = dict.fromkeys((COST, SAVINGS), fails(BROKEN))
    if end == CANCELLED:
        services.jobs.cancel("job-1", "user-1")
    with pytest.raises(EndNotTold):
        serve(services)
    assert services.sqs.hidden_for[-1] == 5
    assert (stored(services.jobs).status, stored(services.jobs).followers) == (end, {"connection-2"})
    asked, told = len(services.agents.invoked), services.channel.to("connection-1")[-1]
    services.channel.sent.clear()
    with pytest.raises(EndNotTold):
        serve(services, "worker-2")
    services.channel.results["connection-2"] = Posted.SENT
    for worker in ("worker-3", "worker-4"):
        serve(services, worker)
    assert services.channel.to("connection-2") == [told, told]
    assert len(services.channel.sent) == 2
    assert len(services.agents.invoked) == asked
    assert not stored(services.jobs).is_open
    counted = names(measured())
    assert counted[metrics.JOBS_COMPLETED] + counted[metrics.JOBS_FAILED] + counted[metrics.JOBS_CANCELLED] == 1


@pytest.mark.parametrize("sent_last", ["analysis_started", "agent_completed"])
def test_a_job_that_is_cancelled_in_the_middle_sends_nothing_more_but_that(services, sent_last):
    def cancel(_connection_id, message):
        if message.kind[1] == sent_last:
            services.jobs.cancel("job-1", "user-1")

    services.channel.at_send = cancel
    serve(services)
    assert services.channel.kinds_to("connection-1")[-2:] == [sent_last, "job_cancelled"]
    job = stored(services.jobs)
    assert (job.status, job.is_open) == (CANCELLED, False)


def test_progress_creeps_and_stays_below_the_next_answer_s_share():
    # The contract takes at most 10 agents for a question.
    for answered, asked in combinations(range(11), 2):
        progress = progress_after(answered, asked)
        for _ in range(200):
            before, progress = progress, progress_while_waiting(progress, answered, asked)
            assert before <= progress < progress_after(answered + 1, asked)


# A job whose worker dies, or is overtaken: the next one ends it, and no step is told twice in two ways.

# What a job's way costs in calls to DynamoDB, and so where a worker can die.
CALLS = (
    "UpdateItem",  # claimed
    *("PutItem", "UpdateItem"),  # an answer, and that it is there
    *("PutItem", "UpdateItem"),  # the last answer, and the end
    "UpdateItem",  # the followers know the end
)

at_each_call = pytest.mark.parametrize("call", range(len(CALLS)), ids=lambda call: f"{call}-{CALLS[call]}")


@pytest.fixture
def claimed(services):
    """The job in the hands of worker-1, which is about to die."""
    return claim(services.jobs)


def assert_in_order(sent):
    """Fail if a job's messages go back in anything, say two things under one seq, or count an agent twice."""
    by_seq = {(each["type"], each["seq"]): each for each in sent}
    assert [each["seq"] for each in sent] == sorted(each["seq"] for each in sent)
    assert all(by_seq[each["type"], each["seq"]] == each for each in sent)
    progress = [each["progress"] for each in sent if "progress" in each]
    told = [each["completed_agents"] for each in sent if "completed_agents" in each]
    assert progress == sorted(progress)
    assert told == sorted(told, key=len)
    assert all(len(agents) == len(set(agents)) for agents in told)
    assert sent[-1]["type"] == "job_completed"


def test_a_job_takes_these_calls(services):
    with calls_to(services.jobs.table.client) as operations:
        serve(services)
    assert tuple(operations) == CALLS


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@at_each_call
def test_wherever_a_worker_dies_the_next_one_ends_the_job(services, moment, call):
    with calls_to(services.jobs.table.client, moment, call), pytest.raises(Crash):
        serve(services, "worker-1")
    join_agents()
    left = stored(services.jobs)
    unanswered = [] if left.is_finished else sorted({COST, SAVINGS} - set(services.answers.find(left)))
    asked_before, sent_before = len(services.agents.invoked), len(services.channel.sent)
    services.clock.now += LEASE
    serve(services, "worker-2")

    assert sorted(agent for agent, _, _ in services.agents.invoked[asked_before:]) == unanswered
    job = stored(services.jobs)
    assert (job.status, job.progress, job.partial) == (COMPLETED, 100, False)
    assert (sorted(job.completed_agents), job.followers, job.is_open) == ([COST, SAVINGS], frozenset(), False)
    sent = services.channel.to("connection-1")
    assert_in_order(sent)
    assert sent[-1]["result"]["response"] == RESPONSE
    # A worker that dies between the end it sent and its note of that leaves the next one no choice.
    end_is_repeated = (moment, call) == (BEFORE, len(CALLS) - 1)
    assert services.channel.kinds_to("connection-1").count("job_completed") == (2 if end_is_repeated else 1)
    # A step that was stored may not have been sent, so the next worker tells every answer, each once; or the end, which
    # has all of them.
    told_again = [each["agent"] for each in sent[sent_before:] if each["type"] == "agent_completed"]
    assert sorted(told_again) == ([] if left.is_finished else [COST, SAVINGS])


@at_each_call
def test_wherever_a_worker_dies_its_message_is_seen_again_when_its_lease_is_over(services, call):
    def take_long(_connection_id, _message):
        # Longer than a third of the lease, so that each step hides the message anew.
        services.clock.now += LEASE / 2

    services.channel.at_send = take_long
    with calls_to(services.jobs.table.client, AFTER, call), pytest.raises(Crash):
        serve(services, "worker-1")
    assert stored(services.jobs).lease_until < services.sqs.seen_again_at < services.clock.now + 2 * LEASE


@pytest.mark.parametrize("announced", [(), (COST,), (SAVINGS,), (COST, SAVINGS)])
def test_answers_that_are_stored_are_announced_again_in_steps_of_their_own_and_asked_for_by_nobody(
    services, s3, bucket_name, claimed, announced
):
    whole = "A large answer.\n" * 10_000
    services.answers.put(claimed, an_answer(COST, whole, data=json.dumps([FORECAST])))
    services.answers.put(claimed, an_answer(SAVINGS, "Delete the disk."))
    job = services.jobs.record_step(claimed, LEASE, progress=52, message="Asking.", completedAgents=announced)
    services.clock.set(job.lease_until)
    serve(services, "worker-2")
    sent = services.channel.to("connection-1")
    assert services.agents.invoked == []
    # The first worker may have died before it could send its own.
    assert [(each["type"], each["seq"] - job.seq) for each in sent] == list(zip(KINDS, STEPS, strict=True))
    assert_in_order(sent)
    assert min(each["progress"] for each in sent if "progress" in each) == 52
    assert f"jobs/job-1/{COST}.md" in sent[2]["result"]["responseUrl"]
    assert sent[2]["result"]["data"] == [FORECAST]
    # The whole text of the first worker's answer is in the response, and not its first part alone.
    response = s3.get_object(Bucket=bucket_name, Key="jobs/job-1/response.md")["Body"].read().decode()
    assert response == f"## Title of {COST}\n\n{whole}\n\n## Title of {SAVINGS}\n\nDelete the disk."


@pytest.mark.parametrize("held_by", ["message-1", None], ids=["", "claimed by an earlier release"])
def test_a_second_delivery_waits_until_the_first_one_s_lease_is_over(services, claimed, held_by):
    held = replace(claimed, lease_message=held_by)
    services.jobs.table.put_item(Item=held.to_item())
    services.clock.set(held.lease_until - 70)
    with pytest.raises(JobHeldElsewhere):
        serve(services, "worker-2")
    assert services.sqs.hidden_for == [LEASE + LEASE // 3 + 1, 71]
    assert stored(services.jobs) == held
    assert services.channel.sent == services.agents.invoked == []
    services.clock.set(services.sqs.seen_again_at)
    serve(services, "worker-2")
    assert stored(services.jobs).status == COMPLETED


def test_a_job_does_not_wait_for_a_lease_that_a_wrong_clock_wrote(services, claimed):
    services.jobs.table.put_item(Item=replace(claimed, lease_until=claimed.lease_until + 600).to_item())
    serve(services, "worker-2")
    assert stored(services.jobs).status == COMPLETED


def test_another_message_of_a_job_that_is_held_goes(services, claimed):
    serve(services, "worker-2", "message-2")
    assert stored(services.jobs) == claimed
    assert services.channel.sent == []
    # Hidden before the job is looked at, and not shown again.
    assert services.sqs.hidden_for == [LEASE + LEASE // 3 + 1]


@pytest.mark.parametrize(("message_id", "stays"), [("message-1", True), ("message-2", False)])
def test_a_worker_that_loses_its_job_keeps_the_message_only_if_the_other_one_has_it_too(services, message_id, stays):
    def lose_the_lease(_connection_id, message):
        if message.kind[1] == "analysis_started":
            services.clock.set(stored(services.jobs).lease_until)
            claim(services.jobs, worker="worker-2", message_id=message_id)

    services.channel.at_send = lose_the_lease
    with pytest.raises(JobHeldElsewhere) if stays else nullcontext():
        serve(services, "worker-1")
    assert (services.sqs.hidden_for[-1] == LEASE + 1) is stays
    assert services.channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]
    assert (stored(services.jobs).status, stored(services.jobs).lease_owner) == (PROCESSING, "worker-2")
