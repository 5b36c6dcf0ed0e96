"""A job whose worker dies, or is overtaken: the next one ends it, and no step is told twice in two ways."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from background_processor.process_job import serve_queued_job
from finops_websocket.delivery import messages
from finops_websocket.errors import AgentTimedOut, JobHeldElsewhere
from finops_websocket.jobs.answers import FAILED as UNANSWERED
from finops_websocket.jobs.job import COMPLETED, PROCESSING, Job
from finops_websocket.wire.server_messages import ServerMessage
from unit.doubles.all_services import AllServices
from unit.doubles.crashes import AFTER, BEFORE, Crash, calls_to
from unit.doubles.sample_answers import an_answer
from unit.doubles.sample_jobs import COST, LEASE, SAVINGS, claim, store, stored
from unit.doubles.sample_messages import a_message
from unit.doubles.scripted_agents import fails

# What a job's way costs in calls to DynamoDB, and so where a worker can die.
CALLS = (
    *("GetItem", "UpdateItem"),  # claimed
    "UpdateItem",  # agents asked
    *("PutItem", "UpdateItem") * 2,  # an answer, and that it is there
    *("UpdateItem", "UpdateItem"),  # putting the answer together, and the end
    "UpdateItem",  # the followers know the end
)
LAST_CALL = len(CALLS) - 1
RESPONSE = "## Cost analysis\n\nCosts rose.\n\n## Optimisation\n\nDelete the disk."

at_each_call = pytest.mark.parametrize("call", range(len(CALLS)), ids=lambda call: f"{call}-{CALLS[call]}")


@pytest.fixture(autouse=True)
def queued(services: AllServices) -> None:
    store(services.jobs)


@pytest.fixture
def claimed(services: AllServices) -> Job:
    """The job in the hands of worker-1, which is about to die."""
    return claim(services.jobs)


def serve(services: AllServices, worker: str = "worker-2", message_id: str = "message-1") -> None:
    serve_queued_job(services, a_message(services, message_id=message_id), worker, 300)


def take_over(services: AllServices) -> list[dict[str, Any]]:
    """Let the next worker have the job when its lease has run out, and give what the follower hears from then on."""
    services.clock.set(stored(services.jobs).lease_until)
    services.channel.sent.clear()
    serve(services)
    return services.channel.to("connection-1")


def wait_for_the_dead_worker_s_threads() -> None:
    """They die with a worker on Lambda; here they may ask an agent while the next worker is looked at."""
    for thread in threading.enumerate():
        if thread.name.startswith("agent"):
            thread.join(30)


def assert_in_order(sent: list[dict[str, Any]]) -> None:
    """Fail if a job's messages go back in anything, say two things under one seq, or count an agent twice."""
    by_seq = {each["seq"]: each for each in sent}
    assert [each["seq"] for each in sent] == sorted(each["seq"] for each in sent)
    assert all(by_seq[each["seq"]] == each for each in sent)
    progress = [each["progress"] for each in sent if "progress" in each]
    told = [each["completed_agents"] for each in sent if "completed_agents" in each]
    assert progress == sorted(progress)
    assert told == sorted(told, key=len)
    assert all(len(agents) == len(set(agents)) for agents in told)
    assert sent[-1]["type"] == "job_completed"


def test_a_job_takes_these_calls(services: AllServices) -> None:
    with calls_to(services.jobs.table.meta.client) as operations:
        serve(services)
    assert tuple(operations) == CALLS


