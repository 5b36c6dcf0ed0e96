"""What agents answered: kept with the job, the large ones in the bucket, the first one for good."""

from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from finops_websocket.jobs import answers as answers_module
from finops_websocket.jobs.answers import Answer, text_of
from finops_websocket.wire.size import MAX_TEXT_BYTES, first_part
from unit.doubles.sample_jobs import COST, SAVINGS, a_job

JOB = a_job()
SMALL = Answer(COST, "Cost analysis", "# Überblick\n\n😀 \x00 日本", answers_module.COMPLETED, 1_000_030)
LATE = Answer(SAVINGS, "Optimisation", "It did not answer in time.", answers_module.FAILED, 1_000_040, timed_out=True)
LARGE_TEXT = "# Überblick\n" + "0123456789\n" * 12_000
LARGE = replace(SMALL, content=LARGE_TEXT)
OTHER_TEXT = LARGE_TEXT.replace("0", "9")
KEY = f"jobs/job-1/{COST}.md"
SIZES = ["small", "large"]


@pytest.fixture
def kept(s3, bucket_name):
    """Reads the text under a key of the bucket."""
    return lambda key: s3.get_object(Bucket=bucket_name, Key=key)["Body"].read().decode()


def test_answers_are_found_by_agent_and_go_with_their_job(answers, s3, bucket_name):
    assert answers.find(JOB) == {}
    for answer in (SMALL, LATE, SMALL):
        assert answers.put(JOB, answer) == answer
    answers.put(a_job(job_id="job-2", ttl=3_000_000), LATE)
    assert answers.find(JOB) == {COST: SMALL, SAVINGS: LATE}
    assert answers.with_whole_content(JOB, SMALL) == SMALL
    assert [int(item["ttl"]) for item in answers._table.scan()["Items"]] == [JOB.ttl, JOB.ttl, 3_000_000]
    # A small answer needs no bucket.
    assert s3.list_objects_v2(Bucket=bucket_name)["KeyCount"] == 0


def test_an_answer_is_large_from_the_first_byte_that_does_not_fit(answers):
    greatest = "x" * (MAX_TEXT_BYTES - 2)
    assert not answers.put(JOB, replace(SMALL, content=greatest)).is_large
    assert answers.put(a_job(job_id="job-2"), replace(SMALL, content=greatest + "x")).is_large


@pytest.mark.parametrize("first", [SMALL, LARGE], ids=SIZES)
@pytest.mark.parametrize("late", [replace(LATE, agent=COST), replace(LARGE, content=OTHER_TEXT)], ids=SIZES)
def test_the_first_answer_counts_whatever_an_overtaken_worker_brings(answers, first, late):
    stored = answers.put(JOB, first)
    assert answers.put(JOB, late) == stored
    assert answers.find(JOB) == {COST: stored}
    assert answers.with_whole_content(JOB, stored).content == first.content


def test_the_first_text_in_the_bucket_counts_though_its_worker_died_before_it_was_an_answer(answers, s3, bucket_name):
    s3.put_object(Bucket=bucket_name, Key=KEY, Body=LARGE_TEXT.encode())
    stored = answers.put(JOB, replace(LARGE, content=OTHER_TEXT))
    assert stored == replace(LARGE, content=first_part(LARGE_TEXT), is_large=True)
    assert answers.with_whole_content(JOB, stored).content == LARGE_TEXT


def test_an_answer_that_the_bucket_refuses_is_not_stored(answers, s3, bucket_name):
    s3.delete_bucket(Bucket=bucket_name)
    with pytest.raises(ClientError):
        answers.put(JOB, LARGE)
    assert answers.find(JOB) == {}


@pytest.mark.parametrize("answer", [SMALL, LARGE], ids=SIZES)
def test_a_link_is_to_the_whole_of_that_text_alone_and_for_an_hour(answers, kept, s3, bucket_name, answer):
    stored = answers.put(JOB, answer)
    for _ in range(2):
        link = answers.link(text_of(JOB, stored))
    assert bucket_name in link
    assert f"/{KEY}?" in link
    assert "X-Amz-Expires=3600" in link
    assert kept(KEY) == answer.content
    # A browser is told that it is markdown in UTF-8.
    assert s3.head_object(Bucket=bucket_name, Key=KEY)["ContentType"] == "text/markdown; charset=utf-8"
