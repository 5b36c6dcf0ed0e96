"""The queues: what is sent, how long messages stay hidden, which are no jobs, and what becomes of dead ones."""

import json

import boto3
import pytest
from botocore.stub import Stubber
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from background_processor.dead_letters import fail_dead_letter
from background_processor.process_job import serve_queued_job
from finops_websocket import metrics
from finops_websocket.connections.channel import Posted
from finops_websocket.delivery.stuck_jobs import GIVEN_UP
from finops_websocket.errors import JobHeldElsewhere, NotAJob, QueueUnavailable
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from finops_websocket.jobs.queue import JobQueue, job_id_of
from unit.doubles.aws_calls import just_before
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_jobs import LEASE, a_message, claim, store, stored


def test_a_user_s_jobs_are_one_group_that_does_not_name_the_user(sqs):
    queue = JobQueue(lambda: sqs, "queue")
    user = "Ünal 日本 😀" * 30
    for job_id, user_id in (("job-1", user), ("job-2", user), ("job-3", "another")):
        queue.send(job_id, user_id)
    first, second, third = (message["MessageGroupId"] for message in sqs.sent)
    assert first == second != third
    assert first.isascii()
    assert len(first) <= 128
    assert sqs.job_ids() == ["job-1", "job-2", "job-3"]


def test_a_queue_that_refuses_is_unavailable(aws):
    client = boto3.client("sqs")
    with Stubber(client) as stubber, pytest.raises(QueueUnavailable):
        stubber.add_client_error("send_message", "RequestThrottled", http_status_code=400)
        JobQueue(lambda: client, "https://sqs.us-east-1.amazonaws.com/123456789012/queue").send("job-1", "user-1")


@pytest.mark.parametrize(
    "body",
    [
        *["job-1", "[]", "{}", *(json.dumps({"jobId": job_id}) for job_id in (1, "", "x" * 129, "é", "two\nlines"))],
        # Python reads no number of more than 4,300 digits, and nothing that is nested too deeply.
        "9" * 5_000,
        "[" * 100_000,
    ],
    ids=lambda body: body[:20],
)
def test_what_is_no_job_is_said_to_be_none_and_not_repeated(body):
    with pytest.raises(NotAJob) as refused:
        job_id_of(body)
    assert str(refused.value) == "The queue's message is no job."
    assert refused.value.__cause__ is None


@given(
    st.text() | st.dictionaries(st.sampled_from(["jobId", "x"]), st.none() | st.integers() | st.text()).map(json.dumps)
)
def test_any_body_is_a_job_or_said_to_be_none(body):
    try:
        job_id = job_id_of(body)
    except NotAJob:
        return
    assert job_id == json.loads(body)["jobId"]
    assert 0 < len(job_id) <= 128


# Messages of the queues: how long they stay hidden, which are no jobs, and what becomes of dead ones.

BODY = '{"jobId": "job-1"}'


def test_what_sqs_refused_is_tried_again_at_the_next_step(services):
    message = a_message(services, lease=90)
    for is_down, hidden_for in ((True, 1), (True, 2), (False, 3), (False, 3)):
        services.sqs.is_down = is_down
        message.keep_hidden()
        assert len(services.sqs.hidden_for) == hidden_for


# Pauses in eighths of a second, which add up exactly: most are shorter than a third of the lease, and some come close.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lease=st.integers(min_value=3, max_value=600),
    pauses=st.lists(st.integers(min_value=0, max_value=1600).map(lambda eighths: eighths / 8), max_size=20),
)
@example(lease=90, pauses=[29.875])
@example(lease=4, pauses=[1.25])
@example(lease=91, pauses=[30.25])
def test_while_its_worker_lives_it_stays_hidden_for_a_lease_and_a_second_and_little_more(services, lease, pauses):
    message = a_message(services, lease=lease)
    for pause in [0.0, *pauses]:
        services.clock.now += pause
        message.keep_hidden()
        # The second is what a step may come after the call that hides the message.
        assert lease + 1 <= services.sqs.seen_again_at - services.clock.now <= lease * 4 / 3 + 2


