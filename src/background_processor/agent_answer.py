"""What an agent's Lambda function gave back, read as an answer. Pure.

An agent answers `{"statusCode": 200, "body": "{\\"response\\": \\"markdown\\"}"}`; the body may be an object, and the
outer envelope may be missing. Agents are not trusted: what is not such an answer is a failure, and none of their words
about a failure reach a client. What is one is data: its markdown, HTML and links included, stays as it is for the
clients to show safely, without the characters that none of them should have to guard against.

Beside `response` may be `data`, figures for charts (see figures.py). They never cost the answer that they stand beside.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from background_processor.figures import FiguresDropped, figures_json
from background_processor.plain_text import plain_text
from finops_websocket.errors import AgentFailed

# The most that Lambda passes on: "6 MB", of which its own error message gives the bytes. What plays Lambda may pass on
# more, and a payload takes up to 30 times its size in memory while it is read.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_PAYLOAD_BYTES = 6_291_556

# https://spec.commonmark.org/0.31.2/#fenced-code-blocks
_LINE_ENDING = re.compile(r"\r\n?|\n")
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})(.*)")
_LIST_ITEM = re.compile(r" {0,3}(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t]|$)")

# A marker and a space: https://spec.commonmark.org/0.31.2/#list-items
_LEAST_ITEM_INDENT = 2

_NOT_READABLE = "It gave an answer that could not be read."


@dataclass(frozen=True)
class AgentAnswer:
    """An agent's markdown, and its figures as JSON; `dropped` says why there are none although it gave some."""

    content: str
    data: str | None = None
    dropped: str | None = None


def answer_in(payload: bytes) -> AgentAnswer:
    """Read an agent's payload; raise AgentFailed if there is no answer in it, and nothing else."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise AgentFailed(_NOT_READABLE)
    envelope = _object(payload)
    if "statusCode" in envelope and envelope["statusCode"] != 200:
        raise AgentFailed("It could not answer the question.")
    body = envelope.get("body", envelope)
    fields = _object(body) if isinstance(body, str) else body if isinstance(body, dict) else {}
    content = fields.get("response")
    if not isinstance(content, str):
        raise AgentFailed(_NOT_READABLE)
    content = plain_text(content)
    if not content.strip():
        raise AgentFailed("It gave an empty answer.")
    return _with_figures(with_fence_closed(content), fields.get("data"))


def _with_figures(content: str, data: Any) -> AgentAnswer:
    if data is None or data == []:
        return AgentAnswer(content)
    try:
        return AgentAnswer(content, figures_json(data))
    except FiguresDropped as dropped:
        return AgentAnswer(content, dropped=str(dropped))


def with_fence_closed(markdown: str) -> str:
    """Give the markdown with an end to the fence of code that it leaves open, if it does.

    An agent that runs out of words in the middle of some code would make code of all that follows it in the report: the
    next agent's part, and the sentence that says what is missing.

    One that may be a list item's ends with the item. Whether it is and where that is cannot be told without all of
    markdown's rules, so such a text stays as it is: a fence too many would do what is to be prevented.
    """
    open_fence = ""
    may_be_in_list = is_after_blank = False
    for line in _LINE_ENDING.split(markdown):
        fence = _FENCE.fullmatch(line)
        if open_fence:
            if fence and fence[2].startswith(open_fence) and not fence[3].strip(" \t"):
                open_fence = ""
        # A backtick after them makes code within a line of them.
        elif fence and not (fence[2].startswith("`") and "`" in fence[3]):
            if may_be_in_list and len(fence[1]) >= _LEAST_ITEM_INDENT:
                return markdown
            open_fence = fence[2]
            may_be_in_list = False
        elif _LIST_ITEM.match(line):
            may_be_in_list = True
        elif is_after_blank and line[:1] not in ("", " ", "\t"):
            # Without a blank line before it, it may go on with an item's paragraph.
            may_be_in_list = False
        is_after_blank = not line.strip(" \t")
    return f"{markdown}\n{open_fence}" if open_fence else markdown


def _object(text: bytes | str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise AgentFailed(_NOT_READABLE) from None
    if not isinstance(value, dict):
        raise AgentFailed(_NOT_READABLE)
    return value
