import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from contract_schema import assert_valid
from finops_websocket import aws_clients, metrics
from finops_websocket.job import CANCELLED, COMPLETED, PROCESSING
from function_environment import function_environment
from unit.finops_websocket.embedded_metrics import measurements, names
from unit.finops_websocket.function_run import FunctionRun, run_function
from unit.finops_websocket.loopback_aws import LoopbackAws
from unit.finops_websocket.sample_events import event_of
from unit.finops_websocket.sample_jobs import a_job

HANDLER = "background_processor.handler.handler"
ENVIRONMENT = function_environment(HANDLER)
AGENTS = (ENVIRONMENT["COST_FORECAST_FUNCTION"], ENVIRONMENT["TRUSTED_ADVISOR_FUNCTION"])
DEAD_LETTER_QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/finops-websocket-processing-dlq"
# Seconds that no test lives to see.
NEVER = 2**40
# The loopback has no such path, so API Gateway seems to fail.
UNREACHABLE = "connection/3"


def job_item(job_id: str, **changes: Any) -> dict[str, Any]:
    fields = {"agents": AGENTS, "ttl": NEVER, "query": "Why did Project Bluebird get dear?", **changes}
    item = a_job(job_id=job_id, **fields).to_item()
    return {name: sorted(value) if isinstance(value, set) else value for name, value in item.items()}


def batch(*bodies: str, queue: str = "queue_message") -> dict[str, Any]:
    (record,) = event_of(queue)["Records"]
    return {
        "Records": [{**record, "messageId": f"message-{number}", "body": body} for number, body in enumerate(bodies)]
    }


def body(job_id: str) -> str:
    return json.dumps({"jobId": job_id})


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
EVENTS = {
    "a job": event_of("queue_message"),
    "the same again": event_of("queue_message"),
    "a cancelled job": batch(body("cancelled")),
    "a job that is gone": batch(body("gone")),
    "a job under another's lease": batch(body("held")),
    "an end that cannot be told": batch(body("unreachable")),
    "no job": batch("Project Bluebird"),
    "an unexpected error": batch(body("broken")),
    "one good, one that waits": batch(body("job-2"), body("held")),
    "one good, one unexpected error": batch(body("job-2"), body("broken")),
    "two that wait": batch(body("held"), body("held")),
    "one that waits, one unexpected error": batch(body("held"), body("broken")),
    "a dead letter": event_of("dead_letter"),
    "a dead letter whose job is held": batch(body("held"), queue="dead_letter"),
    "a dead letter that is no job": batch("Project Bluebird", queue="dead_letter"),
    "a dead letter with an unexpected error": batch(body("broken"), queue="dead_letter"),
    "the schedule": event_of("sweep"),
}

Served = tuple[FunctionRun, LoopbackAws]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with LoopbackAws() as loopback:
        loopback.gone = {"connection-2"}
        loopback.agent_answers = {
            AGENTS[0]: b'{"statusCode": 200, "body": "{\\"response\\": \\"It doubled: Bluebird.\\"}"}',
            AGENTS[1]: b'{"errorMessage": "secret"}',
        }
        items = {"CONNECTIONS_TABLE": [], "JOBS_TABLE": JOBS}
        changes = {"DEAD_LETTER_QUEUE_URL": DEAD_LETTER_QUEUE_URL}
        yield run_function(HANDLER, loopback, list(EVENTS.values()), items, **changes), loopback


def stored(served: Served, job_id: str) -> dict[str, Any]:
    (item,) = (item for item in served[0].items["JOBS_TABLE"] if item["jobId"] == job_id)
    return item


def posted_to(served: Served, connection_id: str) -> list[dict[str, Any]]:
    return [wire for receiver, wire in served[1].posted if receiver == connection_id]


def stays(*numbers: int) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": f"message-{number}"} for number in numbers]}


def test_a_message_stays_in_its_queue_only_if_its_job_is_not_done(served: Served) -> None:
    # Lambda's error metric counts what is raised: not a message that must only wait.
    raised = {"raised": "EventNotServed"}
    assert dict(zip(EVENTS, served[0].outcomes, strict=True)) == {
        "a job": stays(),
        "the same again": stays(),
        "a cancelled job": stays(),
        "a job that is gone": stays(),
        "a job under another's lease": stays(0),
        "an end that cannot be told": stays(0),
        "no job": stays(0),
        "an unexpected error": raised,
        "one good, one that waits": stays(1),
        "one good, one unexpected error": stays(1),
        "two that wait": stays(0, 1),
        "one that waits, one unexpected error": raised,
        "a dead letter": stays(),
        "a dead letter whose job is held": stays(0),
        "a dead letter that is no job": stays(0),
        "a dead letter with an unexpected error": raised,
        "the schedule": None,
    }


