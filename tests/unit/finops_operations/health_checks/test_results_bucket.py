import pytest
from botocore.exceptions import ClientError

from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.results_bucket import look_at_bucket
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

REMEDIES = Remedies(sample_stack(), "eu-west-1")


def test_a_bucket() -> None:
    s3 = StubbedService("s3")
    s3.answers("head_bucket", {}, {"Bucket": "finops-results"})
    assert look_at_bucket(s3.client, REMEDIES) == Finding(State.OK, "finops-results")


def test_a_bucket_that_is_gone() -> None:
    s3 = StubbedService("s3")
    s3.refuses("head_bucket", "404", "Not Found", 404)
    assert look_at_bucket(s3.client, REMEDIES).state is State.RED


def test_another_error_is_the_callers() -> None:
    s3 = StubbedService("s3")
    s3.refuses("head_bucket", "403", "Forbidden", 403)
    with pytest.raises(ClientError):
        look_at_bucket(s3.client, REMEDIES)
