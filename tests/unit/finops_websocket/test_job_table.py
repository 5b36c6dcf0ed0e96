from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from finops_websocket.job import PROCESSING, QUEUED
from finops_websocket.job_table import JobTable
from unit.finops_websocket.dated_replies import dated_replies
from unit.finops_websocket.sample_jobs import a_job
from unit.finops_websocket.settable_clock import SettableClock

ANY = Attr("jobId").exists()


@pytest.fixture(autouse=True)
def stored(jobs_table: Any) -> None:
    jobs_table.put_item(Item=a_job().to_item())


def test_a_job_is_found_as_it_was_stored(job_table: JobTable) -> None:
    assert job_table.find("job-1") == a_job()


def test_what_is_not_a_job_is_not_found(job_table: JobTable, jobs_table: Any) -> None:
    jobs_table.put_item(Item={"jobId": "job-1#agent", "content": "An answer", "ttl": 2_000_000})
    assert job_table.find("job-1#agent") is None
    assert job_table.find("nobody-s-job") is None


def test_a_job_whose_time_has_run_out_is_not_found_though_dynamodb_still_has_it(
    job_table: JobTable, clock: SettableClock
) -> None:
    clock.now = 1_999_999
    assert job_table.find("job-1") is not None
    clock.now = 2_000_000
    assert job_table.find("job-1") is None


def test_a_job_is_read_as_the_last_write_left_it(job_table: JobTable, jobs_table: Any) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        key = {"TableName": jobs_table.name, "Key": {"jobId": "job-1"}, "ConsistentRead": True}
        stubber.add_response("get_item", {}, key)
        assert job_table.find("job-1") is None
        stubber.assert_no_pending_responses()


def test_now_is_in_whole_seconds(job_table: JobTable, clock: SettableClock) -> None:
    clock.now = 1_000_000.9
    assert job_table.now() == 1_000_000


def test_without_a_clock_the_time_is_dynamodb_s(jobs_table: Any) -> None:
    table = JobTable(jobs_table)
    with dated_replies(jobs_table.meta.client, lambda: 1_999_999):
        # Its machine's clock is years later, when the job's time has long run out.
        assert table.find("job-1") == a_job()
        assert abs(table.now() - 1_999_999) <= 1
    with dated_replies(jobs_table.meta.client, lambda: 2_000_000):
        assert table.find("job-1") is None


def test_an_update_changes_what_it_names_and_gives_the_whole_job(job_table: JobTable) -> None:
    changed = job_table.update(
        "job-1", ANY, assign={"message": "Changed."}, add={"requeues": 2}, delete={"followers": {"connection-1"}}
    )
    assert changed == a_job(message="Changed.", requeues=2, followers=frozenset())
    assert job_table.find("job-1") == changed


def test_an_update_takes_attributes_away(job_table: JobTable, jobs_table: Any) -> None:
    assert job_table.update("job-1", ANY, remove=("open",)) == a_job(is_open=False)
    assert "open" not in jobs_table.get_item(Key={"jobId": "job-1"})["Item"]


def test_an_update_whose_condition_does_not_hold_changes_nothing(job_table: JobTable) -> None:
    assert job_table.update("job-1", Attr("status").eq(PROCESSING), {"message": "Changed."}) is None
    assert job_table.find("job-1") == a_job()


def test_an_update_of_a_job_that_is_gone_makes_none(job_table: JobTable, jobs_table: Any) -> None:
    assert job_table.update("job-2", ANY, {"message": "Changed."}) is None
    assert "Item" not in jobs_table.get_item(Key={"jobId": "job-2"})


def test_any_other_refusal_is_an_error(job_table: JobTable, jobs_table: Any) -> None:
    with Stubber(jobs_table.meta.client) as stubber:
        stubber.add_client_error("update_item", "ThrottlingException")
        with pytest.raises(ClientError):
            job_table.update("job-1", ANY, {"message": "Changed."})


def test_a_step_raises_seq_and_says_when(job_table: JobTable, clock: SettableClock) -> None:
    clock.now = 1_000_050
    stepped = job_table.step("job-1", Attr("status").eq(QUEUED), {"progress": 15})
    assert stepped == a_job(progress=15, seq=2, updated_at=1_000_050)
    again = job_table.step("job-1", ANY, {"progress": 20}, counter="attempts")
    assert again == a_job(progress=20, seq=3, attempts=1, updated_at=1_000_050)
    assert job_table.find("job-1") == again


def test_a_step_whose_condition_does_not_hold_leaves_seq_as_it_is(job_table: JobTable) -> None:
    assert job_table.step("job-1", Attr("status").eq(PROCESSING), {"progress": 15}) is None
    assert job_table.find("job-1") == a_job()
