from typing import Any

from finops_websocket.batch_read import read_items


def put(table: Any, *job_ids: str) -> None:
    for job_id in job_ids:
        table.put_item(Item={"jobId": job_id})


def keys(*job_ids: str) -> list[dict[str, str]]:
    return [{"jobId": job_id} for job_id in job_ids]


def test_items_that_are_there_are_given(jobs_table: Any) -> None:
    put(jobs_table, "a", "b", "c")
    found = read_items(jobs_table, keys("a", "c", "missing"))
    assert sorted(item["jobId"] for item in found) == ["a", "c"]


def test_nothing_is_asked_for_no_keys(jobs_table: Any) -> None:
    # DynamoDB refuses an empty batch.
    assert list(read_items(jobs_table, [])) == []


def test_what_was_left_out_is_asked_for_again_after_longer_and_longer_pauses(jobs_table: Any) -> None:
    put(jobs_table, "a", "b", "c")
    pauses: list[float] = []
    client = jobs_table.meta.client

    def leave_out_all_but_one(parsed: dict[str, Any], **_event: Any) -> None:
        items = parsed["Responses"][jobs_table.name]
        left_out, parsed["Responses"][jobs_table.name] = items[1:], items[:1]
        if left_out:
            rest = [{"jobId": item["jobId"]} for item in left_out]
            parsed["UnprocessedKeys"] = {jobs_table.name: {"Keys": rest, "ConsistentRead": True}}

    client.meta.events.register("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    try:
        found = list(read_items(jobs_table, keys("a", "b", "c"), pauses.append))
    finally:
        client.meta.events.unregister("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    assert sorted(item["jobId"] for item in found) == ["a", "b", "c"]
    assert pauses == [0.05, 0.1]
