from typing import Any

import pytest

from finops_websocket.entry_point import raises_no_text
from finops_websocket.errors import EventNotServed
from unit.finops_websocket.function_process import Context


def test_what_a_handler_gives_back_is_given_back() -> None:
    @raises_no_text
    def handler(event: dict[str, Any], context: Any) -> list[Any]:
        return [event, context.aws_request_id]

    assert handler({"a": 1}, Context("request-1")) == [{"a": 1}, "request-1"]
    assert handler.__name__ == "handler"


def test_what_a_handler_raises_has_failed_without_its_text() -> None:
    @raises_no_text
    def handler(_event: dict[str, Any], _context: Any) -> None:
        raise ValueError("secret")

    with pytest.raises(EventNotServed) as raised:
        handler({}, Context("request-1"))
    assert "secret" not in str(raised.value)
    assert raised.value.__suppress_context__
