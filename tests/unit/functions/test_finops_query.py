"""finops_query: stored, queued, and only then acknowledged; again the same job, or replayed by an operator."""

import uuid
from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from finops_websocket import metrics
from finops_websocket.connections.identity import Connection
from finops_websocket.delivery.stuck_jobs import MOST_ATTEMPTS
from finops_websocket.errors import SessionExpired, Unauthenticated, UnknownAgent
from finops_websocket.jobs.admission import active_jobs_of
from finops_websocket.jobs.job import CANCELLED, FAILED, PROCESSING, QUEUED
from finops_websocket.wire.client_messages import FinopsQuery
from message_handler.finops_query import finops_query
from message_handler.replay import replay_job
from unit.doubles.aws_calls import before_each
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_jobs import COST, LEASE, SAVINGS, STUCK_AFTER, a_job, claim, complete, stored
from unit.doubles.sample_jobs import store as store_any
from unit.doubles.scripted_agents import fails
from unit.doubles.stored_items import items_in

QUESTION = FinopsQuery("Why did my costs rise?", "request-1")


def job_of(services, connection_id="connection-1"):
    """Give the job that the connection's latest message is about."""
    return stored(services.jobs, services.channel.to(connection_id)[-1]["jobId"])


def test_a_question_is_stored_and_queued_before_it_is_acknowledged(services, signed_in):
    def check(_connection_id, _message):
        [job_id] = services.sqs.job_ids()
        assert stored(services.jobs, job_id).status == QUEUED

    services.channel.at_send = check
    # Whatever it claims, it is the signed-in user's.
    finops_query(services, signed_in(), replace(QUESTION, user_id="user-2"))
    [queued] = services.channel.to("connection-1")
    job, now = job_of(services), services.clock.now
    said = {"type": "job_queued", "message": "Your question is queued.", "query": "Why did my costs rise?"}
    assert queued == {**said, "jobId": job.job_id, "progress": 5, "seq": 1, "requestId": "request-1"}
    assert (job.user_id, job.followers, job.status, job.seq) == ("user-1", {"connection-1"}, QUEUED, 1)
    assert (job.created_at, job.updated_at, job.queued_at, job.ttl) == (now, now, now, now + services.retention)
    # In the open mode, these random bits are all that protects it.
    assert uuid.UUID(job.job_id).version == 4


@pytest.mark.parametrize(("agents", "asked"), [(None, (COST,)), ((SAVINGS, COST), (SAVINGS, COST))])
def test_the_words_choose_the_agents_unless_the_asker_does(services, signed_in, agents, asked):
    finops_query(services, signed_in(), replace(QUESTION, agents=agents))
    job, titles = job_of(services), {COST: "Cost analysis", SAVINGS: "Optimisation"}
    # Their headings are kept with them, for when they have left the deployment.
    assert (job.agents, job.titles) == (asked, tuple(titles[agent] for agent in asked))


@pytest.mark.parametrize(
    ("mode", "changes", "message", "error"),
    [
        ("cognito", {}, replace(QUESTION, agents=("nobody",)), UnknownAgent),
        ("cognito", {"verified": False, "user_id": None}, replace(QUESTION, user_id="user-1"), Unauthenticated),
        ("cognito", {"expires_at": 1_000_000}, QUESTION, SessionExpired),
        ("open", {"verified": False, "user_id": None}, QUESTION, Unauthenticated),
    ],
)
def test_a_question_that_is_refused_makes_no_job(services, signed_in, measured, mode, changes, message, error):
    with pytest.raises(error):
        finops_query(replace(services, auth_mode=mode), replace(signed_in(), **changes), message)
    assert items_in(services.jobs.table) == services.sqs.sent == services.channel.sent == measured() == []


def test_a_question_that_cannot_be_queued_ends_as_failed_says_so_and_leaves_its_place(services, signed_in, measured):
    services = services.with_limits(active_jobs=1)
    services.sqs.is_down = True
    finops_query(services, signed_in(), QUESTION)
    [failed] = services.channel.to("connection-1")
    job = job_of(services)
    assert (job.status, job.code, job.is_open) == (FAILED, "QUEUE_UNAVAILABLE", False)
    assert (failed["type"], failed["code"], failed["error"]) == ("job_failed", "QUEUE_UNAVAILABLE", job.error)
    assert (failed["requestId"], failed["seq"]) == ("request-1", 2)
    # A failed job, and not an accepted question.
    assert names(measured()) == {metrics.JOBS_FAILED: 1}
    # Asked again, it is told the same end, also on another connection.
    finops_query(services, signed_in("connection-2"), QUESTION)
    assert services.channel.kinds_to("connection-2") == ["job_queued", "job_failed"]
    assert (measured(), len(services.channel.to("connection-1"))) == ([], 1)
    services.sqs.is_down = False
    finops_query(services, signed_in(), replace(QUESTION, request_id="request-2"))
    assert services.channel.kinds_to("connection-1") == ["job_failed", "job_queued"]


