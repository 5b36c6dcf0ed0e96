import pytest

from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.queue_mappings import look_at_mapping
from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

UUID = "dde02900-070c-4d28-bd97-9412fcb8a88c"
ARN = "arn:aws:sqs:eu-west-1:111122223333:finops-processing-queue"


OURS = "finops-background-processor"


def mapping(state: str, function: str = OURS, **more: str) -> dict[str, str]:
    arn = f"arn:aws:lambda:eu-west-1:111122223333:function:{function}"
    return {"UUID": UUID, "State": state, "FunctionArn": arn, **more}


def look(*mappings: dict[str, str]) -> Finding:
    """The first mapping is on a page of its own."""
    sqs, functions = StubbedService("sqs"), StubbedService("lambda")
    sqs.answers("get_queue_attributes", {"Attributes": {"QueueArn": ARN}})
    asked = {"EventSourceArn": ARN}
    first = {"EventSourceMappings": list(mappings[:1]), "NextMarker": "more"}
    functions.answers("list_event_source_mappings", first, asked)
    rest = {"EventSourceMappings": list(mappings[1:])}
    functions.answers("list_event_source_mappings", rest, asked | {"Marker": "more"})
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
    assert look(mapping(state)).state is expected


def test_a_disabled_mapping_is_enabled_again() -> None:
    assert look(mapping("Disabled")).remedy == (
        f"aws lambda update-event-source-mapping --uuid {UUID} --enabled --region eu-west-1"
    )


@pytest.mark.parametrize("others_first", [True, False])
@pytest.mark.parametrize("state", ["Enabled", "Enabling", "Disabling"])
def test_another_function_that_takes_messages_is_red(state: str, others_first: bool) -> None:
    both = [mapping("Enabled"), mapping(state, "finops-background-processor-test")]
    finding = look(*reversed(both) if others_first else both)
    assert finding.state is State.RED
    assert finding.found == "finops-background-processor-test takes messages of finops-processing-queue."
    assert finding.remedy.endswith(f"--uuid {UUID} --no-enabled --region eu-west-1")


@pytest.mark.parametrize("state", ["Disabled", "Deleting"])
def test_another_mapping_at_rest_takes_nothing_and_does_not_count_as_ours(state: str) -> None:
    assert look(mapping(state, "other"), mapping("Enabled", f"{OURS}:live")).state is State.OK
    gone = look(mapping(state, "other"))
    assert (gone.state, gone.found) == (State.RED, f"{OURS} does not read finops-processing-queue.")
    assert "REVERT_DRIFT" in gone.remedy


def test_what_went_wrong_last_is_a_warning() -> None:
    finding = look(mapping("Enabled", LastProcessingResult="PROBLEM: Function call failed"))
    assert (finding.state, finding.found) == (State.WARNING, "Enabled, but PROBLEM: Function call failed")
    assert "filter-log-events" in finding.remedy
    assert look(mapping("Enabled", LastProcessingResult="No records processed")).state is State.OK


def test_a_mapping_that_is_gone() -> None:
    assert look().state is State.RED


def test_a_queue_that_is_gone_is_said_elsewhere() -> None:
    sqs = StubbedService("sqs")
    sqs.refuses("get_queue_attributes", "QueueDoesNotExist")
    remedies = Remedies(sample_stack(), "eu-west-1")
    finding = look_at_mapping(sqs.client, StubbedService("lambda").client, remedies, "ProcessingQueueUrl")
    assert finding.state is State.SKIPPED
