import json
from typing import Any

import pytest

from finops_websocket.job import FAILED
from finops_websocket.job_admission import JobAdmission
from finops_websocket.job_services import JobServices
from finops_websocket.overdue import MOST_REQUEUES
from finops_websocket.settings import FunctionSettings
from unit.finops_websocket.loopback_aws import LoopbackAws
from unit.finops_websocket.sample_jobs import STUCK_AFTER, a_job
from unit.finops_websocket.submitting_job_store import GENEROUS

# Seconds that no test lives to see.
NEVER = 2**40


@pytest.mark.usefixtures("parent_logger")
def test_the_services_of_a_function_work_on_what_its_settings_name(
    connections_table: Any, jobs_table: Any, bucket_name: str, sqs: Any, queue_url: str
) -> None:
    with LoopbackAws() as loopback:
        services = JobServices.of_stack(
            FunctionSettings(
                connections_table=connections_table.name,
                jobs_table=jobs_table.name,
                results_bucket=bucket_name,
                processing_queue_url=queue_url,
                stuck_job_seconds=STUCK_AFTER,
                management_endpoint=loopback.management_endpoint,
            )
        )
        JobAdmission(services.job_table, GENEROUS).submit(a_job(ttl=NEVER, requeues=MOST_REQUEUES))
        services.connections.open("connection-1")
        (job_id,) = services.history.open_jobs()
        job = services.job_table.find(job_id)
        assert job is not None
        services.queue.send(job.job_id, job.user_id)
        ended = services.overdue_jobs.mend(job)

    # Given up, and its follower told over this stage's connections.
    assert ended.status == FAILED
    assert [(connection_id, wire["type"]) for connection_id, wire in loopback.posted] == [
        ("connection-1", "job_failed")
    ]
    assert services.answers.find(ended) == {}
    (message,) = sqs.receive_message(QueueUrl=queue_url)["Messages"]
    assert json.loads(message["Body"]) == {"jobId": "job-1"}
    assert jobs_table.scan()["Items"][0]["status"] == FAILED
    assert connections_table.scan()["Items"][0]["connectionId"] == "connection-1"
    services.answers.put_response(ended, "A whole text.")
    assert bucket_name in services.answers.link_to_response(ended)
