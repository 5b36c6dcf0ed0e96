"""DynamoDB as the stores use it."""

import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from finops_websocket.dynamodb import read_items, retry_on_conflict, update_item

KEY = {"jobId": "a"}


@pytest.fixture
def table(jobs):
    return jobs.table


def test_any_other_refusal_is_an_error(table):
    with Stubber(table.meta.client) as stubber:
        stubber.add_client_error("update_item", "ThrottlingException")
        with pytest.raises(ClientError):
            update_item(table, KEY, Attr("jobId").exists(), assign={"seq": 4})


def test_what_a_batch_leaves_out_is_asked_for_again_after_longer_and_longer_pauses(table):
    for job_id in ("a", "b", "c"):
        table.put_item(Item={"jobId": job_id})
    pauses = []
    asked = []

    def leave_out_all_but_one(parsed, **_event):
        left_out, parsed["Responses"][table.name] = (items := parsed["Responses"][table.name])[1:], items[:1]
        if left_out:
            rest = [{"jobId": item["jobId"]} for item in left_out]
            parsed["UnprocessedKeys"] = {table.name: {"Keys": rest, "ConsistentRead": True}}

    def note(params, **_event):
        asked.append(params["RequestItems"][table.name]["ConsistentRead"])

    table.meta.client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    table.meta.client.meta.events.register("provide-client-params.dynamodb.BatchGetItem", note)
    try:
        found = list(read_items(table, [{"jobId": job_id} for job_id in ("a", "b", "missing", "c")], pauses.append))
    finally:
        table.meta.client.meta.events.unregister("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
        table.meta.client.meta.events.unregister("provide-client-params.dynamodb.BatchGetItem", note)
    assert sorted(item["jobId"] for item in found) == ["a", "b", "c"]
    assert pauses == [0.05, 0.1]
    assert asked == [True] * 3


def test_nothing_is_asked_for_no_keys(table):
    # DynamoDB refuses an empty batch.
    assert list(read_items(table, [])) == []


def test_tries_have_a_pause_before_each_but_the_first_and_no_two_come_back_together():
    runs = [[], []]
    for pauses in runs:
        tries = retry_on_conflict(pauses.append)
        assert (next(tries), pauses) == (0, [])
        assert list(tries) == list(range(1, 7))
        assert all(0 <= pause <= 0.025 * 2**number for number, pause in enumerate(pauses, 1))
        assert len(pauses) == 6
    assert runs[0] != runs[1]
