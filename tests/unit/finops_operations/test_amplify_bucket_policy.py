import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from finops_operations.amplify_bucket_policy import allows_amplify, may_read

AMPLIFY = {"Service": "amplify.amazonaws.com"}


@pytest.mark.parametrize(
    ("statement", "allows"),
    [
        ({"Effect": "Allow", "Principal": AMPLIFY, "Action": "s3:GetObject"}, True),
        ([{"Effect": "Allow", "Principal": {"Service": ["s3.amazonaws.com", "amplify.amazonaws.com"]}}], True),
        ([{"Effect": "Allow", "Principal": "*"}], True),
        ([{"Effect": "Deny", "Principal": AMPLIFY}], False),
        ([{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}}], False),
        ([], False),
    ],
)
def test_statement_for_amplify_is_found(statement: Any, allows: bool) -> None:
    assert allows_amplify(json.dumps({"Version": "2012-10-17", "Statement": statement})) is allows


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Statement", "Effect", "Principal", "Service"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.text() | json_values.map(json.dumps))
def test_any_policy_has_an_answer(policy: str) -> None:
    assert allows_amplify(policy) in {True, False}


@pytest.fixture
def s3() -> Iterator[Any]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="packages")
        yield client


def test_bucket_without_a_policy_cannot_be_read(s3: Any) -> None:
    assert not may_read(s3, "packages")


def test_bucket_with_the_policy_can_be_read(s3: Any) -> None:
    s3.put_bucket_policy(
        Bucket="packages", Policy=json.dumps({"Statement": [{"Effect": "Allow", "Principal": AMPLIFY}]})
    )

    assert may_read(s3, "packages")
