"""The three functions as Lambda starts them: each in a process of its own, with the environment of the template."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jwt
import pytest

from contract_schema import assert_valid
from finops_websocket import aws_clients, metrics
from finops_websocket.connections.rate_limit import FRAMES_BEFORE_SIGN_IN
from finops_websocket.jobs.job import CANCELLED, COMPLETED, FAILED, PROCESSING
from function_environment import function_environment
from unit.doubles.embedded_metrics import measurements, names
from unit.doubles.function_run import FunctionRun, run_function
from unit.doubles.loopback_aws import LoopbackAws
from unit.doubles.sample_events import event_of, frame_event
from unit.doubles.sample_jobs import a_job
from unit.doubles.sample_tokens import KEY, key_set

CONNECTION_MANAGER = "connection_manager.handler.handler"
MESSAGE_HANDLER = "message_handler.handler.handler"
BACKGROUND_PROCESSOR = "background_processor.handler.handler"
ENVIRONMENT = function_environment(BACKGROUND_PROCESSOR)
AGENTS = (ENVIRONMENT["COST_FORECAST_FUNCTION"], ENVIRONMENT["TRUSTED_ADVISOR_FUNCTION"])
CONNECTION_ID = event_of("connect")["requestContext"]["connectionId"]
# Seconds that no test lives to see.
NEVER = 2**40
SIGNED_IN = {
    "connectionId": CONNECTION_ID,
    "userId": "user-1",
    "username": "Ada",
    "verified": True,
    "expiresAt": NEVER,
    "ttl": NEVER,
}

Items = dict[str, list[dict[str, Any]]]


def stored(run: FunctionRun, key: str, table: str = "JOBS_TABLE") -> dict[str, Any]:
    [item] = [item for item in run.items[table] if key in {item.get("jobId"), item.get("connectionId")}]
    return item


def told(loopback: LoopbackAws) -> list[tuple[str, str | None]]:
    """Give each message's kind and its code; fail for one that the contract does not have."""
    for _, message in loopback.posted:
        assert_valid(message)
    return [(message.get("type", message.get("action")), message.get("code")) for _, message in loopback.posted]


def nothing() -> Items:
    return {"CONNECTIONS_TABLE": [], "JOBS_TABLE": []}


def a_token() -> str:
    environment = function_environment(CONNECTION_MANAGER)
    claims = {
        "sub": "user-1",
        "iss": environment["TOKEN_ISSUER"],
        "aud": environment["TOKEN_CLIENT_ID"],
        "cognito:username": "ada",
        "token_use": "id",
        "exp": int(time.time()) + 3600,
    }
    return jwt.encode(claims, KEY, "RS256", headers={"kid": "key-1"})


TOKEN = a_token()
AUTHENTICATE = frame_event("authenticate_with_token", action="authenticate", token=TOKEN)
SPENT = FRAMES_BEFORE_SIGN_IN + 1


def elsewhere(connection_id: str, event: dict[str, Any]) -> dict[str, Any]:
    """Give an event as if it came from another connection."""
    return {**event, "requestContext": {**event["requestContext"], "connectionId": connection_id}}


