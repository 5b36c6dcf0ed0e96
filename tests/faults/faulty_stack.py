"""The stack that faults are injected into: its functions call AWS through the fault proxy, and are in a hurry."""

import re
import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import jwt

from faults.aws_call import plain_item
from faults.clients import Person
from faults.fault import Fault
from faults.fault_proxy import PROCESSOR, FaultProxy
from faults.history import CLOCK, EXPIRY, FOREIGN_BODY, Crashed, History, Invoked, Stored
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import LocalCloud, until

PROJECT = "faults"
COST_AGENT = "faults-cost-agent"
ADVISOR = "faults-advisor-agent"
FUNCTIONS = ("-connection-manager", "-message-handler", PROCESSOR)
# In seconds, the least that the template takes: what is two minutes on AWS is five seconds here.
LEASE = 3
# Long enough for agents that start anew on a machine that is short of time.
AGENT_TIMEOUT = 12
# How long nobody may have a job before it counts as stuck: longer than a crash's recovery, as on AWS.
STUCK_JOB = 6
UNFINISHED = ("queued", "processing")


class FaultyStack(JourneyStack):
    """The deployed stack, the proxy in front of its services, and what a run of it leaves behind."""

    agents: ClassVar = {"cost": COST_AGENT, "advisor": ADVISOR}

    def __init__(self, cloud: LocalCloud, packages: Path, directory: Path) -> None:
        super().__init__(
            cloud,
            packages,
            directory,
            "--parameter", f"AgentTimeoutSeconds={AGENT_TIMEOUT}",
            "--parameter", f"LeaseSeconds={LEASE}",
            "--parameter", f"StuckJobSeconds={STUCK_JOB}",
            project=PROJECT,
        )  # fmt: skip
        self.proxy = FaultProxy(cloud)
        self._lambda = cloud.client("lambda")
        self._queues = cloud.client("sqs")
        self._tables = cloud.client("dynamodb")
        self._logs = cloud.client("logs")
        self._begin = time.time()
        self._foreign_bodies: list[str] = []
        self._clocks = directory / "clocks"
        self._set_environment()

    def _set_environment(self) -> None:
        """Point the functions at the proxy, and have their processes tell which they are and look for wrong clocks."""
        ours = {f"AWS_ENDPOINT_URL_{service}": self.proxy.url for service in ("DYNAMODB", "SQS", "LAMBDA", "S3")}
        ours["MANAGEMENT_ENDPOINT"] = f"{self.proxy.url}/_aws/execute-api/{self.outputs['WebSocketApiId']}/prod"
        ours |= {"PYTHONPATH": str(Path(__file__).with_name("function_process")), "CLOCKS": str(self._clocks)}
        for function in FUNCTIONS:
            name = self.project + function
            own = self._lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
            self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": {**own, **ours}})

    def begin(self, faults: Iterable[Fault] = (), seed: int = 0) -> None:
        """Begin a new history, and inject these faults from now on; the same seed throws the same dice."""
        self.proxy.history = History()
        self._begin = time.time()
        self._record.write_text("", encoding="utf-8")
        if self._foreign_bodies:
            self._queues.purge_queue(QueueUrl=self.outputs["ProcessingDeadLetterQueueUrl"])
            self._foreign_bodies.clear()
        self.proxy.inject(faults, seed)

    def finish(self) -> History:
        """Inject nothing any more, wait until all is quiet, and give the history with all that is known at its end."""
        self.proxy.heal()
        self.settle()
        # What an end's last message could not bring about is the sweep's.
        self.sweep()
        self.settle()
        self._complete(self.proxy.history)
        assert self.proxy.failures == []
        return self.proxy.history

    @contextmanager
    def wrong_clocks(self, seconds: int) -> Iterator[None]:
        """Let the clocks of all functions' processes be off, some fast and some slow."""
        marks = self._clocks.with_name(f"clocks-{uuid.uuid4()}")
        told = marks.with_suffix(".told")
        told.write_text(f"{seconds} {marks}", encoding="utf-8")
        # At once: a process must not read half of it.
        told.rename(self._clocks)
        self.proxy.note("wrong clock", "machine", CLOCK)
        try:
            yield
            assert {mark.name for mark in marks.iterdir()} == {self.project + function for function in FUNCTIONS}
        finally:
            self._clocks.unlink()

    def person(self, name: str) -> Person:
        """A user of the stack's, signed in."""
        token = self.token(name)
        user_id = jwt.decode(token, options={"verify_signature": False})["sub"]
        return Person(name, user_id, token)

    def settle(self, seconds: float = 40) -> None:
        """Wait until no message is left in the queues, visible or not, but the bodies that are no jobs."""
        until(lambda: self._waiting("ProcessingQueueUrl") == 0, seconds)
        until(lambda: self._waiting("ProcessingDeadLetterQueueUrl") <= len(self._foreign_bodies), seconds)

    def put_foreign_body(self, body: str) -> None:
        """Put a body that is no job into the dead-letter queue."""
        self._foreign_bodies.append(body)
        self._queues.send_message(QueueUrl=self.outputs["ProcessingDeadLetterQueueUrl"], MessageBody=body)
        self.proxy.note("a body that is no job", "sqs", FOREIGN_BODY)

    def expire(self, job_id: str) -> None:
        """Delete a job's item, as TTL would."""
        self._delete(job_id)
        self.proxy.note("TTL deletes a job", "dynamodb", EXPIRY)

    def expire_answer(self, job_id: str, role: str) -> None:
        """Delete an agent's answer, as TTL would, which deletes a job's items one by one."""
        self._delete(f"{job_id}#{self.agents[role]}")

    def outlive(self, job_id: str) -> None:
        """Let a job's time run out without deleting it, as TTL does for up to two days."""
        self._tables.update_item(
            TableName=self.outputs["JobsTableName"],
            Key={"jobId": {"S": job_id}},
            UpdateExpression="SET #ttl = :past",
            ExpressionAttributeNames={"#ttl": "ttl"},
            ExpressionAttributeValues={":past": {"N": str(int(time.time()) - 3600)}},
        )

    def dead_letter_bodies(self) -> list[str]:
        """The bodies that lie in the dead-letter queue; what cannot be seen there now must be foreign ones."""
        lying = self._waiting("ProcessingDeadLetterQueueUrl")
        url = self.outputs["ProcessingDeadLetterQueueUrl"]
        found = self._queues.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
        bodies = [message["Body"] for message in found.get("Messages", [])]
        return bodies + [body for body in self._foreign_bodies if body not in bodies][: lying - len(bodies)]

    @contextmanager
    def no_delivery(self) -> Iterator[None]:
        """Let the processing queue's messages lie."""
        queue = self.outputs["ProcessingQueueUrl"].rsplit("/", 1)[1]
        mappings = self._lambda.list_event_source_mappings(FunctionName=self.project + PROCESSOR)["EventSourceMappings"]
        (mapping,) = (one for one in mappings if one["EventSourceArn"].endswith(f":{queue}"))
        self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        try:
            yield
        finally:
            self._lambda.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)

    def lose_messages(self) -> int:
        """Empty the processing queue, and tell how many messages were lost."""
        lost = self._waiting("ProcessingQueueUrl")
        self._queues.purge_queue(QueueUrl=self.outputs["ProcessingQueueUrl"])
        return lost

    def sweep_until_all_end(self, job_ids: list[str]) -> None:
        """Sweep as the schedule does, only more often, until these jobs have ended."""

        def all_have_ended() -> bool:
            self.sweep()
            return all(self.stored_job(job_id)["status"]["S"] not in UNFINISHED for job_id in job_ids)

        until(all_have_ended, every=0.5)

    def _delete(self, key: str) -> None:
        self._tables.delete_item(TableName=self.outputs["JobsTableName"], Key={"jobId": {"S": key}})

    def _complete(self, history: History) -> None:
        stored = [event.item for event in history.events if isinstance(event, Stored)]
        jobs = {item["jobId"] for item in stored}
        for invocation in self.all_invocations():
            if invocation["jobId"] in jobs:
                history.add(Invoked(invocation["at"], self.agents[invocation["role"]], invocation["jobId"]))
        holders = {item["leaseOwner"]: item["jobId"] for item in stored if "leaseOwner" in item}
        for request_id, at in self._failed_invocations(self._begin):
            if request_id in holders:
                history.add(Crashed(at, holders[request_id]))
        for page in self._tables.get_paginator("scan").paginate(TableName=self.outputs["JobsTableName"]):
            history.final_items.update(
                {item["jobId"]: item for item in map(plain_item, page["Items"]) if item["jobId"] in jobs}
            )
        history.dead_letters = self.dead_letter_bodies() + [
            item["deadLetter"]["body"] for item in history.final_items.values() if "deadLetter" in item
        ]
        history.events.sort(key=lambda event: event.at)

    def _failed_invocations(self, since: float) -> Iterator[tuple[str, float]]:
        """The processor's invocations that ended in an exception: their request ids, and when."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self.project}{PROCESSOR}", startTime=int(since * 1000)
        )
        requests: dict[str, str] = {}
        for event in (event for page in pages for event in page["events"]):
            if start := re.match(r"START RequestId: (\S+)", event["message"]):
                requests[event["logStreamName"]] = start[1]
            elif event["message"].startswith("Traceback"):
                yield requests[event["logStreamName"]], event["timestamp"] / 1000

    def _waiting(self, queue: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self._queues.get_queue_attributes(QueueUrl=self.outputs[queue], AttributeNames=names)["Attributes"]
        return sum(int(counts[name]) for name in names)
