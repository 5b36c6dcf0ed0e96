import pytest

from finops_client.errors import NoAnswer
from finops_client.events import Pong, Unknown
from finops_client.subscription import Subscription


async def test_events_in_order_and_by_class() -> None:
    left: list[Subscription] = []
    with Subscription(left.append) as events:
        for event in (Unknown({"n": 1}), Unknown({"n": 2}), Pong(timestamp=3), Unknown({"n": 4})):
            events.put(event)
        assert await events.next() == Unknown({"n": 1})
        assert await events.next_of(Pong) == Pong(timestamp=3)
        assert await events.next() == Unknown({"n": 4})
        assert left == []
    assert left == [events]


async def test_waiting_ends() -> None:
    events = Subscription(lambda _: None)
    with pytest.raises(NoAnswer):
        await events.next(timeout=0.01)
    events.put(Unknown({}))
    with pytest.raises(NoAnswer, match="Pong"):
        await events.next_of(Pong, timeout=0.01)