def test_the_connection_manager_serves_a_connection_from_its_opening_to_its_end() -> None:
    forged = frame_event("authenticate_with_token", action="authenticate", token=TOKEN[:-8] + "AAAAAAAA")
    [origin] = event_of("connect")["multiValueHeaders"]["Origin"]
    events = [event_of(name) for name in ("connect", "connect_without_origin", "ping", "authenticate_by_claim")]
    events += [forged, AUTHENTICATE, event_of("authenticate_by_claim"), event_of("binary_frame")]
    events += [elsewhere("second", AUTHENTICATE), event_of("disconnect"), elsewhere("second", AUTHENTICATE)]
    events += [elsewhere("talker", event_of("ping"))] * SPENT
    changes = {"MAX_CONNECTIONS_PER_USER": "1", "ALLOWED_ORIGINS": origin, "MISSING_ORIGIN": "refuse"}
    with LoopbackAws() as loopback:
        loopback.keys = key_set(**{"key-1": KEY})
        run = run_function(CONNECTION_MANAGER, loopback, events, nothing(), TOKEN_KEYS_URL=loopback.keys_url, **changes)
    refused = events.index(event_of("connect_without_origin"))
    assert run.outcomes == [{"statusCode": 403 if number == refused else 200} for number in range(len(events))]
    assert told(loopback) == [
        ("pong", None),
        ("authenticated", None),
        ("error", "INVALID_TOKEN"),
        ("authenticated", None),
        # A claim on a connection that has shown whose it is.
        ("error", "INVALID_TOKEN"),
        ("error", "INVALID_MESSAGE"),
        # Another connection than the one that is allowed, until that one has closed.
        ("error", "RATE_LIMITED"),
        ("authenticated", None),
        # One that only talks.
        *[("pong", None)] * FRAMES_BEFORE_SIGN_IN,
        ("error", "RATE_LIMITED"),
    ]
    claimed, proved, again = (message for _, message in loopback.posted if message.get("type") == "authenticated")
    assert (claimed["verified"], proved["verified"], again["verified"]) == (False, True, True)
    assert loopback.closed == ["talker"]
    assert loopback.key_fetches == 1
    assert {item["connectionId"] for item in run.items["CONNECTIONS_TABLE"] if "slots" not in item} == {
        "second",
        "talker",
    }
    assert names(measurements(run.log)) == {
        metrics.CONNECTIONS_OPENED: 1,
        metrics.CONNECTIONS_REFUSED: 1,
        metrics.CONNECTIONS_CLOSED: 1,
        metrics.SIGN_INS: 2,
        metrics.SIGN_INS_REFUSED: 2,
    }


def test_in_the_open_mode_a_claim_is_taken_and_keys_that_cannot_be_had_are_no_fault_of_the_token_s() -> None:
    events = [event_of("connect"), event_of("authenticate_by_claim"), AUTHENTICATE]
    with LoopbackAws() as loopback:
        changes = {"AUTH_MODE": "open", "TOKEN_KEYS_URL": "http://127.0.0.1:1/jwks.json"}
        run = run_function(CONNECTION_MANAGER, loopback, events, nothing(), **changes)
    assert stored(run, CONNECTION_ID, "CONNECTIONS_TABLE")["userId"] == "claimed#test-user"
    assert run.outcomes == [{"statusCode": 200}, {"statusCode": 200}, {"statusCode": 500}]
    assert told(loopback) == [("authenticated", None), ("error", "INTERNAL")]
    counted = {metrics.CONNECTIONS_OPENED: 1, metrics.TOKEN_KEYS_UNAVAILABLE: 1, metrics.FRAMES_UNSERVED: 1}
    assert names(measurements(run.log)) == counted


def test_an_opening_and_a_closing_that_cannot_be_served_are_counted() -> None:
    with LoopbackAws() as loopback:
        run = run_function(CONNECTION_MANAGER, loopback, [event_of("connect"), event_of("disconnect")], {})
    assert run.outcomes == [{"raised": "EventNotServed"}] * 2
    assert names(measurements(run.log)) == {metrics.FRAMES_UNSERVED: 2}


# Asked when no test lives any more, so that it is neither stuck nor too old.
MY_JOB = a_job(job_id="my-job", created_at=NEVER, queued_at=NEVER, ttl=2 * NEVER, followers=frozenset())
ANOTHER_S_JOB = replace(MY_JOB, job_id="another-s-job", user_id="user-2")
DEAD_JOB = replace(MY_JOB, job_id="dead-job", status=FAILED, code="PROCESSING_FAILED")
QUESTION = json.loads(event_of("finops_query")["body"])


def frame(**fields: Any) -> dict[str, Any]:
    return frame_event("finops_query", **fields)


