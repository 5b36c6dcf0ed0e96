"""The table of jobs: one job read, and one job changed under a condition."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import ConditionBase

from finops_websocket.aws_clock import AwsClock
from finops_websocket.job import Job
from finops_websocket.update_expression import update_arguments

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


class JobTable:
    """Reads and changes single jobs. Its calls raise botocore's ClientError when DynamoDB refuses."""

    def __init__(self, table: "Table", clock: Callable[[], float] | None = None) -> None:
        """Keep the table; `clock` tells the time in epoch seconds, by default as DynamoDB itself has it."""
        self.table = table
        if clock is None:
            clock = AwsClock()
            clock.read_replies_of(table.meta.client)
        self._clock = clock

    def now(self) -> int:
        """Tell the time in epoch seconds."""
        return int(self._clock())

    def find(self, job_id: str) -> Job | None:
        """Read a job; None if there is none or its time has run out."""
        item = self.table.get_item(Key={"jobId": job_id}, ConsistentRead=True).get("Item")
        # Answers and notes of requestIds live in the same table; only a job has a user.
        if item is None or "userId" not in item or int(str(item["ttl"])) <= self.now():
            return None
        return Job.from_item(item)

    def step(
        self, job_id: str, condition: ConditionBase, assignments: dict[str, Any], counter: str | None = None
    ) -> Job | None:
        """Change what a job's followers see: raises seq, and the given counter. Gives what `update` does."""
        raised = {"seq": 1} if counter is None else {"seq": 1, counter: 1}
        return self.update(job_id, condition, {**assignments, "updatedAt": self.now()}, raised)

    def update(
        self,
        job_id: str,
        condition: ConditionBase,
        assign: dict[str, Any] | None = None,
        add: dict[str, Any] | None = None,
        delete: dict[str, Any] | None = None,
        remove: tuple[str, ...] = (),
    ) -> Job | None:
        """Change a job and give it as it now is; None if the condition does not hold."""
        try:
            changed = self.table.update_item(
                Key={"jobId": job_id},
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                **update_arguments(assign, add, delete, remove=remove),
            )
        except self.table.meta.client.exceptions.ConditionalCheckFailedException:
            return None
        return Job.from_item(changed["Attributes"])
