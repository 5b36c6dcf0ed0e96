import json
from collections.abc import Iterator
from typing import Any

import pytest

from contract_schema import assert_valid
from finops_websocket.job import CANCELLED, PROCESSING
from function_environment import function_environment
from unit.finops_websocket.function_run import FunctionRun, run_function
from unit.finops_websocket.loopback_aws import LoopbackAws
from unit.finops_websocket.sample_events import event_of
from unit.finops_websocket.sample_jobs import a_job

HANDLER = "background_processor.handler.handler"
ENVIRONMENT = function_environment(HANDLER)
AGENTS = (ENVIRONMENT["COST_FORECAST_FUNCTION"], ENVIRONMENT["TRUSTED_ADVISOR_FUNCTION"])
# Seconds that no test lives to see.
NEVER = 2**40


def job_item(job_id: str, **changes: Any) -> dict[str, Any]:
    fields = {"agents": AGENTS, "ttl": NEVER, "query": "Why did Project Bluebird get dear?", **changes}
    item = a_job(job_id=job_id, **fields).to_item()
    return {name: sorted(value) if isinstance(value, set) else value for name, value in item.items()}


def batch(*bodies: str) -> dict[str, Any]:
    (record,) = event_of("queue_message")["Records"]
    return {
        "Records": [{**record, "messageId": f"message-{number}", "body": body} for number, body in enumerate(bodies)]
    }


def body(job_id: str) -> str:
    return json.dumps({"jobId": job_id})


JOBS = [
    job_item("job-1", followers=frozenset({"connection-1", "connection-2"})),
    job_item("cancelled", status=CANCELLED),
    job_item("held", status=PROCESSING, lease_owner="another", lease_until=NEVER),
    job_item("job-2", agents=AGENTS[:1], followers=frozenset()),
]
EVENTS = {
    "a job": event_of("queue_message"),
    "the same again": event_of("queue_message"),
    "a cancelled job": batch(body("cancelled")),
    "a job that is gone": batch(body("gone")),
    "a job under another's lease": batch(body("held")),
    "no job": batch("Project Bluebird"),
    "one good, one bad": batch(body("job-2"), body("held")),
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
        yield run_function(HANDLER, loopback, list(EVENTS.values()), items), loopback


def test_a_message_stays_in_the_queue_only_if_its_job_is_not_done(served: Served) -> None:
    assert dict(zip(EVENTS, served[0].outcomes, strict=True)) == {
        "a job": {"batchItemFailures": []},
        "the same again": {"batchItemFailures": []},
        "a cancelled job": {"batchItemFailures": []},
        "a job that is gone": {"batchItemFailures": []},
        "a job under another's lease": {"batchItemFailures": [{"itemIdentifier": "message-0"}]},
        # All messages of a batch failed: the invocation fails, so that Lambda's error metric shows it.
        "no job": {"raised": "BatchProcessingError"},
        "one good, one bad": {"batchItemFailures": [{"itemIdentifier": "message-1"}]},
    }


def test_a_job_s_followers_get_its_answer(served: Served) -> None:
    posted = served[1].posted
    assert {connection_id for connection_id, _ in posted} == {"connection-1"}
    for _, wire in posted:
        assert_valid(wire)
    end = posted[-1][1]
    assert (end["type"], end["jobId"], end["result"]["partial"]) == ("job_completed", "job-1", True)
    assert end["result"]["response"].startswith("## Cost analysis\n\nIt doubled: Bluebird.")
    assert "secret" not in json.dumps(posted)


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
    stored = {item["jobId"]: item for item in served[0].items["JOBS_TABLE"]}
    assert {job_id: stored[job_id]["status"] for job_id in ("job-1", "job-2", "cancelled", "held")} == {
        "job-1": "completed",
        "job-2": "completed",
        "cancelled": "cancelled",
        "held": "processing",
    }
    assert stored["job-1"]["followers"] == ["connection-1"]


def test_the_log_has_the_jobs_and_neither_questions_nor_answers(served: Served) -> None:
    log = served[0].log
    for job_id in ("job-1", "job-2"):
        assert job_id in log
    assert "Bluebird" not in log
    assert "secret" not in log
