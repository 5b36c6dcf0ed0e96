from collections.abc import Callable
from typing import Any

import pytest

from finops_websocket import metrics
from finops_websocket.entry_point import counts_unserved, raises_no_text
from finops_websocket.errors import EventNotServed
from unit.finops_websocket.embedded_metrics import Measurement
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


def test_what_a_handler_of_the_api_raises_is_counted_and_raised(measured: Callable[[], list[Measurement]]) -> None:
    @counts_unserved
    def handler(event: dict[str, Any], _context: Any) -> Any:
        return event["served"]

    assert handler({"served": 200}, Context("request-1")) == 200
    assert (handler.__name__, measured()) == ("handler", [])
    with pytest.raises(KeyError):
        handler({}, Context("request-2"))
    assert measured() == [Measurement(metrics.FRAMES_UNSERVED, "Count", 1.0)]


def test_what_a_handler_of_another_kind_raises_is_no_frame(measured: Callable[[], list[Measurement]]) -> None:
    @raises_no_text
    def handler(_event: dict[str, Any], _context: Any) -> None:
        raise ValueError("secret")

    with pytest.raises(EventNotServed):
        handler({}, Context("request-1"))
    assert measured() == []
