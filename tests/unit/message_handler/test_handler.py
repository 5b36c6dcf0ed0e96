import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from contract_schema import assert_valid
from finops_websocket import metrics
from finops_websocket.frame_limit import FRAMES_BEFORE_SIGN_IN
from unit.finops_websocket.embedded_metrics import measurements, names
from unit.finops_websocket.function_run import FunctionRun, run_function
from unit.finops_websocket.loopback_aws import LoopbackAws
from unit.finops_websocket.sample_events import event_of, frame_event
from unit.finops_websocket.sample_jobs import a_job

HANDLER = "message_handler.handler.handler"
QUESTION = json.loads(event_of("finops_query")["body"])
CONNECTION_ID = event_of("finops_query")["requestContext"]["connectionId"]
SIGNED_IN = {
    "connectionId": CONNECTION_ID,
    "userId": "user-1",
    "username": "Ada",
    "verified": True,
    # Seconds that no test lives to see.
    "expiresAt": 2**40,
    "ttl": 2**40,
}
# Asked when no test lives any more, so that it is neither stuck nor too old.
MY_JOB = a_job(job_id="my-job", created_at=2**40, queued_at=2**40, ttl=2**41, followers=frozenset())
ANOTHER_S_JOB = replace(MY_JOB, job_id="another-s-job", user_id="user-2")
EVENTS = {
    "finops_query": event_of("finops_query"),
    "refused": frame_event("finops_query", **(QUESTION | {"agents": ["nobody"]})),
    "unknown_action": event_of("unknown_action"),
    "not_json": event_of("not_json"),
    "binary_frame": event_of("binary_frame"),
    "another function's": event_of("ping"),
    "resume_job": frame_event("finops_query", action="resume_job", jobId="my-job"),
    "cancel_job": frame_event("finops_query", action="cancel_job", jobId="my-job"),
    "cancelled": frame_event("finops_query", action="cancel_job", jobId="my-job"),
    "list_jobs": frame_event("finops_query", action="list_jobs", limit=1),
    "not mine": frame_event("finops_query", action="resume_job", jobId="another-s-job"),
    "no cursor": frame_event("finops_query", action="list_jobs", cursor="next-page"),
}


def stored_item(run: FunctionRun, job_id: str) -> dict[str, Any]:
    (item,) = (item for item in run.items["JOBS_TABLE"] if item["jobId"] == job_id)
    return item


Served = tuple[FunctionRun, list[tuple[str, dict[str, Any]]]]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with LoopbackAws() as loopback:
        items: dict[str, list[dict[str, Any]]] = {
            "CONNECTIONS_TABLE": [SIGNED_IN],
            "JOBS_TABLE": [
                job.to_item() for job in (MY_JOB, replace(MY_JOB, job_id="another-s-job", user_id="user-2"))
            ],
        }
        yield run_function(HANDLER, loopback, list(EVENTS.values()), items), loopback.posted


def test_every_frame_is_handled_without_a_body(served: Served) -> None:
    assert served[0].outcomes == [{"statusCode": 200}] * len(EVENTS)


def test_every_frame_is_answered_over_its_connection(served: Served) -> None:
    posted = served[1]
    assert {connection_id for connection_id, _ in posted} == {CONNECTION_ID}
    for _, wire in posted:
        assert_valid(wire)
    assert [(wire["type"], wire.get("code")) for _, wire in posted] == [
        ("job_queued", None),
        ("job_failed", "UNKNOWN_AGENT"),
        ("error", "UNKNOWN_ACTION"),
        ("error", "INVALID_MESSAGE"),
        ("error", "INVALID_MESSAGE"),
        ("error", "UNKNOWN_ACTION"),
        ("job_snapshot", None),
        ("job_cancelled", None),
        ("job_cancelled", None),
        ("job_list", None),
        ("error", "JOB_NOT_FOUND"),
        ("error", "INVALID_MESSAGE"),
    ]


def test_a_question_is_stored_and_queued(served: Served) -> None:
    run, posted = served
    job_id = posted[0][1]["jobId"]
    assert [json.loads(body) for body in run.queued] == [{"jobId": job_id}]
    job = stored_item(run, job_id)
    assert (job["userId"], job["followers"]) == ("user-1", [CONNECTION_ID])


def test_a_job_is_followed_when_it_is_resumed_and_over_for_all_when_it_is_cancelled(served: Served) -> None:
    run, posted = served
    snapshot, cancelled = (
        next(wire for _, wire in posted if wire["type"] == kind) for kind in ("job_snapshot", "job_cancelled")
    )
    assert (snapshot["status"], snapshot["seq"], cancelled["seq"]) == ("queued", 1, 2)
    job = stored_item(run, "my-job")
    assert job["status"] == "cancelled"
    assert "followers" not in job
    assert stored_item(run, "another-s-job")["status"] == "queued"


def test_a_list_has_the_asker_s_jobs_and_goes_on(served: Served) -> None:
    (listed,) = (wire for _, wire in served[1] if wire["type"] == "job_list")
    assert [job["jobId"] for job in listed["jobs"]] == ["my-job"]
    assert listed["cursor"]


