import boto3

from finops_operations.health_checks.aws_clients import AwsClients


def test_every_client_is_of_the_sessions_region() -> None:
    session = boto3.Session(region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")
    clients = AwsClients.of(session)
    services = {name: client.meta.service_model.service_name for name, client in vars(clients).items()}
    assert services == {
        "cloudformation": "cloudformation",
        "lambda_": "lambda",
        "dynamodb": "dynamodb",
        "sqs": "sqs",
        "cloudwatch": "cloudwatch",
        "apigateway": "apigatewayv2",
        "s3": "s3",
        "events": "events",
    }
    assert {client.meta.region_name for client in vars(clients).values()} == {"eu-west-1"}
    # A call that hangs must end within the patience of the whole.
    assert all(client.meta.config.read_timeout <= 20 for client in vars(clients).values())
