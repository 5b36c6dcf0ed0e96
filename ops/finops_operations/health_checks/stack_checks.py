"""All checks of a stack, in the order in which they are shown: on a message's way, then what watches it."""

from __future__ import annotations

from functools import partial

from finops_operations.deployed_stack import DeployedStack
from finops_operations.health_checks.alarms import look_at_alarms
from finops_operations.health_checks.api_stage import look_at_stage
from finops_operations.health_checks.aws_clients import AwsClients
from finops_operations.health_checks.check import Check, skipped
from finops_operations.health_checks.conversation import fault_of_message_handler, look_at_round_trip
from finops_operations.health_checks.function_probe import DISCONNECT, DISCONNECTED, NO_FAILURES, NO_MESSAGES, fault_of
from finops_operations.health_checks.lambda_functions import look_at_agent, look_at_function
from finops_operations.health_checks.queue_mappings import look_at_mapping
from finops_operations.health_checks.queues import look_at_dead_letter_queue, look_at_processing_queue
from finops_operations.health_checks.remedies import Remedies
from finops_operations.health_checks.results_bucket import look_at_bucket
from finops_operations.health_checks.stack_status import look_at_monitoring, look_at_stack
from finops_operations.health_checks.sweep_rule import look_at_sweep
from finops_operations.health_checks.tables import look_at_table

STACK = "stack"
STAGE = "API stage"
CONNECTIONS = "connections table"
MANAGER = "connection-manager"
ROUND_TRIP = "WebSocket round trip"
HANDLER = "message-handler"
PROCESSOR = "background-processor"


def checks_of(stack: DeployedStack, clients: AwsClients, region: str) -> list[Check]:
    """The checks of this stack. One that is not there yet, or not any more, has its status and nothing to look at.

    Raises:
        OperationFailed: it is no stack of this project's.
    """
    remedies = Remedies(stack, region)
    status = Check(STACK, partial(look_at_stack, stack, remedies))
    resources = _resources(clients, remedies)
    if stack.outputs:
        return [status, *resources]
    nothing_there = partial(skipped, f"the stack has nothing in it ({stack.status}).")
    return [status, *(Check(check.name, nothing_there) for check in resources)]


def _resources(clients: AwsClients, remedies: Remedies) -> list[Check]:
    stack = remedies.stack
    disconnect = partial(fault_of, clients.lambda_, f"{stack.project}-connection-manager", DISCONNECT, DISCONNECTED)
    no_messages = partial(fault_of, clients.lambda_, f"{stack.project}-background-processor", NO_MESSAGES, NO_FAILURES)
    function = partial(look_at_function, clients.lambda_, clients.s3, remedies)
    agent = partial(look_at_agent, clients.lambda_, remedies)
    table = partial(look_at_table, clients.dynamodb, remedies)
    mapping = partial(look_at_mapping, clients.sqs, clients.lambda_, remedies)
    return [
        Check(STAGE, partial(look_at_stage, clients.apigateway, remedies)),
        Check(CONNECTIONS, partial(table, "ConnectionsTableName")),
        Check(MANAGER, partial(function, MANAGER, "ConnectionManagerKey", disconnect), needs=(CONNECTIONS,)),
        Check(
            HANDLER,
            partial(function, HANDLER, "MessageHandlerKey", partial(fault_of_message_handler, remedies)),
            needs=(STAGE, CONNECTIONS, MANAGER),
        ),
        # What it goes through is named above if it is broken; here that would only be said again.
        Check(ROUND_TRIP, partial(look_at_round_trip, remedies), needs=(STAGE, CONNECTIONS, MANAGER, HANDLER)),
        Check("jobs table", partial(table, "JobsTableName")),
        Check("processing queue", partial(look_at_processing_queue, clients.sqs, clients.cloudwatch, remedies)),
        Check("processing mapping", partial(mapping, "ProcessingQueueUrl")),
        Check(PROCESSOR, partial(function, PROCESSOR, "BackgroundProcessorKey", no_messages)),
        Check("cost forecast agent", partial(agent, "CostForecastFunctionName", "--cost-forecast-function")),
        Check("trusted advisor agent", partial(agent, "TrustedAdvisorFunctionName", "--trusted-advisor-function")),
        Check("results bucket", partial(look_at_bucket, clients.s3, remedies)),
        Check("dead-letter queue", partial(look_at_dead_letter_queue, clients.sqs, remedies)),
        Check("dead-letter mapping", partial(mapping, "ProcessingDeadLetterQueueUrl")),
        Check("sweep", partial(look_at_sweep, clients.events, remedies)),
        Check("monitoring stack", partial(look_at_monitoring, clients.cloudformation, remedies)),
        Check("alarms", partial(look_at_alarms, clients.cloudformation, clients.cloudwatch, remedies)),
    ]
