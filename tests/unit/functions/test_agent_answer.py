"""What an agent gave back: an answer that can be shown, or a failure in our words."""

import base64
import json
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from background_processor.agent_answer import MAX_PAYLOAD_BYTES, answer_in, with_fence_closed
from background_processor.plain_text import plain_text
from finops_websocket.errors import AgentFailed

SENTENCES = {
    "It could not answer the question.",
    "It gave an answer that could not be read.",
    "It gave an empty answer.",
}
ANSWER = {"response": "# Costs\n\nThey rose."}


def content_of(payload):
    return answer_in(payload).content


@pytest.mark.parametrize(
    "payload",
    [
        {"statusCode": 200, "body": json.dumps(ANSWER)},
        {"body": ANSWER},
        {"statusCode": 200.0, "body": ANSWER, "isBase64Encoded": False},
    ],
)
def test_an_answer_is_read_in_each_form_that_agents_use(payload):
    assert content_of(json.dumps(payload).encode()) == ANSWER["response"]


@pytest.mark.parametrize("beside", ["-Infinity", "1e999999", "0." + "0" * 100_000 + "1", "[" * 200 + "]" * 200])
def test_what_stands_beside_an_answer_does_not_matter(beside):
    assert content_of(f'{{"response": "Costs rose.", "more": {beside}}}'.encode()) == "Costs rose."


@pytest.mark.parametrize(
    "payload",
    [
        b"\xff\xfe\x00",
        b"not json",
        b"[]",
        b'{"statusCode": 200, "body": 7}',
        b'{"statusCode": 200, "body": {"response": ["a"]}}',
        b"[" * 5_000_000,
        b'{"response": "a", "more": ' + b"9" * 1_000_000 + b"}",
        b'{"body": "{\\"body\\": {\\"response\\": \\"a\\"}}"}',
        b'{"statusCode": 200, "isBase64Encoded": true, "body": "' + base64.b64encode(b'{"response": "a"}') + b'"}',
    ],
    # Else a test's name would have megabytes.
    ids=lambda payload: str(payload[:40]),
)
def test_what_is_no_answer_is_the_agent_s_failure(payload):
    with pytest.raises(AgentFailed, match="could not be read"):
        content_of(payload)


def test_more_than_lambda_passes_on_is_not_read():
    around = len(b'{"response": ""}')
    most = b'{"response": "' + b"a" * (MAX_PAYLOAD_BYTES - around) + b'"}'
    assert len(content_of(most)) == MAX_PAYLOAD_BYTES - around
    with pytest.raises(AgentFailed, match="could not be read"):
        content_of(most + b" ")


@pytest.mark.parametrize("text", ["", " \n\t\u2003", "\x00\x1b[31m\x1b[0m\u202e", "\ud83d"])
def test_an_empty_answer_is_a_failure(text):
    with pytest.raises(AgentFailed, match="empty"):
        content_of(json.dumps({"response": text}).encode())


@pytest.mark.parametrize("status", [500, "200", None, 201, True, [200], 200.5, float("nan")])
def test_an_agent_that_says_it_failed_has_failed_and_its_words_stay_here(status):
    with pytest.raises(AgentFailed) as raised:
        content_of(json.dumps({"statusCode": status, "body": {"response": "secret", "error": "secret"}}).encode())
    assert "secret" not in str(raised.value)


def test_unseen_characters_are_taken_out_markdown_stays_and_its_open_fence_is_closed():
    hostile = "a\r\n\x1b]0;title\x07\x00\u202eb\ud83d <script>alert(1)</script> [c](javascript:alert(1)) ![d](http://e)\r\n```"
    plain = "a\nb <script>alert(1)</script> [c](javascript:alert(1)) ![d](http://e)\n```\n```"
    assert content_of(json.dumps({"response": hostile}).encode()) == plain
    assert content_of(b'{"response": "\\ud83d\\ude00"}') == "\U0001f600"


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=())),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(st.sampled_from(["statusCode", "body", "response"]), values, max_size=3)
    ),
    max_leaves=8,
)


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_any_payload_is_a_text_that_can_be_sent_or_a_failure_in_our_words(payload):
    try:
        content = content_of(payload)
    except AgentFailed as failure:
        assert str(failure) in SENTENCES
        assert failure.__cause__ is None
        assert failure.__context__ is None or failure.__suppress_context__
    else:
        assert content.strip()
        assert plain_text(content) == content
        assert content.encode().decode() == content


# As CommonMark reads it; HTML is text, because the clients take it for text.
COMMONMARK = MarkdownIt("commonmark", {"html": False}).disable(["html_block", "html_inline"])

FENCE_LINES = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["```", "````", "~~~", "~~~~", "``", "~~"]), st.sampled_from(["", " ", "sh", " `", "~", "\t"])
    ),
)
TEXT_LINES = st.sampled_from(["", "text", "    code", "\tcode", "# Costs", "---", "===", "|a|b|", "[a]: b 'title"])
CONTAINERS = st.sampled_from(["", "", " ", "  ", "   ", "    ", "> ", ">", "- ", "1. ", "10) ", "* - "])
LINES = st.lists(st.builds("".join, st.tuples(CONTAINERS, FENCE_LINES | TEXT_LINES)))
MARKDOWN = st.builds(str.join, st.sampled_from(["\n", "\r\n", "\r"]), LINES)

