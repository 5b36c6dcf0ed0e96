from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_websocket.answer_store import COMPLETED, FAILED, Answer, AnswerStore
from finops_websocket.message_size import MAX_TEXT_BYTES, first_part
from finops_websocket.results_bucket import ResultsBucket
from unit.finops_websocket.sample_jobs import COST, SAVINGS, a_job

JOB = a_job()
SMALL = Answer(COST, "Cost analysis", "Costs rose.", COMPLETED, 1_000_030)
LATE = Answer(SAVINGS, "Optimisation", "It did not answer in time.", FAILED, 1_000_040)
LARGE_TEXT = "# Überblick\n" + "0123456789\n" * 12_000


def large(agent: str = COST) -> Answer:
    return Answer(agent, "Cost analysis", LARGE_TEXT, COMPLETED, 1_000_030)


def test_a_job_without_answers_has_none(answers: AnswerStore) -> None:
    assert answers.find(JOB) == {}


def test_answers_are_found_by_agent(answers: AnswerStore) -> None:
    assert answers.put(JOB, SMALL) == SMALL
    assert answers.put(JOB, LATE) == LATE
    assert answers.find(JOB) == {COST: SMALL, SAVINGS: LATE}


def test_an_answer_stored_twice_is_there_once(answers: AnswerStore) -> None:
    answers.put(JOB, SMALL)
    answers.put(JOB, SMALL)
    assert answers.find(JOB) == {COST: SMALL}


def test_another_job_s_answers_are_not_found(answers: AnswerStore) -> None:
    answers.put(a_job(job_id="job-2"), SMALL)
    assert answers.find(JOB) == {}


def test_a_small_answer_needs_no_bucket(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    answers.put(JOB, SMALL)
    assert s3.list_objects_v2(Bucket=bucket_name)["KeyCount"] == 0
    assert answers.whole_content(JOB, SMALL) == SMALL.content


def test_a_large_answer_is_kept_as_its_first_part_and_in_the_bucket_whole(
    answers: AnswerStore, s3: Any, bucket_name: str
) -> None:
    kept = answers.put(JOB, large())
    assert kept == replace(large(), content=first_part(LARGE_TEXT), is_large=True)
    assert answers.find(JOB) == {COST: kept}
    assert answers.whole_content(JOB, kept) == LARGE_TEXT
    assert f"/jobs/job-1/{COST}.md?" in answers.link_to_content(JOB, kept)
    assert s3.get_object(Bucket=bucket_name, Key=f"jobs/job-1/{COST}.md")["Body"].read().decode() == LARGE_TEXT


def test_a_small_answer_can_be_put_where_a_link_leads(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    for _ in range(2):
        answers.put_whole_content(JOB, SMALL)
    assert f"/jobs/job-1/{COST}.md?" in answers.link_to_content(JOB, SMALL)
    assert s3.get_object(Bucket=bucket_name, Key=f"jobs/job-1/{COST}.md")["Body"].read().decode() == SMALL.content
    assert answers.find(JOB) == {}


def test_the_answers_of_one_job_are_kept_apart(answers: AnswerStore) -> None:
    costs, savings = answers.put(JOB, large()), answers.put(JOB, replace(large(SAVINGS), content=LARGE_TEXT + "!"))
    assert answers.whole_content(JOB, costs) == LARGE_TEXT
    assert answers.whole_content(JOB, savings) == LARGE_TEXT + "!"


def test_an_answer_is_large_from_the_first_byte_that_does_not_fit(answers: AnswerStore) -> None:
    greatest = "x" * (MAX_TEXT_BYTES - 2)
    assert not answers.put(JOB, replace(SMALL, content=greatest)).is_large
    assert answers.put(a_job(job_id="job-2"), replace(SMALL, content=greatest + "x")).is_large


@pytest.mark.parametrize("first", [SMALL, large()], ids=["small", "large"])
@pytest.mark.parametrize(
    "late",
    [
        replace(SMALL, content="It did not answer in time.", status=FAILED, timed_out=True),
        replace(large(), content=LARGE_TEXT.replace("0", "9")),
    ],
    ids=["small", "large"],
)
def test_the_first_answer_counts_whatever_an_overtaken_worker_brings(
    answers: AnswerStore, first: Answer, late: Answer
) -> None:
    stored = answers.put(JOB, first)
    assert answers.put(JOB, late) == stored
    assert answers.find(JOB) == {COST: stored}
    assert answers.whole_content(JOB, stored) == first.content


def test_the_first_text_in_the_bucket_counts_though_its_worker_died_before_it_was_an_answer(
    answers: AnswerStore, bucket: ResultsBucket
) -> None:
    bucket.put(f"jobs/job-1/{COST}.md", LARGE_TEXT)
    stored = answers.put(JOB, replace(large(), content=LARGE_TEXT.replace("0", "9")))
    assert stored == replace(large(), content=first_part(LARGE_TEXT), is_large=True)
    assert answers.whole_content(JOB, stored) == LARGE_TEXT


def test_an_answer_that_the_bucket_refuses_is_not_stored(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    s3.delete_bucket(Bucket=bucket_name)
    with pytest.raises(ClientError):
        answers.put(JOB, large())
    assert answers.find(JOB) == {}


def test_answers_go_with_their_job(answers: AnswerStore, jobs_table: Any) -> None:
    answers.put(JOB, SMALL)
    assert jobs_table.get_item(Key={"jobId": f"job-1#{COST}"})["Item"]["ttl"] == JOB.ttl


def test_what_a_batch_leaves_out_is_asked_for_again(answers: AnswerStore, jobs_table: Any) -> None:
    answers.put(JOB, SMALL)
    answers.put(JOB, LATE)
    asked = []

    def leave_out_all_but_one(parsed: dict[str, Any], **_event: Any) -> None:
        items = parsed["Responses"][jobs_table.name]
        asked.append(len(items))
        left_out = [{"jobId": item["jobId"]} for item in items[1:]]
        del items[1:]
        if left_out:
            parsed["UnprocessedKeys"] = {jobs_table.name: {"Keys": left_out, "ConsistentRead": True}}

    events = jobs_table.meta.client.meta.events
    events.register_first("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    try:
        assert answers.find(JOB) == {COST: SMALL, SAVINGS: LATE}
    finally:
        events.unregister("after-call.dynamodb.BatchGetItem", leave_out_all_but_one)
    assert asked == [2, 1]


def test_a_large_response_is_kept_beside_the_answers(answers: AnswerStore, s3: Any, bucket_name: str) -> None:
    answers.put_response(JOB, LARGE_TEXT)
    assert "jobs/job-1/response.md" in answers.link_to_response(JOB)
    kept = s3.get_object(Bucket=bucket_name, Key="jobs/job-1/response.md")["Body"].read().decode()
    assert kept == LARGE_TEXT
