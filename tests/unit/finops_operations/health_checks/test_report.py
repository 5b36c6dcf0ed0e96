import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from finops_operations.health_checks.check import Finding, Result, State, ok, red, skipped, warning
from finops_operations.health_checks.report import as_json, is_healthy, print_table

LONG_COMMAND = "aws lambda update-function-code " + " ".join(f"--option-{number} value" for number in range(30))
RESULTS = [
    Result("stack", ok("UPDATE_COMPLETE")),
    Result("connection-manager", red("It fails: " + "long " * 40 + "story.", LONG_COMMAND)),
    Result("WebSocket round trip", skipped("connection-manager is red.")),
    Result("alarms", warning("There are none.", "./deploy.sh\nSee the runbook.")),
]


def printed(results: list[Result], width: int, terminal: bool = False) -> str:
    out = io.StringIO()
    print_table(results, Console(file=out, width=width, force_terminal=terminal, highlight=False))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_columns_fit_and_the_commands_stay_whole(width: int) -> None:
    lines = printed(RESULTS, width).splitlines()
    assert f"    {LONG_COMMAND}" in lines
    assert all(len(line) <= width for line in lines if LONG_COMMAND not in line)
    columns = {line.index(word) for line in lines for word in ("ok ", "RED ", "skipped ", "warning ") if word in line}
    assert len(columns) == 1
    assert lines[-1] == "Not healthy: 1 ok, 1 warning, 1 RED, 1 skipped."


def test_colours_are_for_terminals() -> None:
    assert "\x1b[" not in printed(RESULTS, 100)
    coloured = printed(RESULTS, 100, terminal=True)
    assert re.search(r"\x1b\[[0-9;]*31m", coloured)


def test_a_square_bracket_is_no_markup() -> None:
    assert "[red]x[/red] [/]" in printed([Result("x", red("[red]x[/red] [/]", "[/] y"))], 100)


@pytest.mark.parametrize(
    ("findings", "healthy"),
    [
        ([ok("a")], True),
        ([ok("a"), warning("b", "c")], True),
        ([ok("a"), red("b", "c")], False),
    ],
)
def test_only_red_is_unhealthy(findings: list[Finding], healthy: bool) -> None:
    results = [Result("x", finding) for finding in findings]
    assert is_healthy(results) is healthy
    assert printed(results, 100).splitlines()[-1].startswith("Healthy" if healthy else "Not healthy")


@given(found=st.text(), remedy=st.text(), state=st.sampled_from(State), name=st.text(min_size=1, max_size=30))
def test_a_program_reads_what_was_found(found: str, remedy: str, state: State, name: str) -> None:
    report = json.loads(as_json([Result(name, Finding(state, found, remedy))], "production", "eu-west-1"))
    assert report.pop("checkedAt").endswith("Z")
    assert report == {
        "stack": "production",
        "region": "eu-west-1",
        "healthy": state is not State.RED,
        "checks": [{"check": name, "state": state.value, "found": found, "remedy": remedy}],
    }