def test_a_question_that_the_queue_took_though_it_refused_is_accepted(services, signed_in, measured):
    services.sqs.is_down = True

    def claim_it():
        [item] = [item for item in items_in(services.jobs.table) if "userId" in item]
        claim(services.jobs, item["jobId"])

    services.sqs.before_refusal = claim_it
    finops_query(services, signed_in(), QUESTION)
    assert services.channel.kinds_to("connection-1") == ["job_queued"]
    assert job_of(services).status == PROCESSING
    assert names(measured())[metrics.QUERIES_ACCEPTED] == 1


@pytest.mark.parametrize(("request_id", "is_shared"), [("1", False), ("0b5e8c1a9d2f4e7b8c3a6d5e4f102938", True)])
def test_in_the_open_mode_only_an_id_that_cannot_be_guessed_leads_to_another_connection_s_job(
    services, request_id, is_shared
):
    question = replace(QUESTION, user_id="ada", request_id=request_id)
    for connection_id in ("connection-1", "connection-1", "connection-2"):
        finops_query(replace(services, auth_mode="open"), Connection(connection_id), question)
    first, again, elsewhere = (message.job_id for _, message in services.channel.sent)
    assert first == again
    assert (elsewhere == first) is is_shared


def test_the_same_request_again_is_the_same_job_and_follows_it(services, signed_in):
    finops_query(services, signed_in(), QUESTION)
    first = job_of(services)
    finops_query(services, signed_in("connection-2"), QUESTION)
    assert job_of(services, "connection-2") == replace(first, followers=frozenset({"connection-1", "connection-2"}))
    [again] = services.channel.to("connection-2")
    assert again["duplicate"] is True
    # It may never have been queued.
    assert services.sqs.job_ids() == [first.job_id] * 2
    finops_query(services, signed_in("connection-3", "user-2"), QUESTION)
    [other] = services.channel.to("connection-3")
    assert other["jobId"] != first.job_id
    assert "duplicate" not in other


def test_a_job_that_was_acknowledged_does_not_fail_because_it_cannot_be_queued_once_more(services, signed_in):
    finops_query(services, signed_in(), QUESTION)
    services.sqs.is_down = True
    finops_query(services, signed_in("connection-2"), QUESTION)
    assert services.channel.kinds_to("connection-1") == services.channel.kinds_to("connection-2") == ["job_queued"]
    assert job_of(services).status == QUEUED


def test_again_when_its_job_has_ended_it_gets_the_answer(services, signed_in):
    finops_query(services, signed_in(), QUESTION)
    complete(services, job_of(services).job_id)
    finops_query(services, signed_in("connection-2"), QUESTION)
    acknowledgement, answer = services.channel.to("connection-2")
    assert (acknowledgement["type"], acknowledgement["progress"]) == ("job_queued", 100)
    assert acknowledgement["seq"] == answer["seq"]
    assert (answer["type"], answer["result"]["response"]) == ("job_completed", "Costs rose.")
    assert len(services.sqs.sent) == 1


def test_an_end_that_cannot_be_made_is_no_acknowledgement_so_that_it_is_asked_for_again(services, signed_in):
    finops_query(services, signed_in(), QUESTION)
    complete(services, job_of(services).job_id)

    refuse = fails(ClientError({"Error": {"Code": "InternalServerError"}}, "BatchGetItem"))
    with before_each(services.jobs.table.client, "BatchGetItem", refuse), pytest.raises(ClientError):
        finops_query(services, signed_in("connection-2"), QUESTION)
    assert services.channel.to("connection-2") == []


def test_again_it_recovers_a_job_whose_workers_have_died(services, signed_in):
    finops_query(services, signed_in(), QUESTION)
    for _ in range(MOST_ATTEMPTS):
        claim(services.jobs, job_of(services).job_id)
        services.clock.now += LEASE
    services.clock.now += STUCK_AFTER
    finops_query(services, signed_in("connection-2"), QUESTION)
    for connection_id in ("connection-1", "connection-2"):
        assert services.channel.kinds_to(connection_id) == ["job_queued", "job_failed"]
    assert len(services.sqs.sent) == 1


