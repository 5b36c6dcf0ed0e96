import json
import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from contract_schema import assert_valid
from finops_websocket import metrics
from finops_websocket.frame_limit import FRAMES_BEFORE_SIGN_IN
from finops_websocket.user_jobs import UserJobs
from function_environment import function_environment
from unit.finops_websocket.embedded_metrics import measurements, names
from unit.finops_websocket.function_run import FunctionRun, run_function
from unit.finops_websocket.loopback_aws import LoopbackAws
from unit.finops_websocket.sample_events import event_of, frame_event
from unit.finops_websocket.sample_jobs import a_job

HANDLER = "connection_manager.handler.handler"
CONNECTION_ID = event_of("connect")["requestContext"]["connectionId"]
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
NOTHING_STORED: dict[str, list[dict[str, Any]]] = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": []}


def key_set() -> bytes:
    key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
    return json.dumps({"keys": [{**key, "kid": "key-1", "alg": "RS256", "use": "sig"}]}).encode()


def id_token() -> str:
    environment = function_environment(HANDLER)
    claims = {
        "sub": "user-1",
        "iss": environment["TOKEN_ISSUER"],
        "aud": environment["TOKEN_CLIENT_ID"],
        "cognito:username": "ada",
        "token_use": "id",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims, KEY, "RS256", headers={"kid": "key-1"})


def on_another_connection(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "requestContext": {**event["requestContext"], "connectionId": "another-connection="}}


TOKEN = id_token()
FORGED = TOKEN[:-8] + "AAAAAAAA"
EVENTS = [
    event_of("connect"),
    event_of("ping"),
    event_of("authenticate_by_claim"),
    frame_event("authenticate_with_token", action="authenticate", token=FORGED),
    frame_event("authenticate_with_token", action="authenticate", token=TOKEN),
    event_of("authenticate_by_claim"),
    event_of("binary_frame"),
]

Served = tuple[FunctionRun, list[tuple[str, dict[str, Any]]]]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with LoopbackAws() as loopback:
        loopback.keys = key_set()
        # Made when no test lives any more, so that it is not too old to be unfinished.
        unfinished = a_job(created_at=2**40, queued_at=2**40, ttl=2**41, followers=frozenset()).to_item()
        user = UserJobs(active=("job-1",), asked_at=(2**40,), version=1).to_item("user-1", ttl=2**41)
        items = {**NOTHING_STORED, "JOBS_TABLE": [unfinished, user]}
        yield run_function(HANDLER, loopback, EVENTS, items, TOKEN_KEYS_URL=loopback.keys_url), loopback.posted


def test_every_event_is_handled_without_a_body(served: Served) -> None:
    assert served[0].outcomes == [{"statusCode": 200}] * len(EVENTS)


def test_every_frame_is_answered_and_a_connection_s_opening_is_not(served: Served) -> None:
    for connection_id, wire in served[1]:
        assert connection_id == CONNECTION_ID
        assert_valid(wire)
    assert [wire.get("type", wire.get("action")) for _, wire in served[1]] == [
        "pong",
        "authenticated",
        "error",
        "authenticated",
        "job_snapshot",
        "error",
        "error",
    ]
    assert [wire.get("code") for _, wire in served[1]] == [
        None,
        None,
        "INVALID_TOKEN",
        None,
        None,
        "INVALID_TOKEN",
        "INVALID_MESSAGE",
    ]


def test_a_claim_is_unverified_and_a_token_brings_the_user_s_jobs(served: Served) -> None:
    claimed, proved = (wire for _, wire in served[1] if wire.get("type") == "authenticated")
    assert (claimed["verified"], claimed["userId"]) == (False, "test-user")
    assert (proved["verified"], proved["userId"], proved["activeJobs"]) == (True, "user-1", ["job-1"])
    (job,) = (item for item in served[0].items["JOBS_TABLE"] if item["jobId"] == "job-1")
    assert job["followers"] == [CONNECTION_ID]


def test_the_connection_is_stored_with_its_user(served: Served) -> None:
    connection, user = sorted(served[0].items["CONNECTIONS_TABLE"], key=lambda item: "slots" in item)
    assert (connection["connectionId"], connection["userId"], connection["verified"]) == (CONNECTION_ID, "user-1", True)
    assert list(user["slots"]) == [CONNECTION_ID]


def test_every_frame_counts_and_no_other_event(served: Served) -> None:
    """Those before the sign-in on the connection's budget, those after it on its minute's."""
    (connection,) = (item for item in served[0].items["CONNECTIONS_TABLE"] if "slots" not in item)
    # Two came after it, in one minute or in two.
    assert connection["frames"] in {1, 2}
    assert "minute" in connection