@pytest.mark.parametrize("moment", [BEFORE, AFTER])
@at_each_call
def test_wherever_a_worker_dies_the_next_one_ends_the_job(services: AllServices, moment: str, call: int) -> None:
    with calls_to(services.jobs.table.meta.client, moment, call), pytest.raises(Crash):
        serve(services, "worker-1")
    wait_for_the_dead_worker_s_threads()
    left = stored(services.jobs)
    unanswered = [] if left.is_finished else sorted({COST, SAVINGS} - set(services.answers.find(left)))
    asked_before, sent_before = len(services.agents.invoked), len(services.channel.sent)
    services.clock.now += LEASE
    serve(services)

    assert sorted(agent for agent, _, _ in services.agents.invoked[asked_before:]) == unanswered
    job = stored(services.jobs)
    assert (job.status, job.progress, job.partial) == (COMPLETED, 100, False)
    assert (sorted(job.completed_agents), job.followers, job.is_open) == ([COST, SAVINGS], frozenset(), False)
    sent = services.channel.to("connection-1")
    assert_in_order(sent)
    assert sent[-1]["result"]["response"] == RESPONSE
    # A worker that dies between the end it sent and its note of that leaves the next one no choice.
    end_is_repeated = (moment, call) == (BEFORE, LAST_CALL)
    assert services.channel.kinds_to("connection-1").count("job_completed") == (2 if end_is_repeated else 1)
    # A step that was stored may not have been sent, so the next worker tells every answer, each once.
    assert {each["agent"] for each in sent if each["type"] == "agent_completed"} == {COST, SAVINGS}
    told_again = [each["agent"] for each in sent[sent_before:] if each["type"] == "agent_completed"]
    assert sorted(told_again) == ([] if left.is_finished else [COST, SAVINGS])


@at_each_call
def test_wherever_a_worker_dies_its_message_is_seen_again_when_its_lease_is_over(
    services: AllServices, call: int
) -> None:
    def take_long(_connection_id: str, _message: object) -> None:
        # Longer than a third of the lease, so that each step hides the message anew.
        services.clock.now += LEASE / 2

    services.channel.at_send = take_long
    with calls_to(services.jobs.table.meta.client, AFTER, call), pytest.raises(Crash):
        serve(services, "worker-1")
    assert stored(services.jobs).lease_until < services.sqs.seen_again_at < services.clock.now + 2 * LEASE


@pytest.mark.parametrize("announced", [(), (COST,), (SAVINGS,), (COST, SAVINGS)])
def test_answers_that_are_stored_are_announced_again_in_steps_of_their_own_and_asked_for_by_nobody(
    services: AllServices, s3: Any, bucket_name: str, claimed: Job, announced: tuple[str, ...]
) -> None:
    whole = "A large answer.\n" * 10_000
    services.answers.put(claimed, an_answer(COST, whole))
    services.answers.put(claimed, an_answer(SAVINGS, "Delete the disk."))
    job = services.jobs.record_step(claimed, LEASE, progress=52, message="Asking.", completedAgents=announced)
    sent = take_over(services)
    assert services.agents.invoked == []
    # The first worker may have died before it could send its own.
    assert [(each["type"], each.get("agent"), each["seq"] - job.seq) for each in sent] == [
        ("progress_update", None, 1),
        ("analysis_started", None, 2),
        ("agent_completed", COST, 3),
        ("agent_completed", SAVINGS, 4),
        ("progress_update", None, 5),
        ("job_completed", None, 6),
    ]
    assert_in_order(sent)
    assert min(each["progress"] for each in sent if "progress" in each) == 52
    assert f"jobs/job-1/{COST}.md" in sent[2]["result"]["responseUrl"]
    # The whole text of the first worker's answer is in the response, and not its first part alone.
    response = s3.get_object(Bucket=bucket_name, Key="jobs/job-1/response.md")["Body"].read().decode()
    assert response == f"## Title of {COST}\n\n{whole}\n\n## Title of {SAVINGS}\n\nDelete the disk."


def test_an_agent_that_failed_is_not_asked_again(services: AllServices, claimed: Job) -> None:
    services.answers.put(claimed, an_answer(content="It stopped with an error.", status=UNANSWERED))
    sent = take_over(services)
    assert services.agents.asked() == [SAVINGS]
    assert sent[-1]["result"]["partial"] is True