def test_the_log_has_the_job_and_not_the_question(served: Served) -> None:
    log = served[0].log
    assert served[1][0][1]["jobId"] in log
    assert "Bluebird" in QUESTION["query"]
    assert "Bluebird" not in log
    assert {line["service"] for line in served[0].log_lines()} == {"message-handler"}


def test_what_nobody_expected_is_answered_and_reported_as_broken() -> None:
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, [event_of("finops_query")], {"CONNECTIONS_TABLE": [SIGNED_IN]})
    assert run.outcomes == [{"statusCode": 500}]
    ((_, wire),) = loopback.posted
    assert (wire["type"], wire["code"], wire["requestId"]) == ("job_failed", "INTERNAL", "request-1")
    assert "ResourceNotFound" in run.log
    assert "ResourceNotFound" not in json.dumps(wire)
    assert "Bluebird" not in run.log
    assert names(measurements(run.log)) == {metrics.FRAMES_UNSERVED: 1, metrics.QUERIES_REFUSED: 1}


def test_what_has_become_of_the_frames_is_counted(served: Served) -> None:
    assert names(measurements(served[0].log)) == {
        metrics.QUERIES_ACCEPTED: 1,
        metrics.QUERIES_REFUSED: 1,
        metrics.JOBS_CANCELLED: 1,
    }


def test_an_event_that_cannot_even_be_read_is_counted() -> None:
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, [{"requestContext": {}}], {"CONNECTIONS_TABLE": [SIGNED_IN]})
    assert run.outcomes == [{"raised": "EventNotServed"}]
    assert names(measurements(run.log)) == {metrics.FRAMES_UNSERVED: 1}


@pytest.mark.parametrize(
    ("limit", "code", "longest"),
    [("MAX_ACTIVE_JOBS_PER_USER", "TOO_MANY_JOBS", 30), ("MAX_QUERIES_PER_MINUTE", "RATE_LIMITED", 60)],
)
def test_a_question_above_a_limit_of_the_stack_s_is_refused_with_the_time_to_wait(
    limit: str, code: str, longest: int
) -> None:
    events = [frame_event("finops_query", **(QUESTION | {"requestId": f"request-{number}"})) for number in range(2)]
    with LoopbackAws() as loopback:
        stored: dict[str, list[dict[str, Any]]] = {"CONNECTIONS_TABLE": [SIGNED_IN], "JOBS_TABLE": []}
        run = run_function(HANDLER, loopback, events, stored, **{limit: "1"})
    assert run.outcomes == [{"statusCode": 200}] * 2
    (_, queued), (_, refused) = loopback.posted
    assert_valid(refused)
    assert (queued["type"], queued["requestId"]) == ("job_queued", "request-0")
    assert (refused["type"], refused["code"], refused["jobId"]) == ("job_failed", code, None)
    assert refused["requestId"] == "request-1"
    assert 1 <= refused["retryAfter"] <= longest
    assert len(run.queued) == 1


def test_a_connection_that_only_asks_without_signing_in_is_told_so_and_closed() -> None:
    events = [event_of("finops_query")] * (FRAMES_BEFORE_SIGN_IN + 1)
    nothing: dict[str, list[dict[str, Any]]] = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": []}
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, events, nothing)
    assert run.outcomes == [{"statusCode": 200}] * len(events)
    *refused, spent = [wire for _, wire in loopback.posted]
    assert [wire["code"] for wire in refused] == ["UNAUTHENTICATED"] * FRAMES_BEFORE_SIGN_IN
    assert (spent["type"], spent["code"]) == ("job_failed", "RATE_LIMITED")
    assert loopback.closed == [CONNECTION_ID]
    assert (run.items["JOBS_TABLE"], run.queued) == ([], [])


def test_an_operator_has_a_job_replayed_that_failed_for_good() -> None:
    dead = replace(MY_JOB, status="failed", code="PROCESSING_FAILED", query="Why did Project Bluebird get dear?")
    events = [{"operation": "replay", "jobId": job_id} for job_id in ("my-job", "my-job", "another-s-job")]
    stored: dict[str, list[dict[str, Any]]] = {
        "CONNECTIONS_TABLE": [],
        "JOBS_TABLE": [dead.to_item(), ANOTHER_S_JOB.to_item()],
    }
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, events, stored)
    replayed, again, refused = run.outcomes
    assert replayed == again == {"replayedAs": stored_item(run, "my-job")["replayedAs"], "queued": True}
    assert stored_item(run, replayed["replayedAs"])["status"] == "queued"
    assert refused == {"refused": "JOB_NOT_FOUND", "message": "No job of this id has failed for good."}
    assert {json.loads(body)["jobId"] for body in run.queued} == {replayed["replayedAs"]}
    assert loopback.posted == []
    assert "Bluebird" not in run.log


def test_a_frame_cannot_ask_for_an_operation() -> None:
    event = frame_event("finops_query", operation="replay", jobId="my-job")
    dead = replace(MY_JOB, status="failed", code="PROCESSING_FAILED")
    stored: dict[str, list[dict[str, Any]]] = {"CONNECTIONS_TABLE": [SIGNED_IN], "JOBS_TABLE": [dead.to_item()]}
    with LoopbackAws() as loopback:
        run = run_function(HANDLER, loopback, [event], stored)
    assert run.outcomes == [{"statusCode": 200}]
    assert "replayedAs" not in stored_item(run, "my-job")
    assert run.queued == []
