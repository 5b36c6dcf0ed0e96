from datetime import UTC, datetime, timedelta

import pytest

from finops_operations.health_checks.check import Finding, State
from finops_operations.health_checks.queues import look_at_dead_letter_queue, look_at_processing_queue
from finops_operations.health_checks.remedies import Remedies
from unit.finops_operations.sample_stack import sample_stack
from unit.finops_operations.stubbed_service import StubbedService

NOW = datetime.now(UTC)


def queue(waiting: int, in_flight: int, delayed: int = 0) -> StubbedService:
    sqs = StubbedService("sqs")
    attributes = {
        "ApproximateNumberOfMessages": str(waiting),
        "ApproximateNumberOfMessagesNotVisible": str(in_flight),
        "ApproximateNumberOfMessagesDelayed": str(delayed),
    }
    sqs.answers("get_queue_attributes", {"Attributes": attributes})
    return sqs


def no_queue() -> StubbedService:
    sqs = StubbedService("sqs")
    sqs.refuses("get_queue_attributes", "QueueDoesNotExist")
    return sqs


def look(sqs: StubbedService, *ages: float, **parameters: str) -> Finding:
    """Ages of the oldest message in the minutes before this one, the latest first."""
    cloudwatch = StubbedService("cloudwatch")
    points = [{"Timestamp": NOW - timedelta(minutes=before), "Maximum": age} for before, age in enumerate(ages)]
    cloudwatch.answers("get_metric_statistics", {"Datapoints": points})
    return look_at_processing_queue(sqs.client, cloudwatch.client, Remedies(sample_stack(**parameters), "eu-west-1"))


def test_an_empty_queue_has_no_age() -> None:
    assert look(queue(0, 0), 9000).found == "0 waiting, 0 in flight."


def test_no_data_is_no_trouble() -> None:
    assert look(queue(5, 2)) == Finding(State.OK, "5 waiting, 2 in flight.")


@pytest.mark.parametrize(
    ("age", "agent_timeout", "state"),
    [
        (600, "300", State.OK),
        (601, "300", State.RED),
        (1600, "840", State.OK),
        (1700, "840", State.RED),
        (20, "4", State.OK),
        (20, "4.0", State.OK),
    ],
)
def test_jobs_may_wait_but_not_for_long(age: float, agent_timeout: str, state: State) -> None:
    finding = look(queue(100, 10), age, AgentTimeoutSeconds=agent_timeout)
    assert finding.state is state
    assert f"the oldest for {age} s" in finding.found


def test_the_latest_age_counts() -> None:
    assert look(queue(1, 0), 10, 9000).state is State.OK
    assert look(queue(0, 0, delayed=1), 9000, 10).state is State.RED


def test_a_queue_that_is_gone() -> None:
    assert look(no_queue()).state is State.RED


@pytest.mark.parametrize(("waiting", "in_flight", "delayed"), [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_any_dead_letter_is_red(waiting: int, in_flight: int, delayed: int) -> None:
    sqs = queue(waiting, in_flight, delayed)
    finding = look_at_dead_letter_queue(sqs.client, Remedies(sample_stack(), "eu-west-1"))
    assert (finding.state, finding.found) == (State.RED, "1 failed for good.")
    assert finding.remedy.startswith("ops/dead_letters.sh list ")


def test_no_dead_letters() -> None:
    remedies = Remedies(sample_stack(), "eu-west-1")
    assert look_at_dead_letter_queue(queue(0, 0).client, remedies).state is State.OK
    assert look_at_dead_letter_queue(no_queue().client, remedies).state is State.RED
