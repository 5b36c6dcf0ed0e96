"""docs/WEBSOCKET_API_GUIDE.md says what the contract says, and its examples are messages of the protocol."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from cloudformation_template import load
from contract_schema import CLIENT_MESSAGES, DEFINITIONS, ERROR_CODES, SERVER_MESSAGES, errors_of, kind_of
from finops_websocket import frame_limit
from finops_websocket.agents import AgentCatalogue
from finops_websocket.client_messages import parse_message
from finops_websocket.errors import FinopsError, QueueUnavailable, client_text
from finops_websocket.identity import Connection, identify_verified
from finops_websocket.overdue import GIVEN_UP
from finops_websocket.user_jobs import JobLimits, UserJobs
from message_handler.visible_jobs import NOT_FOUND
from unit.docs.markdown_document import FencedBlock, MarkdownDocument

GUIDE = MarkdownDocument("docs/WEBSOCKET_API_GUIDE.md")
EXAMPLES = GUIDE.blocks("json")
DEFINITION_OF = {kind_of(name): name for name in [*CLIENT_MESSAGES, *SERVER_MESSAGES]}
# The one code that is in no message: it answers the handshake.
IN_NO_MESSAGE = "ORIGIN_NOT_ALLOWED"
LIMIT_CODES = {"RATE_LIMITED", "TOO_MANY_JOBS"}
CODE_ROWS = re.findall(r"^\| \[`([A-Z_]+)`\]\(#(\w+)\) \| ([^|]+) \| [^|]+ \|$", GUIDE.prose, re.MULTILINE)


def message_in(example: FencedBlock) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(example.text)
    return message


def kind_in(message: dict[str, Any]) -> tuple[str, str]:
    key = "type" if "type" in message else "action"
    return key, message[key]


def examples_under(heading: str) -> list[dict[str, Any]]:
    return [message_in(example) for example in EXAMPLES if example.heading == heading]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: f"line {example.line}")
def test_an_example_is_a_message_of_the_contract_without_a_slip(example: FencedBlock) -> None:
    message = message_in(example)
    definition = DEFINITION_OF[kind_in(message)]
    assert errors_of(definition, message) == []
    # Unknown fields are valid, and in an example still a slip.
    assert set(message) <= set(DEFINITIONS[definition]["properties"])


@pytest.mark.parametrize("name", sorted([*CLIENT_MESSAGES, *SERVER_MESSAGES]))
def test_every_message_has_a_section_of_its_own_with_an_example(name: str) -> None:
    kind = kind_of(name)
    assert GUIDE.headings.count(kind[1]) == 1
    assert kind in {kind_in(message) for message in examples_under(kind[1])}


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_every_code_has_a_section_with_an_example_that_has_it(code: str) -> None:
    assert GUIDE.headings.count(code) == 1
    examples = examples_under(code)
    assert [example["code"] for example in examples] == [code] * len(examples)
    assert (len(examples) == 0) == (code == IN_NO_MESSAGE)
    for example in examples:
        assert ("retryAfter" in example) == (code in LIMIT_CODES)


def test_the_table_of_codes_has_each_once_and_says_where_it_comes() -> None:
    assert sorted(code for code, _, _ in CODE_ROWS) == sorted(ERROR_CODES)
    for code, anchor, comes_in in CODE_ROWS:
        assert anchor == code.lower()
        types = {example["type"] for example in examples_under(code)}
        assert types <= ({"error", "job_failed"} if comes_in == "both" else {comes_in.strip("`")})


def raised(refuse: Callable[[], object]) -> str:
    with pytest.raises(FinopsError) as refused:
        refuse()
    return client_text(refused.value)[1]


LIMITS = JobLimits(active_jobs=10, queries_per_minute=30, agent_timeout=300)
AGENTS = AgentCatalogue.of_functions("aws-cost-forecast-agent", "trusted-advisor-agent-trusted-advisor-agent")
SENTENCES: dict[str, Callable[[], str]] = {
    "INVALID_MESSAGE": lambda: raised(lambda: parse_message({"action": "list_jobs", "limit": 51})),
    "UNKNOWN_ACTION": lambda: raised(lambda: parse_message({"action": "subscribe"})),
    "QUERY_TOO_LONG": lambda: raised(lambda: parse_message({"action": "finops_query", "query": "a" * 4210})),
    "UNKNOWN_AGENT": lambda: raised(lambda: AGENTS.named(["nobody"])),
    "UNAUTHENTICATED": lambda: raised(lambda: identify_verified(Connection("c"), 0)),
    "SESSION_EXPIRED": lambda: raised(
        lambda: identify_verified(Connection("c", "user", verified=True, expires_at=1), 2)
    ),
    "TOO_MANY_JOBS": lambda: raised(lambda: UserJobs(active=("job",) * 10).check_jobs(LIMITS)),
    "RATE_LIMITED": lambda: raised(lambda: UserJobs(asked_at=(0,) * 30).check_rate(1, LIMITS)),
    "QUEUE_UNAVAILABLE": lambda: client_text(QueueUnavailable())[1],
    "INTERNAL": lambda: client_text(ValueError())[1],
    "PROCESSING_FAILED": lambda: GIVEN_UP,
    "JOB_NOT_FOUND": lambda: NOT_FOUND,
}


@pytest.mark.parametrize("code", SENTENCES)
def test_the_sentence_of_an_example_is_the_server_s(code: str) -> None:
    example = examples_under(code)[0]
    assert example.get("error", example.get("message")) == SENTENCES[code]()


def test_the_limits_are_those_of_the_template_and_the_code() -> None:
    limits = GUIDE.prose.partition("\n## Limits\n")[2].partition("\n## ")[0]
    defaults = re.findall(r"(\d+)(?: days)? \(`(\w+)`\)", limits)
    assert {name for _, name in defaults} == {
        "MaxConnectionsPerUser",
        "MaxActiveJobsPerUser",
        "MaxQueriesPerMinute",
        "JobRetentionDays",
    }
    for number, name in defaults:
        assert int(number) == load()["Parameters"][name]["Default"], name
    frames = re.search(r"(\d+) a minute; at (\d+) it is closed. (\d+) in all before", limits)
    assert frames is not None
    assert [int(number) for number in frames.groups()] == [
        frame_limit.FRAMES_PER_MINUTE,
        frame_limit.FRAMES_THAT_END_IT,
        frame_limit.FRAMES_BEFORE_SIGN_IN,
    ]
    assert f"{DEFINITIONS['FinopsQuery']['properties']['query']['maxLength']:,} characters" in limits


def test_the_text_calls_the_address_in_config_js_as_the_example_of_use_does() -> None:
    # That the example reads what ops/write_frontend_config.sh writes is seen in tests/browser/test_api_guide_client.py.
    (page,) = [block.text for block in GUIDE.blocks("js") if "new FinopsClient" in block.text]
    named = {name for name in GUIDE.code_spans if name.endswith("websocketEndpoint")}
    assert [f"config.{name}" for name in named] == re.findall(r"[\w.]+websocketEndpoint", page)


def test_the_page_that_uses_the_client_names_what_the_client_has() -> None:
    (client,) = GUIDE.blocks("javascript")
    (page,) = [block.text for block in GUIDE.blocks("js") if "new FinopsClient" in block.text]
    # What it does is seen in tests/browser/test_api_guide_client.py.
    assert set(re.findall(r"#on\.(\w+)\(", client.text)) == set(re.findall(r"^  (\w+): \(", page, re.MULTILINE))
    assert set(re.findall(r"client\.(\w+)\(", page)) <= set(
        re.findall(r"^  (\w+)\(.*\) \{$", client.text, re.MULTILINE)
    )
