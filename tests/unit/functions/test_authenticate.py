"""authenticate: who is asking, by a token or by claim, and what a user finds who comes back."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from connection_manager.authenticate import authenticate
from finops_websocket import metrics
from finops_websocket.connections.identity import Connection
from finops_websocket.delivery.stuck_jobs import MOST_REQUEUES
from finops_websocket.errors import InvalidToken, RateLimited
from finops_websocket.jobs.answers import FAILED as UNANSWERED
from finops_websocket.jobs.job import COMPLETED, FAILED, PROCESSING
from finops_websocket.wire.client_messages import Authenticate
from unit.doubles.aws_calls import just_before
from unit.doubles.embedded_metrics import names
from unit.doubles.sample_jobs import COST, SAVINGS, a_job, an_answer, stored
from unit.doubles.scripted_agents import fails
from unit.doubles.stored_items import items_in

TOKEN = Authenticate("ada's")
CLAIM = Authenticate(user_id="user-1", username="Ada")
GREETING = {
    "type": "authenticated",
    "message": "Welcome Ada! WebSocket connection established.",
    "userId": "user-1",
    "connectionId": "connection-1",
}


def sign_in(services, connection_id="connection-1", message=TOKEN):
    authenticate(services, Connection(connection_id), message)


def admit(services, **changes):
    """Let a user ask a question, and give its job, by default without followers."""
    return services.admission.admit(a_job(**{"followers": frozenset(), **changes})).job


def greeting(services, connection_id="connection-1"):
    return services.channel.to(connection_id)[0]


@pytest.mark.parametrize("message", [TOKEN, Authenticate("ada's", "user-2", "Bob")], ids=["alone", "beside a claim"])
def test_a_valid_token_makes_the_connection_its_user_s(services, message):
    sign_in(services, message=message)
    assert services.connections.find("connection-1") == Connection("connection-1", "user-1", "Ada", True, 1_003_600)
    verified = {"verified": True, "expiresAt": 1_003_600, "activeJobs": []}
    assert services.channel.to("connection-1") == [GREETING | verified]


@pytest.mark.parametrize("mode", ["cognito", "open"])
def test_an_invalid_token_changes_nothing_and_no_claim_beside_it_helps(services, mode):
    with pytest.raises(InvalidToken):
        sign_in(replace(services, auth_mode=mode), message=Authenticate("forged", "user-1", "Ada"))
    assert items_in(services.connections.table) == services.channel.sent == []


@pytest.mark.parametrize(("mode", "owner"), [("cognito", None), ("open", "claimed#user-1")])
def test_a_claim_is_greeted_and_owns_nothing_that_a_token_stands_for(services, mode, owner):
    job = admit(services)
    for number in range(3):
        sign_in(replace(services, auth_mode=mode), f"connection-{number}", CLAIM)
    assert services.connections.find("connection-1") == Connection("connection-1", owner, "Ada")
    assert services.channel.to("connection-1") == [GREETING | {"verified": False}]
    assert stored(services.jobs) == job
    # It uses up nobody's slots either.
    assert not any("slots" in item for item in items_in(services.connections.table))


def test_a_claim_without_a_name_is_greeted_by_its_id(services):
    sign_in(services, message=Authenticate(user_id="user-1"))
    assert greeting(services)["message"] == "Welcome user-1! WebSocket connection established."


def test_a_verified_connection_follows_its_user_s_unfinished_jobs_and_each_is_drawn_newest_first(services):
    # The user's item has those that ended or are gone too: they are taken out when it is full.
    admit(services, job_id="ended", status=COMPLETED)
    admit(services, job_id="gone", ttl=1_000_000)
    admit(services, job_id="older", status=PROCESSING, seq=3, lease_until=1_000_060)
    admit(services, job_id="newer", followers=frozenset({"connection-0"}))
    admit(services, job_id="another-s", user_id="user-2")
    sign_in(services)
    messages = services.channel.to("connection-1")
    assert messages[0]["activeJobs"] == ["newer", "older"]
    assert [(each["type"], each["jobId"], each["seq"]) for each in messages[1:]] == [
        ("job_snapshot", "newer", 1),
        ("job_snapshot", "older", 3),
        ("analysis_started", "older", 3),
    ]
    assert stored(services.jobs, "older").followers == {"connection-1"}
    assert stored(services.jobs, "newer").followers == {"connection-0", "connection-1"}
    for job_id in ("ended", "another-s"):
        assert stored(services.jobs, job_id).followers == frozenset()
    # Who has followed them before is told nothing.
    assert services.channel.to("connection-0") == []


def test_a_job_at_work_is_drawn_with_the_messages_that_older_clients_know(services):
    job = admit(
        services, status=PROCESSING, progress=90, seq=7, lease_until=1_000_060, completed_agents=(SAVINGS, COST)
    )
    services.answers.put(job, an_answer(COST))
    services.answers.put(job, an_answer(SAVINGS, "It failed.", UNANSWERED))
    sign_in(services)
    _, snapshot, started, savings, cost = services.channel.to("connection-1")
    assert (started["type"], started["agents"], started["seq"]) == ("analysis_started", [COST, SAVINGS], 7)
    # In the order in which they came, and each as if it were the last: the state is the snapshot's.
    assert (savings["agent"], savings["result"]["status"]) == (SAVINGS, "failed")
    for each in (savings, cost):
        assert (each["type"], each["progress"], each["seq"]) == ("agent_completed", 90, 7)
        assert (each["completed_agents"], each["total_agents"]) == ([SAVINGS, COST], 2)
        assert each["result"] in snapshot["results"]


@pytest.mark.parametrize(
    "error", [ClientError({"Error": {"Code": "SlowDown"}}, "BatchGetItem"), ReadTimeoutError(endpoint_url="dynamodb")]
)
def test_a_job_that_cannot_be_drawn_keeps_no_other_from_its_messages(services, measured, error):
    admit(services, job_id="older")
    admit(services, job_id="newer")

    with just_before(services.jobs.table.client, "BatchGetItem", fails(error)):
        sign_in(services)
    assert greeting(services)["activeJobs"] == ["newer", "older"]
    assert [drawn["jobId"] for drawn in services.channel.to("connection-1")[1:]] == ["older"]
    assert stored(services.jobs, "newer").followers == {"connection-1"}
    assert names(measured()) == {metrics.SIGN_INS: 1}


def test_a_job_that_is_given_up_when_its_user_comes_back_ends_after_the_greeting(services):
    admit(services, requeues=MOST_REQUEUES, queued_at=0, followers=frozenset({"connection-2"}))
    sign_in(services)
    assert services.channel.kinds_to("connection-1") == ["authenticated", "job_failed", "job_snapshot"]
    assert services.channel.to("connection-1")[2]["status"] == FAILED
    assert services.channel.kinds_to("connection-2") == ["job_failed"]


def test_a_user_has_so_many_connections_and_may_renew_its_token_on_each(services, measured):
    admit(services)
    for connection_id in ("connection-1", "connection-2") * 2:
        sign_in(services, connection_id)
    assert names(measured()) == {metrics.SIGN_INS: 4}
    before = list(services.channel.sent)
    with pytest.raises(RateLimited):
        sign_in(services, "connection-3")
    assert services.connections.find("connection-3") is None
    assert stored(services.jobs).followers == {"connection-1", "connection-2"}
    assert services.channel.sent == before
    assert names(measured()) == {metrics.SIGN_INS_REFUSED: 1}


def test_a_connection_that_is_another_s_stays_so_and_keeps_no_user_out_for_longer_than_a_minute(
    services, signed_in, measured
):
    """The slot is acquired before the connection turns out to be somebody else's."""
    signed_in("connection-1", "user-2")
    with pytest.raises(InvalidToken):
        sign_in(services)
    assert names(measured()) == {metrics.SIGN_INS_REFUSED: 1}
    services.clock.now += 60
    for connection_id in ("connection-2", "connection-3"):
        sign_in(services, connection_id)
    owners = [services.connections.find(f"connection-{number}").user_id for number in (1, 2, 3)]
    assert owners == ["user-2", "user-1", "user-1"]