def test_the_message_handler_serves_each_frame_and_an_operator() -> None:
    events = [
        event_of("finops_query"),
        frame(**(QUESTION | {"agents": ["nobody"]})),
        *(event_of(name) for name in ("unknown_action", "not_json", "binary_frame")),
        # The other function's.
        event_of("ping"),
        frame(action="resume_job", jobId="my-job"),
        frame(action="cancel_job", jobId="my-job"),
        frame(action="list_jobs", limit=1),
        frame(action="resume_job", jobId="another-s-job"),
        frame(action="list_jobs", cursor="next-page"),
        # A frame cannot ask for an operation.
        frame(operation="replay", jobId="dead-job"),
    ]
    operations = [{"operation": "replay", "jobId": job_id} for job_id in ("dead-job", "dead-job", "another-s-job")]
    items = [job.to_item() for job in (MY_JOB, ANOTHER_S_JOB, DEAD_JOB)]
    with LoopbackAws() as loopback:
        run = run_function(
            MESSAGE_HANDLER, loopback, [*events, *operations], {"CONNECTIONS_TABLE": [SIGNED_IN], "JOBS_TABLE": items}
        )
    *served, replayed, again, refused = run.outcomes
    assert served == [{"statusCode": 200}] * len(events)
    assert told(loopback) == [
        ("job_queued", None),
        ("job_failed", "UNKNOWN_AGENT"),
        ("error", "UNKNOWN_ACTION"),
        ("error", "INVALID_MESSAGE"),
        ("error", "INVALID_MESSAGE"),
        ("error", "UNKNOWN_ACTION"),
        ("job_snapshot", None),
        ("job_cancelled", None),
        ("job_list", None),
        ("error", "JOB_NOT_FOUND"),
        ("error", "INVALID_MESSAGE"),
        ("error", "INVALID_MESSAGE"),
    ]
    assert {connection_id for connection_id, _ in loopback.posted} == {CONNECTION_ID}
    asked = stored(run, loopback.posted[0][1]["jobId"])
    assert (asked["userId"], asked["followers"]) == ("user-1", [CONNECTION_ID])
    assert stored(run, "my-job")["status"] == CANCELLED
    assert "followers" not in stored(run, "my-job")
    assert stored(run, "another-s-job")["status"] == "queued"
    assert replayed == again == {"replayedAs": stored(run, "dead-job")["replayedAs"], "queued": True}
    assert refused == {"refused": "JOB_NOT_FOUND", "message": "No job of this id has failed for good."}
    queued = [json.loads(body)["jobId"] for body in run.queued]
    assert sorted(queued) == sorted([asked["jobId"], replayed["replayedAs"], replayed["replayedAs"]])
    assert {line["service"] for line in run.log_lines()} == {"message-handler"}
    assert names(measurements(run.log)) == {
        metrics.QUERIES_ACCEPTED: 1,
        metrics.QUERIES_REFUSED: 1,
        metrics.JOBS_CANCELLED: 1,
    }


def test_what_nobody_expected_is_answered_and_counted_and_a_stranger_that_goes_on_is_closed() -> None:
    stranger = elsewhere("stranger", event_of("finops_query"))
    events = [event_of("finops_query"), {"requestContext": {}}, *[stranger] * SPENT]
    with LoopbackAws() as loopback:
        # No jobs table.
        run = run_function(MESSAGE_HANDLER, loopback, events, {"CONNECTIONS_TABLE": [SIGNED_IN]})
    assert run.outcomes[:3] == [{"statusCode": 500}, {"raised": "EventNotServed"}, {"statusCode": 200}]
    assert told(loopback) == [
        ("job_failed", "INTERNAL"),
        *[("job_failed", "UNAUTHENTICATED")] * FRAMES_BEFORE_SIGN_IN,
        ("job_failed", "RATE_LIMITED"),
    ]
    assert loopback.closed == ["stranger"]
    assert "ResourceNotFound" in run.log
    counted = {metrics.FRAMES_UNSERVED: 2, metrics.QUERIES_REFUSED: 1 + SPENT}
    assert names(measurements(run.log)) == counted


