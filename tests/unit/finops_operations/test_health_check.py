"""ops/health_check.sh as a whole: which checks there are, how they run, what is printed, and how it ends."""

from __future__ import annotations

import asyncio
import io
import json
import re
from dataclasses import replace
from threading import Barrier, Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_operations.health.api import check_round_trip, first_origin
from finops_operations.health.check import Check, Finding, State, failed, ok, run_checks, skipped, warning
from finops_operations.health.checked_stack import CheckedStack
from finops_operations.health.command import as_json, checks_of, print_table
from unit.finops_client import protocol_messages as say
from unit.finops_client.recording_server import RecordingServer, sending
from unit.finops_operations.answering_aws import AnsweringSession
from unit.finops_operations.sample_stack import sample_stack

SESSION = AnsweringSession()
REFUSAL = say.error(code="UNAUTHENTICATED")
WELCOME = say.authenticated(
    message="Welcome health-check! WebSocket connection established.", userId="health-check", verified=False
)
LONG_COMMAND = "aws lambda update-function-code " + " ".join(f"--option-{number} value" for number in range(30))
FINDINGS = {
    "stack": ok("UPDATE_COMPLETE"),
    "connection-manager": failed("It fails: [/red] " + "long " * 40 + "story.", LONG_COMMAND),
    "WebSocket round trip": skipped("connection-manager is red."),
    "alarms": warning("There are none.", "./deploy.sh\nSee the [/] runbook."),
}


def test_each_part_of_a_stack_has_one_check_and_each_names_all_that_it_needs() -> None:
    """Only a failed need stops a check, not a skipped one: so each names what its needs need, too."""
    checks = {check.name: check for check in checks_of(CheckedStack(sample_stack(), SESSION))}
    assert len(checks) == 18
    assert next(iter(checks)) == "stack"
    for check in checks.values():
        assert {above for need in check.needs for above in checks[need].needs} <= set(check.needs)


def raising(error: Exception) -> Finding:
    raise error


def test_checks_run_side_by_side_and_results_come_in_their_order() -> None:
    meet = Barrier(3, timeout=10)

    def check() -> Finding:
        # Passes only if all three are here at the same time.
        meet.wait()
        return ok("there")

    findings = run_checks([Check(name, check) for name in "bca"])
    assert list(findings.items()) == [(name, ok("there")) for name in "bca"]


def test_what_needs_something_failed_is_not_tried_and_what_needs_something_skipped_is() -> None:
    """Otherwise two that need each other's neighbour could both be skipped, and nothing failed."""
    tried = Event()
    findings = run_checks(
        [
            Check("needing", lambda: ok(str(tried.set())), ("broken",)),
            Check("broken", lambda: failed("gone", "mend it"), ("skipped",)),
            Check("skipped", lambda: skipped("Not tried: nobody can connect.")),
        ]
    )
    assert [finding.found for finding in findings.values()] == [
        "Not tried: broken is red.",
        "gone",
        "Not tried: nobody can connect.",
    ]
    assert not tried.is_set()


def test_a_check_that_hangs_or_is_broken_costs_no_other_its_finding() -> None:
    release = Event()
    found = run_checks(
        [
            Check("hanging", lambda: ok(str(release.wait(30)))),
            Check("waiting", lambda: ok(""), ("hanging",)),
            Check("defect", lambda: raising(ZeroDivisionError("secret"))),
            Check("needing", lambda: ok(""), ("defect",)),
            Check("other", lambda: ok("there")),
        ],
        patience=0.3,
    )
    release.set()
    assert (found["hanging"].state, found["hanging"].found) == (State.FAILED, "No answer within 0.3 seconds.")
    assert found["waiting"].found == "Not tried: hanging has not answered."
    assert (found["defect"].state, found["defect"].found) == (State.FAILED, "This check is broken: ZeroDivisionError.")
    assert found["defect"].remedy
    assert found["needing"].state is State.SKIPPED
    assert found["other"] == ok("there")


def checked(url: str, **parameters: str) -> CheckedStack:
    return CheckedStack(replace(sample_stack(**parameters), outputs={"WebSocketApiEndpoint": url}), SESSION)


async def test_the_round_trip_comes_from_a_page_that_may_connect() -> None:
    async with RecordingServer(authenticate=sending(WELCOME), list_jobs=sending(REFUSAL)) as server:
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


def printed(findings: dict[str, Finding], width: int, terminal: bool = False) -> str:
    out = io.StringIO()
    print_table(findings, Console(file=out, width=width, force_terminal=terminal, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_columns_fit_and_the_commands_stay_whole(width: int) -> None:
    lines = printed(FINDINGS, width).splitlines()
    assert f"    {LONG_COMMAND}" in lines
    assert "    See the [/] runbook." in lines
    assert all(len(line) <= width for line in lines if LONG_COMMAND not in line)
    columns = {line.index(word) for line in lines for word in ("ok ", "RED ", "skipped ", "warning ") if word in line}
    assert len(columns) == 1
    assert lines[-1] == "Not healthy: 1 ok, 1 warning, 1 RED, 1 skipped."
    assert (
        printed({name: FINDINGS[name] for name in ("stack", "alarms")}, width).splitlines()[-1]
        == "Healthy: 1 ok, 1 warning."
    )


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" not in printed(FINDINGS, 100)
    assert re.search(r"\x1b\[[0-9;]*31m", printed(FINDINGS, 100, terminal=True))


@given(found=st.text(), remedy=st.text(), state=st.sampled_from(State), name=st.text(min_size=1, max_size=30))
def test_a_program_reads_what_was_found(found: str, remedy: str, state: State, name: str) -> None:
    findings = {name: Finding(state, found, remedy)}
    report = json.loads(as_json(findings, "production", "eu-west-1"))
    assert report.pop("checkedAt").endswith("Z")
    assert report == {
        "stack": "production",
        "region": "eu-west-1",
        "healthy": state is not State.FAILED,
        "checks": [{"check": name, "state": state.value, "found": found, "remedy": remedy}],
    }
