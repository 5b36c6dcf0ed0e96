import pytest

from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.queue_mappings import look_at_mapping
from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

UUID = "dde02900-070c-4d28-bd97-9412fcb8a88c"
ARN = "arn:aws:sqs:eu-west-1:111122223333:finops-processing-queue"


def look(*states: str) -> Finding:
    sqs, functions = StubbedService("sqs"), StubbedService("lambda")
    sqs.answers("get_queue_attributes", {"Attributes": {"QueueArn": ARN}})
    mappings = [{"UUID": UUID, "State": state} for state in states]
    functions.answers("list_event_source_mappings", {"EventSourceMappings": mappings}, {"EventSourceArn": ARN})
    remedies = Remedies(sample_stack(), "eu-west-1")
    return look_at_mapping(sqs.client, functions.client, remedies, "ProcessingQueueUrl")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("Enabled", State.OK),
        ("Enabling", State.WARNING),
        ("Updating", State.WARNING),
        ("Disabling", State.RED),
        ("Disabled", State.RED),
        ("Deleting", State.RED),
    ],
)
def test_a_mapping(state: str, expected: State) -> None:
    assert look(state).state is expected


def test_a_disabled_mapping_is_enabled_again() -> None:
    assert look("Disabled").remedy == (
        f"aws lambda update-event-source-mapping --uuid {UUID} --enabled --region eu-west-1"
    )


def test_a_mapping_that_is_gone() -> None:
    assert look().state is State.RED


def test_a_queue_that_is_gone_is_said_elsewhere() -> None:
    sqs = StubbedService("sqs")
    sqs.refuses("get_queue_attributes", "QueueDoesNotExist")
    remedies = Remedies(sample_stack(), "eu-west-1")
    finding = look_at_mapping(sqs.client, StubbedService("lambda").client, remedies, "ProcessingQueueUrl")
    assert finding.state is State.SKIPPED
