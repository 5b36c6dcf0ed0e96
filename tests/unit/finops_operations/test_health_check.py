"""ops/health_check.sh as a whole: how its checks run, what is printed, and the conversation that is one of them."""

import asyncio
import io
import re
from dataclasses import replace
from threading import Event

import pytest
from rich.console import Console

from finops_operations.health.check import Check, Finding, State, failed, ok, run_checks, skipped, warning
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.command import checks_of, print_table
from finops_operations.health.functions import check_round_trip, first_origin
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, sending
from unit.finops_operations.answering_aws import AnsweringSession
from unit.finops_operations.sample_stack import sample_stack

SESSION = AnsweringSession()
WELCOME = say.authenticated(
    message="Welcome health-check! WebSocket connection established.", userId="health-check", verified=False
)
LONG_COMMAND = "aws lambda update-function-code " + " ".join(f"--option-{number} value" for number in range(30))
FINDINGS = {
    "stack": ok("UPDATE_COMPLETE"),
    "connection-manager": failed("It fails: [/red] " + "long " * 40 + "story.", LONG_COMMAND),
    "WebSocket round trip": skipped("Not tried: connection-manager is red."),
    "alarms": warning("There are none.", "./deploy.sh\nSee the [/] runbook."),
}


def test_each_check_names_all_that_it_needs() -> None:
    """Only a failed need stops a check, not a skipped one: so each names what its needs need, too."""
    checks = {check.name: check for check in checks_of(CheckedStack(sample_stack(), SESSION))}
    for check in checks.values():
        assert {above for need in check.needs for above in checks[need].needs} <= set(check.needs)


def raising(error: Exception) -> Finding:
    raise error


def test_a_check_that_hangs_or_is_broken_costs_no_other_its_finding() -> None:
    release, tried = Event(), Event()
    found = run_checks(
        [
            Check("hanging", lambda: ok(str(release.wait(30)))),
            Check("waiting", lambda: ok(""), ("hanging",)),
            Check("needing", lambda: ok(str(tried.set())), ("defect",)),
            # Otherwise two that need each other's neighbour could both be skipped, and nothing failed.
            Check("defect", lambda: raising(ZeroDivisionError("secret")), ("skipped",)),
            Check("skipped", lambda: skipped("nobody can connect.")),
        ],
        patience=0.3,
    )
    release.set()
    assert [(name, finding.state, finding.found) for name, finding in found.items()] == [
        ("hanging", State.FAILED, "No answer within 0.3 seconds."),
        ("waiting", State.SKIPPED, "Not tried: hanging has not answered."),
        ("needing", State.SKIPPED, "Not tried: defect is red."),
        ("defect", State.FAILED, "This check is broken: ZeroDivisionError."),
        ("skipped", State.SKIPPED, "nobody can connect."),
    ]
    assert found["defect"].remedy
    assert not tried.is_set()


def checked(url: str, **parameters: str) -> CheckedStack:
    return CheckedStack(replace(sample_stack(**parameters), outputs={"WebSocketApiEndpoint": url}), SESSION)


async def test_the_round_trip_comes_from_a_page_that_may_connect() -> None:
    refusal = say.error(code="UNAUTHENTICATED")
    async with RecordingServer(authenticate=sending(WELCOME), list_jobs=sending(refusal)) as server:
        allowed = checked(server.url, AllowedOrigins="https://finops.example,https://other.example")
        result = await asyncio.to_thread(check_round_trip, allowed)
    assert re.fullmatch(r"Answers as the guide says, in [0-9.]+ s\.", result.found)
    assert server.origins == ["https://finops.example"]


async def test_a_round_trip_that_ends_otherwise_has_failed() -> None:
    async with RecordingServer(authenticate=sending(say.gateway_error())) as server:
        result = await asyncio.to_thread(check_round_trip, checked(server.url))
    assert result.state is State.FAILED
    assert "--log-group-name /aws/lambda/finops-connection-manager" in result.remedy
    assert "See connect-failures in docs/troubleshooting_notes.md." in result.remedy


@pytest.mark.parametrize(
    ("parameters", "origin"),
    [
        ({}, None),
        ({"AllowedOrigins": ""}, None),
        ({"AllowedOrigins": "*,https://a.example"}, None),
        ({"AllowedOrigins": "https://a.example,*", "MissingOrigin": "refuse"}, "https://a.example"),
        ({"AllowedOrigins": "*", "MissingOrigin": "refuse"}, "https://health-check.invalid"),
    ],
)
def test_the_origin_of_a_page_that_may_connect(parameters: dict[str, str], origin: str | None) -> None:
    assert first_origin(parameters) == origin


def printed(width: int, terminal: bool = False) -> str:
    out = io.StringIO()
    print_table(FINDINGS, Console(file=out, width=width, force_terminal=terminal, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 140])
def test_the_columns_fit_and_the_commands_stay_whole(width: int) -> None:
    lines = printed(width).splitlines()
    assert f"    {LONG_COMMAND}" in lines
    assert "    See the [/] runbook." in lines
    assert all(len(line) <= width for line in lines if LONG_COMMAND not in line)
    columns = {line.index(word) for line in lines for word in ("ok ", "RED ", "skipped ", "warning ") if word in line}
    assert len(columns) == 1
    assert lines[-1] == "Not healthy: 1 ok, 1 warning, 1 RED, 1 skipped."


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" not in printed(100)
    assert re.search(r"\x1b\[[0-9;]*31m", printed(100, terminal=True))
