import gzip

import boto3
import pytest
from moto import mock_aws

from sample_agents.cost_source import CostSource, read_s3
from sample_agents.errors import CostDataError
from sample_agents.settings import S3Object, Settings

EXPORT = S3Object("costs", "all.csv")


class RecordingReader:
    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    def __call__(self, source):
        self.asked.append(source)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_shipped_data_without_reading_s3():
    reader = RecordingReader()
    assert CostSource(Settings(None), reader).costs().rows > 10_000
    assert reader.asked == []


def test_export_is_read_once(export):
    reader = RecordingReader(gzip.compress(export([{}, {}])))
    source = CostSource(Settings(EXPORT), reader)
    assert source.costs() is source.costs()
    assert source.costs().rows == 2
    assert reader.asked == [EXPORT]


def test_failure_is_not_kept(export):
    reader = RecordingReader(CostDataError("no"), export([{}]))
    source = CostSource(Settings(EXPORT), reader)
    with pytest.raises(CostDataError):
        source.costs()
    assert source.costs().rows == 1


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="costs")
        yield client


def test_reads_the_object(s3):
    s3.put_object(Bucket="costs", Key="all.csv", Body=b"bytes")
    assert read_s3(EXPORT) == b"bytes"


def test_missing_object_is_one_sentence_without_its_address(s3):
    with pytest.raises(CostDataError, match="NoSuchKey") as caught:
        read_s3(S3Object("costs", "secret-name.csv"))
    assert "secret-name" not in str(caught.value)
