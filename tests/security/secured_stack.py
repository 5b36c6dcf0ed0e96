"""The stack that is attacked: low limits, one origin, tokens of a real pool, or of one whose private key a test has."""

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import websockets

from local_cloud.conversation import Conversation
from local_cloud.journey_stack import JourneyStack
from local_cloud.running_cloud import LocalCloud

PROJECT = "attacked"
ORIGIN = "https://app.example.com"
CONNECTIONS, ACTIVE_JOBS, QUERIES_A_MINUTE = 3, 3, 6
# Seconds, more than an attack takes: a held answer does not time out, and a job cancelled at work counts all the while.
AGENT_TIMEOUT = 50


class SecuredStack(JourneyStack):
    """The deployed stack, and who attacks it."""

    agents: ClassVar = {"cost": f"{PROJECT}-cost-agent", "advisor": f"{PROJECT}-advisor-agent"}

    def __init__(self, cloud: LocalCloud, packages: Path, directory: Path) -> None:
        super().__init__(
            cloud,
            packages,
            directory,
            "--parameter", f"AllowedOrigins={ORIGIN},https://other.example.com:8443",
            "--parameter", "MissingOrigin=refuse",
            "--parameter", f"MaxConnectionsPerUser={CONNECTIONS}",
            "--parameter", f"MaxActiveJobsPerUser={ACTIVE_JOBS}",
            "--parameter", f"MaxQueriesPerMinute={QUERIES_A_MINUTE}",
            "--parameter", f"AgentTimeoutSeconds={AGENT_TIMEOUT}",
            project=PROJECT,
        )  # fmt: skip
        self._lambda = cloud.client("lambda")
        self._tables = cloud.client("dynamodb")
        self._logs = cloud.client("logs")
        self._hostile_answer = directory / "hostile.md"

    @asynccontextmanager
    async def connection(self, **headers: Any) -> AsyncIterator[Conversation]:
        """A connection from the allowed page, unless `origin` or other arguments of the handshake say otherwise."""
        async with websockets.connect(self.url, max_size=None, **{"origin": ORIGIN, **headers}) as connection:
            yield Conversation(connection)

    @asynccontextmanager
    async def signed_in(self, username: str | None = None) -> AsyncIterator[Conversation]:
        """A connection of a user, by default of one that nobody else is."""
        async with self.connection() as client:
            await client.sign_in(self.token(username or self.somebody()))
            yield client

    def somebody(self) -> str:
        """A new user's name."""
        return f"user-{uuid.uuid4()}"

    def connection_rows(self) -> set[str]:
        """The ids of all connections that are noted."""
        rows = self._tables.scan(TableName=self.outputs["ConnectionsTableName"], ConsistentRead=True)["Items"]
        # A user's slots have a row of their own, which outlives its connections.
        return {row["connectionId"]["S"] for row in rows if not row["connectionId"]["S"].startswith("user#")}

    def change_connection(self, connection_id: str, **numbers: int) -> None:
        """Set numbers in a connection's row, as time does."""
        for name, number in numbers.items():
            self._tables.update_item(
                TableName=self.outputs["ConnectionsTableName"],
                Key={"connectionId": {"S": connection_id}},
                UpdateExpression="SET #name = :number",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":number": {"N": str(number)}},
            )

    def hostile_answer(self, text: str) -> None:
        """Set what an agent answers to a question with `=hostile`."""
        self._hostile_answer.write_text(text, encoding="utf-8")

    def log_lines(self, function: str) -> list[str]:
        """All that a function has logged, as far as the local cloud keeps it: nothing of what a WebSocket invokes."""
        pages = self._logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{self.project}-{function}"
        )
        return [event["message"] for page in pages for event in page["events"]]

    @contextmanager
    def with_environment(self, function: str, **variables: str) -> Iterator[None]:
        """Change a function's environment; its workers start anew."""
        name = f"{self.project}-{function}"
        own = self._lambda.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        self._set_environment(name, {**own, **variables})
        try:
            yield
        finally:
            self._set_environment(name, own)

    def _set_environment(self, name: str, variables: dict[str, str]) -> None:
        self._lambda.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
