"""A refusal that is injected is read by the SDK as the service's own."""

import pytest
from botocore.awsrequest import HTTPHeaders
from botocore.parsers import create_parser
from botocore.session import Session

from faults.fault import STATUSES, refusal

OPERATIONS = {
    "dynamodb": ("dynamodb", "GetItem"),
    "sqs": ("sqs", "SendMessage"),
    "lambda": ("lambda", "Invoke"),
    "connections": ("apigatewaymanagementapi", "PostToConnection"),
    "s3": ("s3", "GetObject"),
}


@pytest.mark.parametrize(("service", "error"), STATUSES)
def test_a_refusal_has_the_services_code_and_status(service: str, error: str) -> None:
    name, operation = OPERATIONS[service]
    model = Session().get_service_model(name)
    reply = refusal(service, error)
    response = {"status_code": reply.status, "headers": HTTPHeaders.from_pairs(reply.headers), "body": reply.body}
    parsed = create_parser(model.resolved_protocol).parse(response, model.operation_model(operation).output_shape)

    assert parsed["Error"]["Code"] == error
    assert parsed["ResponseMetadata"]["HTTPStatusCode"] == STATUSES[service, error]
