"""docs/WEBSOCKET_API_GUIDE.md says what the contract says, and its examples are messages of the protocol."""

import json
import re
from typing import Any

import pytest

from contract_schema import CLIENT_MESSAGES, DEFINITIONS, ERROR_CODES, SERVER_MESSAGES, errors_of, kind_of
from finops_benchmarks.cloudformation_template import load
from unit.docs.markdown_document import REPOSITORY, FencedBlock, MarkdownDocument
from unit.docs.said_sentences import can_be, texts_in

GUIDE = MarkdownDocument("docs/WEBSOCKET_API_GUIDE.md")
EXAMPLES = GUIDE.blocks("json")
DEFINITION_OF = {kind_of(name): name for name in [*CLIENT_MESSAGES, *SERVER_MESSAGES]}
# The one code that is in no message: it answers the handshake.
IN_NO_MESSAGE = "ORIGIN_NOT_ALLOWED"
LIMIT_CODES = {"RATE_LIMITED", "TOO_MANY_JOBS"}


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


def test_every_message_has_a_section_of_its_own_with_an_example() -> None:
    for name in [*CLIENT_MESSAGES, *SERVER_MESSAGES]:
        kind = kind_of(name)
        assert GUIDE.headings.count(kind[1]) == 1, name
        assert kind in {kind_in(message) for message in examples_under(kind[1])}, name


@pytest.mark.parametrize("code", sorted(ERROR_CODES))
def test_every_code_has_a_section_with_an_example_that_the_server_can_say(code: str) -> None:
    assert GUIDE.headings.count(code) == 1
    examples = examples_under(code)
    assert (len(examples) == 0) == (code == IN_NO_MESSAGE)
    # A text that is little more than what is filled in would match anything.
    texts = [text for text in texts_in(REPOSITORY / "src") if sum(map(str.isalpha, text)) > 7]
    for example in examples:
        assert example["code"] == code
        assert ("retryAfter" in example) == (code in LIMIT_CODES)
        sentence = example.get("error", example.get("message"))
        assert any(can_be(sentence, text) for text in texts), sentence


def test_the_table_of_codes_has_each_once_and_says_where_it_comes() -> None:
    rows = re.findall(r"^\| \[`([A-Z_]+)`\]\(#(\w+)\) \| ([^|]+) \| [^|]+ \|$", GUIDE.prose, re.MULTILINE)
    assert sorted(code for code, _, _ in rows) == sorted(ERROR_CODES)
    for code, anchor, comes_in in rows:
        assert anchor == code.lower()
        types = {example["type"] for example in examples_under(code)}
        assert types <= ({"error", "job_failed"} if comes_in == "both" else {comes_in.strip("`")})


def test_the_limits_are_those_of_the_template_and_the_contract() -> None:
    # Those of frames are seen in tests/security/connect_attacks.py.
    limits = GUIDE.prose.partition("\n## Limits\n")[2].partition("\n## ")[0]
    defaults = {name: int(number) for number, name in re.findall(r"(\d+)(?: days)? \(`(\w+)`\)", limits)}
    named = ("MaxConnectionsPerUser", "MaxActiveJobsPerUser", "MaxQueriesPerMinute", "JobRetentionDays")
    assert defaults == {name: load()["Parameters"][name]["Default"] for name in named}
    assert re.search(r"\b300 a minute; at 600 it is closed. 20 in all before", limits)
    assert f"{DEFINITIONS['FinopsQuery']['properties']['query']['maxLength']:,} characters" in limits


def test_the_page_that_uses_the_client_names_what_the_client_has() -> None:
    # What both do is seen in tests/browser/test_api_guide_client.py.
    (client,) = GUIDE.blocks("javascript")
    (page,) = [block.text for block in GUIDE.blocks("js") if "new FinopsClient" in block.text]
    assert set(re.findall(r"#on\.(\w+)\(", client.text)) == set(re.findall(r"^  (\w+): \(", page, re.MULTILINE))