def test_a_question_above_a_limit_of_the_stack_s_is_refused() -> None:
    requests = [frame(**(QUESTION | {"requestId": request_id})) for request_id in ("a", "b", "a", "b")]
    limits = {"MAX_ACTIVE_JOBS_PER_USER": "1", "MAX_QUERIES_PER_MINUTE": "2"}
    with LoopbackAws() as loopback:
        items = {**nothing(), "CONNECTIONS_TABLE": [SIGNED_IN]}
        run = run_function(MESSAGE_HANDLER, loopback, requests, items, **limits)
    assert run.outcomes == [{"statusCode": 200}] * len(requests)
    assert told(loopback) == [
        ("job_queued", None),
        ("job_failed", "TOO_MANY_JOBS"),
        ("job_queued", None),
        ("job_failed", "RATE_LIMITED"),
    ]


# The loopback has no such path, so API Gateway seems to fail.
UNREACHABLE = "connection/3"


def job_item(job_id: str, **changes: Any) -> dict[str, Any]:
    item = a_job(job_id=job_id, **{"agents": AGENTS, "ttl": NEVER, **changes}).to_item()
    return {name: sorted(value) if isinstance(value, set) else value for name, value in item.items()}


def batch(*job_ids: str, queue: str = "queue_message") -> dict[str, Any]:
    """Give an event with a message for each job; one that is no JSON for an empty id."""
    [record] = event_of(queue)["Records"]
    bodies = [json.dumps({"jobId": job_id}) if job_id else "Project Bluebird" for job_id in job_ids]
    return {
        "Records": [{**record, "messageId": f"message-{number}", "body": body} for number, body in enumerate(bodies)]
    }


