"""One invocation of one agent."""

import json
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from background_processor.agent_answer import content_of
from finops_websocket.errors import AgentFailed, AgentTimedOut

if TYPE_CHECKING:
    from types_boto3_lambda.client import LambdaClient

logger = Logger(child=True)


class AgentInvoker:
    """Invokes agents, each once: they may cost money or act, so a lost answer is no reason to ask again."""

    def __init__(self, lambda_client: "LambdaClient") -> None:
        """Keep the client, which must neither wait too briefly nor try again (see aws_clients.agent_invoker)."""
        self._lambda_client = lambda_client

    def invoke(self, agent: str, query: str, job_id: str) -> str:
        """Ask an agent and give its markdown; raise AgentFailed or AgentTimedOut. Runs in a thread of its own."""
        try:
            response = self._lambda_client.invoke(
                FunctionName=agent, Payload=json.dumps({"query": query, "jobId": job_id}).encode()
            )
            payload = response["Payload"].read()
        except ReadTimeoutError:
            raise AgentTimedOut("It did not answer in time.") from None
        except (ClientError, BotoCoreError) as error:
            logger.warning("An agent could not be reached.", agent=agent, errorType=type(error).__name__)
            raise AgentFailed("It could not be reached.") from None
        # A function's crash comes back with status 200, and in its payload an error that is not for clients.
        # https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
        if "FunctionError" in response:
            logger.warning("An agent crashed.", agent=agent, functionError=response["FunctionError"])
            raise AgentFailed("It stopped with an error.")
        return content_of(payload)
