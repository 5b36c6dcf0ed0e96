"""The stack that the journeys go through: deployed by deploy.sh, with agents that do what the question says."""

import io
import json
import subprocess
import time
import uuid
import zipfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar

from boto3.dynamodb.types import TypeSerializer

from local_cloud.conversation import Conversation, conversation
from local_cloud.running_cloud import ROOT, LocalCloud

PROJECT = "journeys"
BUCKET = "journeys-packages"
COST_AGENT = "journeys-cost-agent"
ADVISOR = "journeys-advisor-agent"
# Seconds: long enough for a busy machine, and short enough to wait for.
AGENT_TIMEOUT = 8
PASSWORD = "SecurePassword123!"


class JourneyStack:
    """The deployed stack and its agents."""

    agents: ClassVar = {"cost": COST_AGENT, "advisor": ADVISOR}
    """The agents' functions by their roles."""

    def __init__(
        self, cloud: LocalCloud, packages: Path, directory: Path, *options: str, project: str = PROJECT
    ) -> None:
        self.cloud = cloud
        self.project = project
        self._record = directory / "invocations"
        self._record.touch()
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        self._agents_role = cloud.client("iam").create_role(
            RoleName=f"{project}-agents",
            # The local cloud asks nobody whether a function may take on its role.
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
        )["Role"]["Arn"]
        for role in self.agents:
            self.make_agent(role)
        deployed = subprocess.run(
            [
                ROOT / "deploy.sh",
                "--stack-name", project,
                "--project-name", project,
                "--bucket", BUCKET,
                "--packages-dir", packages,
                "--cost-forecast-function", self.agents["cost"],
                "--trusted-advisor-function", self.agents["advisor"],
                "--parameter", f"AgentTimeoutSeconds={AGENT_TIMEOUT}",
                "--parameter", "HeartbeatSeconds=1",
                # The journeys' users ask, and connect, more than people do.
                "--parameter", "MaxQueriesPerMinute=120",
                "--parameter", "MaxConnectionsPerUser=50",
                "--parameter", "MaxActiveJobsPerUser=50",
                *options,
            ],
            env=cloud.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )  # fmt: skip
        (directory / "deploy.log").write_text(deployed.stdout + deployed.stderr, encoding="utf-8")
        assert deployed.returncode == 0, deployed.stderr
        cloud.quiet_alarms(project)
        self.outputs = {
            output["OutputKey"]: output["OutputValue"]
            for output in cloud.client("cloudformation").describe_stacks(StackName=project)["Stacks"][0]["Outputs"]
        }
        self.url = self.outputs["WebSocketApiEndpoint"]

    def token(self, username: str = "testuser", kind: str = "IdToken") -> str:
        """A real signed token of the stack's pool, for a user that is made if need be."""
        cognito = self.cloud.client("cognito-idp")
        pool = self.outputs["UserPoolId"]
        try:
            cognito.admin_create_user(UserPoolId=pool, Username=username, MessageAction="SUPPRESS")
            cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=PASSWORD, Permanent=True)
        except cognito.exceptions.UsernameExistsException:
            pass
        signed_in = cognito.initiate_auth(
            AuthFlow="USER_PASSWORD_AUTH",
            ClientId=self.outputs["UserPoolClientId"],
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
        )
        token: str = signed_in["AuthenticationResult"][kind]
        return token

    @asynccontextmanager
    async def signed_in(self, username: str = "testuser") -> AsyncIterator[Conversation]:
        """A connection on which a user has signed in."""
        async with conversation(self.url) as client:
            await client.sign_in(self.token(username))
            yield client

    def invocations(self, job_id: str) -> Counter[str]:
        """How often each agent was invoked for a job."""
        return Counter(invocation["role"] for invocation in self.all_invocations() if invocation["jobId"] == job_id)

    def all_invocations(self) -> list[dict[str, Any]]:
        """What the agents have written down when they began: their role, job, and when."""
        return [json.loads(line) for line in self._record.read_text(encoding="utf-8").splitlines()]

    def stored_job(self, job_id: str) -> dict[str, Any]:
        table = self.cloud.client("dynamodb")
        item: dict[str, Any] = table.get_item(
            TableName=self.outputs["JobsTableName"], Key={"jobId": {"S": job_id}}, ConsistentRead=True
        )["Item"]
        return item

    def store_stuck_job(self, user_id: str) -> str:
        """Stores a job as a message handler does that dies before it can queue it, a day ago."""
        job_id, yesterday = str(uuid.uuid4()), int(time.time()) - 24 * 3600
        item: dict[str, Any] = {
            "jobId": job_id,
            "userId": user_id,
            "query": "What did it cost?",
            "agents": [self.agents["cost"]],
            "status": "queued",
            "message": "Your question is queued.",
            "open": "yes",
            "completedAgents": [],
            "partial": False,
            **dict.fromkeys(("createdAt", "updatedAt", "queuedAt"), yesterday),
            **{"progress": 5, "seq": 1, "ttl": yesterday + 30 * 24 * 3600},
            **dict.fromkeys(("attempts", "leaseUntil", "requeues"), 0),
        }
        serialized = {name: TypeSerializer().serialize(value) for name, value in item.items()}
        self.cloud.client("dynamodb").put_item(TableName=self.outputs["JobsTableName"], Item=serialized)
        return job_id

    def sweep(self) -> dict[str, Any]:
        """Invokes the processor as the schedule does, which on the local cloud too takes five minutes to come round."""
        event = {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        invoked: dict[str, Any] = self.cloud.client("lambda").invoke(
            FunctionName=f"{self.project}-background-processor", Payload=json.dumps(event).encode()
        )
        return invoked

    def role_name(self, function: str) -> str:
        """The name that CloudFormation has made for a function's role."""
        logical_id = "".join(word.capitalize() for word in function.split("-")) + "Role"
        role = self.cloud.client("cloudformation").describe_stack_resource(
            StackName=self.project, LogicalResourceId=logical_id
        )
        name: str = role["StackResourceDetail"]["PhysicalResourceId"]
        return name

    def role_policy(self, function: str) -> dict[str, Any]:
        policy: dict[str, Any] = self.cloud.client("iam").get_role_policy(
            RoleName=self.role_name(function), PolicyName=function
        )["PolicyDocument"]
        return policy

    def put_role_policy(self, function: str, policy: dict[str, Any]) -> None:
        self.cloud.client("iam").put_role_policy(
            RoleName=self.role_name(function), PolicyName=function, PolicyDocument=json.dumps(policy)
        )

    def make_agent(self, role: str) -> None:
        """Makes an agent's function anew, which must not be there."""
        package = io.BytesIO()
        with zipfile.ZipFile(package, "w") as archive:
            archive.write(Path(__file__).with_name("scripted_agent.py"), "scripted_agent.py")
        self.cloud.client("lambda").create_function(
            FunctionName=self.agents[role],
            Runtime="python3.13",
            Handler="scripted_agent.handler",
            Role=self._agents_role,
            Timeout=60,
            Code={"ZipFile": package.getvalue()},
            Environment={"Variables": {"ROLE": role, "RECORD": str(self._record)}},
        )
