from typing import Any

import pytest
from botocore.exceptions import ClientError

from finops_websocket.results_bucket import ResultsBucket


def test_a_text_comes_back_as_it_was(bucket: ResultsBucket) -> None:
    text = "# Überblick\n\n😀 \x00 日本"
    bucket.put("jobs/1/agent.md", text)
    bucket.put("jobs/1/agent.md", text)
    assert bucket.get("jobs/1/agent.md") == text


def test_a_browser_is_told_that_it_is_markdown_in_utf_8(bucket: ResultsBucket, s3: Any, bucket_name: str) -> None:
    bucket.put("jobs/1/agent.md", "text")
    assert s3.head_object(Bucket=bucket_name, Key="jobs/1/agent.md")["ContentType"] == "text/markdown; charset=utf-8"


def test_a_text_that_is_not_there_is_an_error(bucket: ResultsBucket) -> None:
    with pytest.raises(ClientError):
        bucket.get("jobs/1/agent.md")


def test_a_link_is_to_that_text_alone_and_for_an_hour(bucket: ResultsBucket, bucket_name: str) -> None:
    link = bucket.link("jobs/1/agent.md")
    assert bucket_name in link
    assert "/jobs/1/agent.md?" in link
    assert "X-Amz-Expires=3600" in link