def stays(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": f"message-{number}"} for number in numbers]}


JOBS = [
    job_item("job-1", followers=frozenset({"connection-1", "connection-2"})),
    job_item("job-2", agents=AGENTS[:1], followers=frozenset()),
    job_item("job-3", followers=frozenset({"connection-3"})),
    job_item("cancelled", status=CANCELLED, followers=frozenset({"connection-4"})),
    job_item("held", status=PROCESSING, lease_owner="another", lease_until=NEVER),
    job_item("unreachable", status=COMPLETED, followers=frozenset({UNREACHABLE})),
    job_item("stuck", followers=frozenset()),
    job_item("untold", status=COMPLETED, followers=frozenset({"connection-5"})),
    # A job that nobody could read.
    {"jobId": "broken", "userId": "user-1", "ttl": NEVER},
]
# Lambda's error metric counts what is raised: not a message that must only wait.
RAISED = {"raised": "EventNotServed"}
EVENTS: dict[str, tuple[dict[str, Any], Any]] = {
    "a job": (event_of("queue_message"), stays()),
    "the same again": (event_of("queue_message"), stays()),
    "a cancelled job": (batch("cancelled"), stays()),
    "a job that is gone": (batch("gone"), stays()),
    "a job under another's lease": (batch("held"), stays(0)),
    "an end that cannot be told": (batch("unreachable"), stays(0)),
    "no job": (batch(""), stays(0)),
    "an unexpected error": (batch("broken"), RAISED),
    "one good, one that waits": (batch("job-2", "held"), stays(1)),
    "one good, one unexpected error": (batch("job-2", "broken"), stays(1)),
    "two that wait": (batch("held", "held"), stays(0, 1)),
    "one that waits, one unexpected error": (batch("held", "broken"), RAISED),
    "a dead letter": (event_of("dead_letter"), stays()),
    "a dead letter whose job is held": (batch("held", queue="dead_letter"), stays(0)),
    "a dead letter that is no job": (batch("", queue="dead_letter"), stays(0)),
    "a dead letter with an unexpected error": (batch("broken", queue="dead_letter"), RAISED),
    "the schedule": (event_of("sweep"), None),
}


@pytest.fixture(scope="module")
def processed() -> Iterator[tuple[FunctionRun, LoopbackAws]]:
    with LoopbackAws() as loopback:
        loopback.gone = {"connection-2"}
        loopback.agent_answers = {
            AGENTS[0]: b'{"statusCode": 200, "body": "{\\"response\\": \\"It doubled.\\"}"}',
            AGENTS[1]: b'{"errorMessage": "secret"}',
        }
        dead_letters = "https://sqs.us-east-1.amazonaws.com/123456789012/finops-websocket-processing-dlq"
        events = [event for event, _ in EVENTS.values()]
        items = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": JOBS}
        yield run_function(BACKGROUND_PROCESSOR, loopback, events, items, DEAD_LETTER_QUEUE_URL=dead_letters), loopback


Processed = tuple[FunctionRun, LoopbackAws]


def test_a_message_stays_in_its_queue_only_if_its_job_is_not_done(processed: Processed) -> None:
    outcomes = dict(zip(EVENTS, processed[0].outcomes, strict=True))
    assert outcomes == {name: outcome for name, (_, outcome) in EVENTS.items()}


def test_the_background_processor_brings_jobs_to_their_ends_and_tells_them(processed: Processed) -> None:
    run, loopback = processed
    ends = [
        (connection_id, message["type"], message.get("code"), message["jobId"])
        for connection_id, message in loopback.posted
        if message["type"] in {"job_completed", "job_failed", "job_cancelled"}
    ]
    assert ends == [
        ("connection-1", "job_completed", None, "job-1"),
        ("connection-4", "job_cancelled", None, "cancelled"),
        ("connection-3", "job_failed", "PROCESSING_FAILED", "job-3"),
        ("connection-5", "job_completed", None, "untold"),
    ]
    told(loopback)
    [answer] = [
        message["result"]
        for _, message in loopback.posted
        if (message["type"], message["jobId"]) == ("job_completed", "job-1")
    ]
    assert answer["partial"] is True
    assert answer["response"].startswith("## Cost analysis\n\nIt doubled.")
    assert "secret" not in json.dumps(loopback.posted) + run.log
    # Each agent is asked once a job.
    invoked = sorted((agent, asked["jobId"]) for agent, asked in loopback.invoked)
    assert invoked == sorted([(AGENTS[0], "job-1"), (AGENTS[1], "job-1"), (AGENTS[0], "job-2")])
    assert {job_id: stored(run, job_id)["status"] for job_id in ("job-1", "job-2", "job-3", "held")} == {
        "job-1": COMPLETED,
        "job-2": COMPLETED,
        "job-3": FAILED,
        "held": PROCESSING,
    }
    assert {"followers", "open"}.isdisjoint(stored(run, "job-1"))
    assert stored(run, "unreachable")["followers"] == [UNREACHABLE]
    [record] = event_of("dead_letter")["Records"]
    kept = {"messageId": record["messageId"], "body": record["body"], "sentAt": 1_795_431_600}
    assert stored(run, "job-3")["deadLetter"] == kept
    # The sweep.
    assert run.queued == ['{"jobId": "stuck"}']


def test_what_has_become_of_the_jobs_is_counted_in_the_stack_s_namespace(processed: Processed) -> None:
    log = processed[0].log
    assert names(measurements(log)) == {
        # job-1 and job-2; delivered again, neither counts again.
        metrics.TIME_TO_FIRST_PROGRESS: 2,
        metrics.JOBS_COMPLETED: 2,
        metrics.TIME_TO_ANSWER: 2,
        metrics.PARTIAL_ANSWERS: 1,
        metrics.AGENT_TIME: 3,
        metrics.AGENT_FAILURES: 1,
        # job-3's message is a dead letter.
        metrics.JOBS_FAILED: 1,
        metrics.UNREADABLE_DEAD_LETTERS: 1,
    }
    assert {one.agent for one in measurements(log)} == {None, *AGENTS}
    assert log.count(f'"Namespace": "{ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"]}"') == len(measurements(log))


def test_a_line_of_the_log_names_no_job_of_an_earlier_event(processed: Processed) -> None:
    [line] = [line for line in processed[0].log_lines() if line["message"] == "A message names no job."]
    assert "jobId" not in line


def test_the_processor_is_patient_with_its_stores_and_not_with_its_message() -> None:
    """What it gives up is done again by another one, agents included; a message is hidden within the lease."""
    program = """
import background_processor.handler as function
for client in (function.services.jobs.table.meta.client, function.services.sqs):
    print(client.meta.config.retries["total_max_attempts"])
"""
    printed = subprocess.run(
        [sys.executable, "-c", program],
        env={**ENVIRONMENT, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout.split() == [str(aws_clients.PATIENT), str(aws_clients.PROMPT)]
