from collections.abc import Mapping
from email.utils import formatdate
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.hooks import HierarchicalEmitter
from hypothesis import given
from hypothesis import strategies as st

from finops_websocket.aws_clock import AwsClock
from unit.finops_websocket.dated_replies import dated_replies
from unit.finops_websocket.settable_clock import SettableClock

# What DynamoDB has, whatever the machine's clock says.
TRUE_TIME = 1_800_000_000.0


class ReplyingClient(SimpleNamespace):
    """Has the events of a boto3 client, and gets the replies that a test makes up."""

    def __init__(self) -> None:
        super().__init__(meta=SimpleNamespace(events=HierarchicalEmitter()))
        self._context: dict[str, Any] = {}

    def reply(self, headers: Mapping[str, str]) -> None:
        parsed = {"ResponseMetadata": {"HTTPHeaders": dict(headers)}}
        self.meta.events.emit("after-call.dynamodb.GetItem", parsed=parsed, model=None, context=self._context)

    def ask(self) -> None:
        """Begin the call that the next reply answers."""
        self._context = {}
        self.meta.events.emit("before-call.dynamodb.GetItem", params={}, context=self._context)


def dated(seconds: float) -> dict[str, str]:
    return {"date": formatdate(seconds, usegmt=True)}


def clock_of(client: Any, machine_clock: SettableClock) -> AwsClock:
    clock = AwsClock(machine_clock)
    clock.read_replies_of(client)
    return clock


@pytest.fixture
def client() -> ReplyingClient:
    return ReplyingClient()


def test_before_the_first_reply_it_is_the_machine_s_time(client: ReplyingClient) -> None:
    assert clock_of(client, SettableClock(TRUE_TIME))() == TRUE_TIME


@pytest.mark.parametrize("minutes_off", [-5, 5])
def test_a_clock_that_is_five_minutes_off_is_put_right_by_the_first_reply(
    client: ReplyingClient, minutes_off: int
) -> None:
    machine_clock = SettableClock(TRUE_TIME + minutes_off * 60)
    clock = clock_of(client, machine_clock)
    client.reply(dated(TRUE_TIME))
    assert clock() == TRUE_TIME
    machine_clock.now += 7.5
    assert clock() == TRUE_TIME + 7.5


@pytest.mark.parametrize("seconds_off", [-3.0, -0.4, 0.0, 0.9, 3.0])
def test_a_clock_that_is_right_is_left_as_fine_as_it_is(client: ReplyingClient, seconds_off: float) -> None:
    clock = clock_of(client, SettableClock(TRUE_TIME + seconds_off))
    client.reply(dated(TRUE_TIME))
    assert clock() == TRUE_TIME + seconds_off


def test_a_clock_that_the_machine_has_put_right_itself_is_believed_again(client: ReplyingClient) -> None:
    machine_clock = SettableClock(TRUE_TIME + 300)
    clock = clock_of(client, machine_clock)
    client.reply(dated(TRUE_TIME))
    machine_clock.now = TRUE_TIME + 10.5
    client.reply(dated(TRUE_TIME + 10))
    assert clock() == TRUE_TIME + 10.5


@pytest.mark.parametrize("late", [3.5, 60.0])
def test_a_reply_that_comes_late_makes_no_right_clock_wrong(client: ReplyingClient, late: float) -> None:
    machine_clock = SettableClock(TRUE_TIME)
    clock = clock_of(client, machine_clock)
    client.ask()
    machine_clock.now += late
    # Given as soon as it was asked for, and read late: the machine has had no time for this process.
    client.reply(dated(TRUE_TIME))
    assert clock() == TRUE_TIME + late


@pytest.mark.parametrize("minutes_off", [-5, 5])
@pytest.mark.parametrize("answered", [0.0, 20.0])
def test_a_reply_that_comes_late_puts_a_wrong_clock_right_as_far_as_it_tells(
    client: ReplyingClient, minutes_off: int, answered: float
) -> None:
    machine_clock = SettableClock(TRUE_TIME + minutes_off * 60)
    clock = clock_of(client, machine_clock)
    client.ask()
    machine_clock.now += 20
    client.reply(dated(TRUE_TIME + answered))
    assert abs(clock() - (TRUE_TIME + 20)) <= 20


def test_a_reply_without_a_date_changes_nothing(client: ReplyingClient) -> None:
    clock = clock_of(client, SettableClock(TRUE_TIME + 300))
    client.reply({"server": "Server"})
    assert clock() == TRUE_TIME + 300
    client.reply(dated(TRUE_TIME))
    client.reply({})
    assert clock() == TRUE_TIME


def test_what_is_no_reply_changes_nothing(client: ReplyingClient) -> None:
    clock = clock_of(client, SettableClock(TRUE_TIME))
    client.meta.events.emit("after-call.dynamodb.GetItem", parsed={}, model=None, context={})
    assert clock() == TRUE_TIME


@given(off=st.integers(-(2**30), 2**30), moments=st.lists(st.integers(0, 2**30), min_size=1, max_size=5))
def test_after_any_reply_the_time_is_aws_s_however_wrong_the_machine_is(off: int, moments: list[int]) -> None:
    client = ReplyingClient()
    machine_clock = SettableClock()
    clock = clock_of(client, machine_clock)
    for moment in sorted(moments):
        machine_clock.now = TRUE_TIME + moment + off
        client.reply(dated(TRUE_TIME + moment))
        # Three seconds are the delay that a reply may have had.
        assert abs(clock() - (TRUE_TIME + moment)) <= 3


def test_the_replies_of_a_boto3_client_are_read_also_those_that_refuse(aws: None) -> None:
    client = boto3.client("dynamodb")
    clock = clock_of(client, SettableClock(TRUE_TIME + 300))
    with dated_replies(client, lambda: TRUE_TIME), pytest.raises(ClientError):
        client.get_item(TableName="no-table", Key={"jobId": {"S": "job-1"}})
    assert clock() == TRUE_TIME


def test_a_boto3_client_s_reply_without_a_date_is_no_error(aws: None) -> None:
    client = boto3.client("dynamodb")
    clock = clock_of(client, SettableClock(TRUE_TIME))
    with dated_replies(client, None):
        client.list_tables()
    assert clock() == TRUE_TIME