def test_the_log_has_no_token_and_no_part_of_one(served: Served) -> None:
    log = served[0].log
    assert "A token was refused." in log
    for part in [*TOKEN.split("."), *FORGED.split(".")]:
        assert part not in log
    assert {line["connectionId"] for line in served[0].log_lines()} == {CONNECTION_ID}


def test_what_has_become_of_the_events_is_counted(served: Served) -> None:
    assert names(measurements(served[0].log)) == {
        metrics.CONNECTIONS_OPENED: 1,
        metrics.SIGN_INS: 1,
        # One is forged, and one is a claim on a connection that has shown whose it is.
        metrics.SIGN_INS_REFUSED: 1,
    }


def test_a_closed_connection_is_forgotten() -> None:
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, [event_of("connect"), event_of("disconnect")], NOTHING_STORED)
    assert run.outcomes == [{"statusCode": 200}] * 2
    assert run.items["CONNECTIONS_TABLE"] == []
    assert loopback.posted == []
    assert names(measurements(run.log)) == {metrics.CONNECTIONS_OPENED: 1, metrics.CONNECTIONS_CLOSED: 1}


@pytest.mark.parametrize("event", ["connect", "disconnect"])
def test_a_connection_s_opening_or_closing_that_cannot_be_served_is_counted(event: str) -> None:
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, [event_of(event)], {})
    assert run.outcomes == [{"raised": "EventNotServed"}]
    assert names(measurements(run.log)) == {metrics.FRAMES_UNSERVED: 1}


def test_a_user_s_second_connection_is_refused_where_one_is_allowed_until_the_first_has_closed() -> None:
    authenticate = frame_event("authenticate_with_token", action="authenticate", token=TOKEN)
    events = [
        authenticate,
        on_another_connection(authenticate),
        event_of("disconnect"),
        on_another_connection(authenticate),
    ]
    with LoopbackAws() as loopback:
        loopback.keys = key_set()
        run = run_function(
            HANDLER,
            loopback,
            events,
            NOTHING_STORED,
            TOKEN_KEYS_URL=loopback.keys_url,
            MAX_CONNECTIONS_PER_USER="1",
        )
    assert run.outcomes == [{"statusCode": 200}] * len(events)
    assert [(wire["type"], wire.get("code"), "retryAfter" in wire) for _, wire in loopback.posted] == [
        ("authenticated", None, False),
        ("error", "RATE_LIMITED", True),
        ("authenticated", None, False),
    ]


def test_a_connection_that_only_talks_is_told_so_and_closed() -> None:
    events = [event_of("ping")] * (FRAMES_BEFORE_SIGN_IN + 1)
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, [event_of("connect"), *events], NOTHING_STORED)
    assert run.outcomes == [{"statusCode": 200}] * (len(events) + 1)
    *pongs, (_, last) = loopback.posted
    assert [wire.get("action") for _, wire in pongs] == ["pong"] * FRAMES_BEFORE_SIGN_IN
    assert (last["type"], last["code"]) == ("error", "RATE_LIMITED")
    assert loopback.closed == [CONNECTION_ID]


def test_a_page_from_elsewhere_is_refused_and_leaves_nothing() -> None:
    with LoopbackAws() as loopback:
        run = run_function(
            HANDLER, loopback, [event_of("connect")], NOTHING_STORED, ALLOWED_ORIGINS="https://ours.example.com"
        )
    assert run.outcomes == [{"statusCode": 403}]
    assert run.items["CONNECTIONS_TABLE"] == []
    assert loopback.posted == []
    assert names(measurements(run.log)) == {metrics.CONNECTIONS_REFUSED: 1}


def test_in_the_open_mode_a_claim_is_taken() -> None:
    with LoopbackAws() as loopback:
        events = [event_of("connect"), event_of("authenticate_by_claim")]
        run = run_function(HANDLER, loopback, events, NOTHING_STORED, AUTH_MODE="open")
    assert run.items["CONNECTIONS_TABLE"][0]["userId"] == "claimed#test-user"


def test_keys_that_cannot_be_had_are_no_fault_of_the_token_s() -> None:
    with LoopbackAws() as loopback:
        events = [frame_event("authenticate_with_token", action="authenticate", token=TOKEN)]
        run = run_function(HANDLER, loopback, events, NOTHING_STORED, TOKEN_KEYS_URL="http://127.0.0.1:1/jwks.json")
    assert run.outcomes == [{"statusCode": 500}]
    assert [wire["code"] for _, wire in loopback.posted] == ["INTERNAL"]
    assert TOKEN.split(".")[1] not in run.log
    assert names(measurements(run.log)) == {metrics.TOKEN_KEYS_UNAVAILABLE: 1, metrics.FRAMES_UNSERVED: 1}