def test_a_job_s_followers_get_its_answer(served: Served) -> None:
    for _, wire in served[1].posted:
        assert_valid(wire)
    assert posted_to(served, "connection-2") == []
    end = posted_to(served, "connection-1")[-1]
    assert (end["type"], end["jobId"], end["result"]["partial"]) == ("job_completed", "job-1", True)
    assert end["result"]["response"].startswith("## Cost analysis\n\nIt doubled: Bluebird.")
    assert "secret" not in json.dumps(served[1].posted)


def test_each_agent_is_asked_once_a_job(served: Served) -> None:
    question = {"query": "Why did Project Bluebird get dear?"}
    assert sorted(served[1].invoked, key=str) == sorted(
        [
            (AGENTS[0], {**question, "jobId": "job-1"}),
            (AGENTS[1], {**question, "jobId": "job-1"}),
            (AGENTS[0], {**question, "jobId": "job-2"}),
        ],
        key=str,
    )


def test_jobs_are_stored_with_their_ends(served: Served) -> None:
    assert {job_id: stored(served, job_id)["status"] for job_id in ("job-1", "job-2", "cancelled", "held")} == {
        "job-1": "completed",
        "job-2": "completed",
        "cancelled": "cancelled",
        "held": "processing",
    }
    # Both followers know, or are gone.
    assert {"followers", "open"}.isdisjoint(stored(served, "job-1"))
    assert stored(served, "unreachable")["followers"] == [UNREACHABLE]


def test_an_end_that_was_not_told_is_told_when_the_message_comes_again(served: Served) -> None:
    assert [wire["type"] for wire in posted_to(served, "connection-4")] == ["job_cancelled"]


def test_a_dead_letter_s_job_has_failed_and_its_follower_knows(served: Served) -> None:
    job = stored(served, "job-3")
    (record,) = event_of("dead_letter")["Records"]
    assert (job["status"], job["code"]) == ("failed", "PROCESSING_FAILED")
    assert job["deadLetter"] == {"messageId": record["messageId"], "body": record["body"], "sentAt": 1_795_431_600}
    assert [(wire["type"], wire["code"]) for wire in posted_to(served, "connection-3")] == [
        ("job_failed", "PROCESSING_FAILED")
    ]


def test_the_schedule_has_the_open_jobs_looked_at(served: Served) -> None:
    assert served[0].queued == [body("stuck")]
    assert stored(served, "stuck")["requeues"] == 1
    assert [(wire["type"], wire["jobId"]) for wire in posted_to(served, "connection-5")] == [
        ("job_completed", "untold")
    ]


def lines(served: Served) -> list[dict[str, Any]]:
    """Give the lines of the log that are JSON: with it, and with nothing else, CloudWatch counts."""
    return [json.loads(line) for line in served[0].log.splitlines() if line.startswith("{")]


def test_a_dead_letter_that_is_no_job_is_counted_for_the_alarm(served: Served) -> None:
    (counted,) = (line for line in lines(served) if "UnreadableDeadLetters" in line)
    (metric,) = counted["_aws"]["CloudWatchMetrics"]
    assert metric["Namespace"] == ENVIRONMENT["POWERTOOLS_METRICS_NAMESPACE"]
    assert counted["UnreadableDeadLetters"] == [1.0]


def test_what_has_become_of_the_jobs_is_counted_and_no_message_is_a_frame(served: Served) -> None:
    counted = names(measurements(served[0].log))
    assert counted == {
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
    assert {one.agent for one in measurements(served[0].log)} == {None, *AGENTS}


def test_the_log_has_the_jobs_and_neither_questions_nor_answers(served: Served) -> None:
    log = served[0].log
    for job_id in ("job-1", "job-2", "job-3", "stuck"):
        assert f'"jobId":"{job_id}"' in log
    assert "Bluebird" not in log
    assert "secret" not in log


def test_a_line_of_the_log_names_no_job_of_an_earlier_event(served: Served) -> None:
    (line,) = (line for line in lines(served) if line.get("message") == "A message names no job.")
    assert "jobId" not in line


def test_it_is_patient_with_its_stores_and_not_with_its_message() -> None:
    """What it gives up is done again by another one, agents included; a message is hidden within the lease."""
    program = """
import background_processor.handler as function
for client in (function.services.job_table.table.meta.client, function.sqs):
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