# What stays as it is: a list item, and after it a fence that may be in it.
FENCE_AFTER_ITEM = re.compile(r"^ {0,3}([-+*]|\d+[.)])(\s|$)[^\0]*^ {2,3}(```|~~~)", re.MULTILINE)


def next_part_is_seen(markdown):
    """Tell whether the heading of the part that follows is one."""
    tokens = COMMONMARK.parse(f"{markdown}\n\n## The next part\n\ntext")
    return any(token.content == "The next part" and token.level == 1 for token in tokens)


@pytest.mark.parametrize(
    ("markdown", "end"),
    [
        ("Run:\n\n```sh\naws s3 ls", "\n```"),
        ("```\n``` sh", "\n```"),
        ("   ~~~\n```\n    ~~~", "\n~~~"),
        # No item's content is indented by less than two.
        ("- a\n\n ```", "\n```"),
        # The list is over.
        ("- a\n\n> quote\n  ```", "\n```"),
        # Nothing is open.
        ("", ""),
        ("```\ncode\n   `````  ", ""),
        # It may be an item's, and end with it.
        ("- ```\n  aws s3 ls", ""),
        ("- a\n\n  ```\n  aws s3 ls", ""),
    ],
)
def test_a_fence_that_is_left_open_is_closed_and_no_other_text_changes(markdown, end):
    assert next_part_is_seen(markdown) == (not end)
    assert with_fence_closed(markdown) == markdown + end
    assert next_part_is_seen(markdown + end)


@given(MARKDOWN)
def test_the_next_part_is_seen_unless_a_fence_may_be_in_a_list_and_nothing_gets_worse(markdown):
    closed = with_fence_closed(markdown)
    is_seen = next_part_is_seen(closed)
    assert closed == markdown or (is_seen and not next_part_is_seen(markdown))
    assert is_seen or FENCE_AFTER_ITEM.search(markdown.replace("\r", "\n"))
    assert with_fence_closed(closed) == closed


# What is left of an agent's text: everything that has a picture, nothing that a display obeys.

ANY_TEXT = st.text(st.characters(exclude_categories=()))
# What a terminal or a display obeys, and what tells lines apart, more often than chance has it.
OBEYED = st.lists(
    st.sampled_from(
        ["\x1b", "[", "]", "8;;", "\x1b[31m", "\x1b]0;", "\x07", "\\", "\r", "\n", "\x9b", "\u202e", "\ud83d"]
    )
    | ANY_TEXT
).map("".join)


@pytest.mark.parametrize(
    "text",
    [
        "# Costs\n\n|a|b|\n|-|-|\n|1|\t2|\n\n[more](https://example.com) <script>alert(1)</script>",
        # A family, the rainbow flag, a thumb with its colour, a flag, a key and a heart.
        "👩\u200d👩\u200d👧\u200d👦 🏳\ufe0f\u200d🌈 👍🏽 🇩🇪 1\ufe0f\u20e3 ❤\ufe0f ☎\ufe0e",
        "التكلفة مرتفعة بنسبة ١٢٪",
        "क्\u200dष ක්\u200dෂ",
    ],
)
def test_markdown_and_letters_of_every_script_and_emoji_stay(text):
    assert plain_text(text) == text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a\r\nb\rc\u2028d\u2029e\x85f", "a\nb\nc\nd\ne\nf"),
        ("a\x00b\x08c\x0bd\x0ce\x7ff\x9fg", "abcdefg"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\", "here"),
        ("\x1b]no end", "]no end"),
        ("\x1b[\u202e31mred", "[31mred"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\U0001f3f4\U000e0067\U000e0062\U000e007f\U000e0100", "\U0001f3f4"),
        ("a\ud83db", "ab"),
    ],
)
def test_what_nobody_sees_and_something_obeys_goes(text, plain):
    assert plain_text(text) == plain


def test_of_all_characters_without_a_picture_only_those_stay_that_scripts_need():
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    kept = {character for character in plain_text(every) if unicodedata.category(character) in {"Cc", "Cf", "Cs"}}
    assert {"\t", "\n", "\u200c", "\u200d"} <= kept
    # These have a picture, or place others': numbers' and words' marks, and hieroglyphs.
    scripts = {unicodedata.name(character).split()[0] for character in kept - {"\t", "\n", "\u200c", "\u200d"}}
    assert scripts <= {"ARABIC", "SYRIAC", "KAITHI", "EGYPTIAN"}


@given(OBEYED)
def test_nothing_is_left_that_a_display_obeys(text):
    plain = plain_text(text)
    assert plain_text(plain) == plain
    assert plain.encode().decode() == plain
    assert plain.split("\n") == plain.splitlines() + [""] * (plain == "" or plain.endswith("\n"))
    assert {c for c in plain if unicodedata.category(c) == "Cc"} <= {"\t", "\n"}
    assert {unicodedata.bidirectional(character) for character in plain}.isdisjoint(
        {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    )
