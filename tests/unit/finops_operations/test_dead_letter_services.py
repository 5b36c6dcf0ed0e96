from typing import Any

import boto3
import pytest

from finops_operations.dead_letter_services import DeadLetterServices
from unit.finops_operations.lettered_stack import LetteredStack
from unit.finops_operations.sample_dead_letters import a_dead_job
from unit.finops_websocket.submitting_job_store import SubmittingJobStore


class StackSession(boto3.Session):
    """A session in which CloudFormation has one stack, and Lambda keeps what it is asked."""

    def __init__(self, outputs: dict[str, str]) -> None:
        super().__init__(region_name="us-east-1")
        self._outputs = outputs
        self.functions: list[str] = []

    def client(self, service: str, *arguments: Any, **options: Any) -> Any:
        if service in {"cloudformation", "lambda"}:
            return self
        return super().client(service, *arguments, **options)  # type: ignore[call-overload]

    def describe_stacks(self, *, StackName: str) -> Any:  # noqa: N803 - boto3's names
        return {
            "Stacks": [
                {
                    "StackStatus": "CREATE_COMPLETE",
                    "Parameters": [{"ParameterKey": "ProjectName", "ParameterValue": "project"}],
                    "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in self._outputs.items()],
                }
            ]
        }

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803 - boto3's names
        self.functions.append(FunctionName)
        raise KeyboardInterrupt

    def list_event_source_mappings(self, *, EventSourceArn: str, FunctionName: str) -> Any:  # noqa: N803 - boto3's names
        self.functions += [FunctionName, EventSourceArn]
        raise KeyboardInterrupt


def test_each_is_of_the_stack(sqs: Any, jobs_table: Any, jobs: SubmittingJobStore) -> None:
    stack = LetteredStack(sqs, jobs_table)
    session = StackSession(
        {
            "ProcessingDeadLetterQueueUrl": stack.dead_letters,
            "ProcessingQueueUrl": stack.processing,
            "JobsTableName": jobs_table.name,
        }
    )
    services = DeadLetterServices.of_stack(session, "stack")
    assert not services.is_open
    jobs.store(a_dead_job(ttl=2**40))
    stack.put("hello")
    assert [job.job_id for job in services.jobs.failed_for_good()] == ["job-1"]
    assert services.queue.counts().visible == 1
    services.processing_queue.send("job-1", "user-1")
    assert len(stack.bodies(stack.processing)) == 1
    for call in (lambda: services.replay("job-1"), services.reader.look):
        with pytest.raises(KeyboardInterrupt):
            call()
    assert session.functions == ["project-message-handler", "project-background-processor", services.queue.arn()]
