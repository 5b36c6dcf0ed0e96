import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.response import StreamingBody
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.health_checks.function_probe import DISCONNECT, DISCONNECTED, fault_of
from unit.finops_client.printed_text import assert_harmless
from unit.finops_operations.stubbed_service import StubbedService


def answered(payload: bytes, **more: Any) -> str | None:
    service = StubbedService("lambda")
    response = {"StatusCode": 200, "Payload": StreamingBody(io.BytesIO(payload), len(payload)), **more}
    service.answers("invoke", response, {"FunctionName": "f", "Payload": json.dumps(DISCONNECT).encode()})
    return fault_of(service.client, "f", DISCONNECT, DISCONNECTED)


def test_the_expected_answer() -> None:
    assert answered(b'{"statusCode": 200}') is None


@pytest.mark.parametrize("payload", [b'"rubbish"', b"null", b"", b"no json", b'{"statusCode": 500}', b"[" * 100])
def test_another_answer(payload: bytes) -> None:
    fault = answered(payload)
    assert fault is not None
    assert fault.startswith("It answers a harmless event with ")


def test_a_function_that_does_not_load() -> None:
    error = {"errorType": "Runtime.ImportModuleError", "errorMessage": "No module named 'x'", "stackTrace": ["a"]}
    fault = answered(json.dumps(error).encode(), FunctionError="Unhandled")
    assert fault == "It fails: Runtime.ImportModuleError: No module named 'x'."


def test_a_throttled_function() -> None:
    service = StubbedService("lambda")
    service.refuses("invoke", "TooManyRequestsException", "Rate Exceeded.", 429)
    fault = fault_of(service.client, "f", DISCONNECT, DISCONNECTED)
    assert fault is not None
    assert "concurrency" in fault


def test_whoever_may_not_invoke_it() -> None:
    service = StubbedService("lambda")
    service.refuses("invoke", "AccessDeniedException", "Not you.", 403)
    with pytest.raises(ClientError):
        fault_of(service.client, "f", DISCONNECT, DISCONNECTED)


@given(payload=st.binary() | st.text().map(str.encode), fails=st.booleans())
def test_whatever_comes_is_one_short_line(payload: bytes, fails: bool) -> None:
    fault = answered(payload, **({"FunctionError": "Unhandled"} if fails else {}))
    if fault is not None:
        assert len(fault) < 220
        assert "\n" not in fault
        assert_harmless(fault)
