"""A deployed stack as CloudFormation describes it."""

from __future__ import annotations

from finops_operations.stack import Stack

SHA256 = "ab" * 32


def sample_stack(status: str = "UPDATE_COMPLETE", **parameters: str) -> Stack:
    """A stack on AWS; parameters can be added and changed."""
    return Stack(
        name="production",
        status=status,
        parameters={
            "ProjectName": "finops",
            "LambdaS3Bucket": "packages",
            "ConnectionManagerKey": f"production/{SHA256}/websocket-connection-manager.zip",
            "MessageHandlerKey": f"production/{SHA256}/websocket-message-handler.zip",
            "BackgroundProcessorKey": f"production/{SHA256}/websocket-background-processor.zip",
            "CostForecastFunctionName": "cost-agent",
            "TrustedAdvisorFunctionName": "advisor-agent",
            "AllowedOrigins": "*",
            "AgentTimeoutSeconds": "300",
            "ExecuteApiBaseUrl": "",
            **parameters,
        },
        outputs={
            "WebSocketApiEndpoint": "wss://abc.execute-api.eu-west-1.amazonaws.com/prod",
            "WebSocketApiId": "abc",
            "ConnectionsTableName": "finops-connections",
            "JobsTableName": "finops-jobs",
            "ProcessingQueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/finops-processing-queue",
            "ProcessingDeadLetterQueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/finops-processing-dlq",
            "ResultsBucketName": "finops-results",
        },
    )