# replay_job: an operator has the question of a job that failed for good asked once more.


NOW = 1_000_500
DEAD = {
    "status": FAILED,
    "code": "PROCESSING_FAILED",
    "error": "Please ask again.",
    "seq": 9,
    "attempts": 3,
    "followers": frozenset(),
    "is_open": False,
    "dead_letter": {"messageId": "message-1", "body": '{"jobId": "job-1"}', "sentAt": 1_000_000},
}


def store(services, **changes):
    """Store a job that has failed for good, some time ago."""
    services.clock.set(NOW)
    return store_any(services.jobs, **{**DEAD, **changes})


def replay(services, job_id="job-1"):
    """Have a job replayed, and give the new one."""
    return stored(services.jobs, replay_job(services, job_id)["replayedAs"])


def test_a_dead_job_s_question_is_asked_once_more_by_a_job_of_its_own(services):
    dead = store(services)
    outcome = replay_job(services, "job-1")
    job = stored(services.jobs, outcome["replayedAs"])
    assert outcome == {"replayedAs": job.job_id, "queued": True}
    times = {"created_at": NOW, "updated_at": NOW, "queued_at": NOW, "ttl": NOW + services.retention}
    assert job == a_job(job_id=job.job_id, request_id="job-1", followers=frozenset(), **times)
    assert services.sqs.job_ids() == [job.job_id]
    # The dead one keeps its end, and says which one replays it.
    assert stored(services.jobs) == dead
    assert services.jobs.table.get_item(Key={"jobId": "job-1"}, ConsistentRead=True)["Item"]["replayedAs"] == job.job_id
    # The user finds the new one in its list, and follows it when it signs in.
    assert active_jobs_of(services.jobs, "user-1") == [job.job_id]
    assert job.job_id in {listed.job_id for listed in services.jobs.page_of("user-1", 10, None).jobs}


def test_a_job_is_replayed_once_however_often_that_is_asked(services):
    store(services)
    first = replay_job(services, "job-1")
    assert replay_job(services, "job-1") == first
    # The first message may have been lost, and a job is claimed once.
    assert services.sqs.job_ids() == [first["replayedAs"]] * 2
    complete(services, first["replayedAs"])
    assert replay_job(services, "job-1") == first
    assert len(services.sqs.sent) == 2


# In the last, its agents were asked, and none had an answer.
@pytest.mark.parametrize(
    "changes", [{"status": CANCELLED}, {"ttl": NOW}, {"job_id": "another"}, {"code": "AGENTS_FAILED"}]
)
def test_what_has_not_failed_for_good_is_not_replayed(services, changes):
    store(services, **changes)
    before = items_in(services.jobs.table)
    refusal = {"refused": "JOB_NOT_FOUND", "message": "No job of this id has failed for good."}
    assert replay_job(services, "job-1") == refusal
    assert (items_in(services.jobs.table), services.sqs.sent) == (before, [])


def test_a_user_s_limits_hold_for_a_replay_too(services):
    services = services.with_limits(active_jobs=1)
    for job_id in ("job-1", "job-2"):
        store(services, job_id=job_id)
    assert replay_job(services, "job-1")["queued"]
    outcome = replay_job(services, "job-2")
    assert (outcome["refused"], outcome["retryAfter"]) == ("TOO_MANY_JOBS", 30)
    assert outcome["message"].startswith("At most 1 question")
    assert "replayedAs" not in services.jobs.table.get_item(Key={"jobId": "job-2"}, ConsistentRead=True)["Item"]


def test_a_replay_that_cannot_be_queued_is_left_to_the_sweep(services):
    store(services)
    services.sqs.is_down = True
    outcome = replay_job(services, "job-1")
    assert not outcome["queued"]
    assert stored(services.jobs, outcome["replayedAs"]).status == QUEUED
    assert list(services.jobs.open_jobs()) == [outcome["replayedAs"]]


def test_the_agents_that_were_chosen_are_asked_again_unless_the_stack_has_others_since(services):
    for job_id in ("job-1", "job-2"):
        store(services, job_id=job_id, agents=(COST,), query="What can I save?")
    assert replay(services).agents == (COST,)
    others = replace(services.catalogue, cost_analysis="new-cost-agent", optimisation="new-savings-agent")
    services = replace(services, catalogue=others)
    assert replay(services, "job-2").agents == ("new-savings-agent",)