@pytest.mark.parametrize(("timed_out", "code"), [(True, "TIMED_OUT"), (False, "AGENTS_FAILED")])
def test_a_job_whose_agents_all_timed_out_has_timed_out_whoever_waited_for_them(
    services: AllServices, claimed: Job, timed_out: bool, code: str
) -> None:
    services.answers.put(claimed, an_answer(content="Late.", status=UNANSWERED, timed_out=timed_out))
    services.agents.behaviours[SAVINGS] = fails(AgentTimedOut("It did not answer in time."))
    assert take_over(services)[-1]["code"] == stored(services.jobs).code == code


def test_an_answer_that_was_announced_and_then_deleted_is_asked_for_again(services: AllServices, claimed: Job) -> None:
    # DynamoDB's TTL deletes items one by one.
    services.jobs.record_step(claimed, LEASE, progress=52, message="One of two.", completedAgents=(COST,))
    assert_in_order(take_over(services))
    assert services.agents.asked() == [COST, SAVINGS]
    assert sorted(stored(services.jobs).completed_agents) == [COST, SAVINGS]


@pytest.mark.parametrize("held_by", ["message-1", None], ids=["", "claimed by an earlier release"])
def test_a_second_delivery_waits_until_the_first_one_s_lease_is_over(
    services: AllServices, claimed: Job, held_by: str | None
) -> None:
    held = replace(claimed, lease_message=held_by)
    services.jobs.table.put_item(Item=held.to_item())
    services.clock.set(held.lease_until - 70)
    with pytest.raises(JobHeldElsewhere):
        serve(services)
    assert services.sqs.hidden_for == [LEASE + LEASE // 3 + 1, 71]
    assert stored(services.jobs) == held
    assert services.channel.sent == services.agents.invoked == []
    services.clock.set(services.sqs.seen_again_at)
    serve(services)
    assert stored(services.jobs).status == COMPLETED


def test_another_message_of_a_job_that_is_held_goes(services: AllServices, claimed: Job) -> None:
    serve(services, message_id="message-2")
    assert stored(services.jobs) == claimed
    assert services.channel.sent == []
    # Hidden before the job is looked at, and not shown again.
    assert services.sqs.hidden_for == [LEASE + LEASE // 3 + 1]


@pytest.mark.parametrize(("message_id", "stays"), [("message-1", True), ("message-2", False)])
def test_a_worker_that_loses_its_job_keeps_the_message_only_if_the_other_one_has_it_too(
    services: AllServices, message_id: str, stays: bool
) -> None:
    def lose_the_lease(_connection_id: str, message: ServerMessage) -> None:
        if message.kind[1] == "analysis_started":
            services.clock.set(stored(services.jobs).lease_until)
            claim(services.jobs, worker="worker-2", message_id=message_id)

    services.channel.at_send = lose_the_lease
    if stays:
        with pytest.raises(JobHeldElsewhere):
            serve(services, "worker-1")
    else:
        serve(services, "worker-1")
    assert (services.sqs.hidden_for[-1] == LEASE + 1) is stays
    assert services.channel.kinds_to("connection-1") == ["progress_update", "analysis_started"]
    assert (stored(services.jobs).status, stored(services.jobs).lease_owner) == (PROCESSING, "worker-2")


def test_an_overtaken_worker_s_answer_does_not_replace_the_one_that_was_told(services: AllServices) -> None:
    def be_overtaken(_connection_id: str, message: ServerMessage) -> None:
        if message.kind[1] == "analysis_started" and stored(services.jobs).attempts == 1:
            services.clock.set(stored(services.jobs).lease_until)
            serve(services, "worker-2")
            services.agents.behaviours = dict.fromkeys((COST, SAVINGS), fails(AgentTimedOut("Too late.")))

    services.channel.at_send = be_overtaken
    serve(services, "worker-1")
    [told] = [message for _, message in services.channel.sent if message.kind[1] == "job_completed"]
    assert messages.end_of(stored(services.jobs), services.answers) == told