def test_a_message_that_names_no_job_comes_again_at_once_and_a_dead_one_stays_and_is_counted(services, measured):
    body = "Project Bluebird"
    with pytest.raises(NotAJob):
        serve_queued_job(services, a_message(services, body), "worker-1", 300)
    assert (services.sqs.hidden_for, measured()) == ([0], [])
    with pytest.raises(NotAJob):
        fail_dead_letter(services, a_message(services, body))
    # It comes again after the queue's own time, and is counted again as long as it lies there.
    assert (services.sqs.hidden_for, names(measured())) == ([0], {metrics.UNREADABLE_DEAD_LETTERS: 1})


@pytest.mark.parametrize("status", ["queued", PROCESSING])
def test_the_job_of_a_dead_message_has_failed_keeps_it_and_its_followers_are_told_once(services, measured, status):
    store(services.jobs, request_id="request-1")
    if status == PROCESSING:
        # The last moment of a lease is over when the next worker may claim the job.
        services.clock.set(claim(services.jobs).lease_until)
    seq = stored(services.jobs).seq
    measured()
    for _ in range(2):
        fail_dead_letter(services, a_message(services))
    job = stored(services.jobs)
    assert (job.status, job.code, job.error, job.seq) == (FAILED, "PROCESSING_FAILED", GIVEN_UP, seq + 1)
    dead_letter = {"messageId": "message-1", "body": BODY, "sentAt": 1_795_431_600}
    assert (job.dead_letter, job.followers, job.is_open) == (dead_letter, frozenset(), False)
    [told] = services.channel.to("connection-1")
    assert (told["type"], told["error"], told["code"]) == ("job_failed", GIVEN_UP, "PROCESSING_FAILED")
    assert (told["requestId"], told["timestamp"], told["seq"]) == ("request-1", int(services.clock.now), seq + 1)
    assert names(measured()) == {metrics.JOBS_FAILED: 1}


def test_of_a_dead_message_as_much_is_kept_as_cannot_make_its_job_too_large(services):
    body = BODY[:-1] + ', "more": "' + "x" * 200_000 + '"}'
    assert a_message(services, body).to_item()["body"] == body[:1024]


def test_a_job_that_a_worker_has_is_left_to_it_and_looked_at_when_its_lease_is_over(services):
    store(services.jobs)
    job = claim(services.jobs)
    services.clock.set(job.lease_until - 70)
    with pytest.raises(JobHeldElsewhere):
        fail_dead_letter(services, a_message(services))
    assert services.sqs.hidden_for == [71]
    assert stored(services.jobs) == job
    services.clock.set(services.sqs.seen_again_at)
    fail_dead_letter(services, a_message(services))
    assert stored(services.jobs).status == FAILED


def test_a_job_that_is_claimed_in_between_is_left_to_its_worker(services):
    store(services.jobs)
    claimed = just_before(services.jobs.table.client, "UpdateItem", lambda: claim(services.jobs))
    with claimed, pytest.raises(JobHeldElsewhere):
        fail_dead_letter(services, a_message(services))
    job = stored(services.jobs)
    assert (job.status, job.lease_until) == (PROCESSING, services.clock.now + LEASE)
    assert (services.sqs.hidden_for, services.channel.sent) == ([1], [])


@pytest.mark.parametrize(
    ("status", "kind"), [(COMPLETED, "job_completed"), (FAILED, "job_failed"), (CANCELLED, "job_cancelled")]
)
def test_of_a_job_that_has_ended_the_end_is_told_to_whom_it_was_not(services, status, kind):
    store(services.jobs, status=status, seq=7, code="AGENTS_FAILED", error="No agent could answer.")
    fail_dead_letter(services, a_message(services))
    assert [(told["type"], told["seq"]) for told in services.channel.to("connection-1")] == [(kind, 7)]
    job = stored(services.jobs)
    assert (job.status, job.code, job.dead_letter, job.is_open) == (status, "AGENTS_FAILED", None, False)


def test_an_end_that_cannot_be_told_is_left_for_the_sweep(services):
    store(services.jobs)
    services.channel.results["connection-1"] = Posted.FAILED
    fail_dead_letter(services, a_message(services))
    job = stored(services.jobs)
    assert (job.is_finished, job.followers, job.is_open) == (True, {"connection-1"}, True)
    assert services.sqs.hidden_for == []


def test_a_dead_message_whose_job_is_gone_is_dropped(services):
    fail_dead_letter(services, a_message(services))
    assert services.channel.sent == services.sqs.hidden_for == []
