import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_operations.deployed_stack import DeployedStack
from finops_operations.health_checks.check import State
from finops_operations.health_checks.conversation import (
    fault_of_message_handler,
    first_origin,
    look_at_round_trip,
)
from finops_operations.health_checks.lambda_functions import NotReached
from finops_operations.health_checks.remedies import Remedies
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, sending
from unit.finops_operations.sample_stack import sample_stack

REFUSAL = say.error(code="UNAUTHENTICATED")
WELCOME = say.authenticated(
    message="Welcome health-check! WebSocket connection established.", userId="health-check", verified=False
)


def remedies(url: str, **parameters: str) -> Remedies:
    stack = sample_stack(**parameters)
    return Remedies(
        DeployedStack(stack.name, stack.status, stack.parameters, {"WebSocketApiEndpoint": url}), "eu-west-1"
    )


async def test_a_round_trip() -> None:
    async with RecordingServer(authenticate=sending(WELCOME), list_jobs=sending(REFUSAL)) as server:
        finding = await asyncio.to_thread(look_at_round_trip, remedies(server.url))
    assert finding.state is State.OK
    assert server.received[0]["action"] == "authenticate"


async def test_another_answer_makes_the_round_trip_red() -> None:
    async with RecordingServer(authenticate=sending(say.gateway_error())) as server:
        finding = await asyncio.to_thread(look_at_round_trip, remedies(server.url))
    assert finding.state is State.RED
    assert "--log-group-name /aws/lambda/finops-connection-manager" in finding.remedy


async def test_the_origin_is_one_that_may_connect() -> None:
    async with RecordingServer(authenticate=sending(WELCOME), list_jobs=sending(REFUSAL)) as server:
        allowed = "https://finops.example,https://other.example"
        await asyncio.to_thread(look_at_round_trip, remedies(server.url, AllowedOrigins=allowed))
    assert server.origins == ["https://finops.example"]


async def test_the_message_handler_refuses_whoever_is_not_signed_in() -> None:
    async with RecordingServer(list_jobs=sending(REFUSAL)) as server:
        assert await asyncio.to_thread(fault_of_message_handler, remedies(server.url)) is None
    assert server.received == [{"action": "list_jobs"}]


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (say.error(code="INTERNAL"), "with INTERNAL, not with UNAUTHENTICATED"),
        (say.gateway_error(), "Internal server error"),
        (say.authenticated(), "with Authenticated"),
    ],
)
async def test_another_answer_is_the_message_handlers_fault(answer: say.Message, part: str) -> None:
    async with RecordingServer(list_jobs=sending(answer)) as server:
        fault = await asyncio.to_thread(fault_of_message_handler, remedies(server.url))
    assert fault is not None
    assert part in fault


async def test_whoever_cannot_connect_blames_nobody() -> None:
    async with RecordingServer() as server:
        server.handshake_statuses = [500]
        with pytest.raises(NotReached):
            await asyncio.to_thread(fault_of_message_handler, remedies(server.url))


@given(origins=st.lists(st.sampled_from(["*", "https://a.example", "http://localhost:1"]), min_size=1))
def test_the_first_origin(origins: list[str]) -> None:
    first = first_origin({"AllowedOrigins": ",".join(origins)})
    assert first == (None if origins[0] == "*" else origins[0])


def test_no_origin_is_any() -> None:
    assert first_origin({}) is None
    assert first_origin({"AllowedOrigins": ""}) is None


def test_a_stack_for_pages_only_gets_some_origin() -> None:
    assert first_origin({"AllowedOrigins": "*", "MissingOrigin": "refuse"}) == "https://health-check.invalid"
    assert first_origin({"AllowedOrigins": "https://a.example", "MissingOrigin": "refuse"}) == "https://a.example"
