import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from background_processor.code_fence import with_fence_closed

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
INDENTED = st.builds("".join, st.tuples(st.sampled_from(["", " ", "  ", "   "]), FENCE_LINES))
TOP_LEVEL = st.builds(str.join, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(INDENTED | TEXT_LINES))
NESTED = st.lists(st.builds("".join, st.tuples(CONTAINERS, FENCE_LINES | TEXT_LINES))).map("\n".join)

# What stays as it is: a list item, and after it a fence that may be in it.
FENCE_AFTER_ITEM = re.compile(r"^ {0,3}([-+*]|\d+[.)])(\s|$)[^\0]*^ {2,3}(```|~~~)", re.MULTILINE)


def next_part_is_seen(markdown: str) -> bool:
    """Tell whether the heading of the part that follows is one."""
    tokens = COMMONMARK.parse(f"{markdown}\n\n## The next part\n\ntext")
    return any(token.content == "The next part" and token.level == 1 for token in tokens)


@pytest.mark.parametrize(
    ("markdown", "end"),
    [
        ("Run:\n\n```sh\naws s3 ls", "\n```"),
        ("~~~~\n~~~\ntext", "\n~~~~"),
        ("```\na\n```\n\n```\nb\n", "\n```"),
        ("```\n``` sh", "\n```"),
        ("````\n```", "\n````"),
        ("~~~ `a`", "\n~~~"),
        ("Costs are fine.\n ```\n ```\n```", "\n```"),
        (" ```\nopen", "\n```"),
        ("   ~~~\n```\n    ~~~", "\n~~~"),
        ("text\n  ````\n  ```", "\n````"),
        ("> ```\n ```", "\n```"),
        ("> - a\n  ```", "\n```"),
        ("```\r\na\r\n```\r\n```", "\n```"),
        # No item's content is indented by less than two.
        ("- a\n\n ```", "\n```"),
        # The list is over.
        ("- a\n\ntext\n\n  ```", "\n```"),
        ("- a\n\n> quote\n  ```", "\n```"),
        ("- a\n```\n```\n  ```", "\n```"),
    ],
)
def test_an_open_fence_is_closed(markdown: str, end: str) -> None:
    assert not next_part_is_seen(markdown)
    assert with_fence_closed(markdown) == markdown + end
    assert next_part_is_seen(markdown + end)


@pytest.mark.parametrize(
    "markdown",
    [
        "",
        "text",
        "```\ncode\n```",
        "```\ncode\n   `````  ",
        " ```\ncode\n```",
        "  ```\ncode\n ```\n   ~~~\n~~~",
        "```\r\ncode\r\n```\r\n",
        "``` code ``` in a line",
        "1. Run:\n\n   ```sh\n   aws s3 ls\n   ```\n",
        "- ```\n  aws s3 ls",
        "- a\n\n  ```\n  aws s3 ls",
        "- a\ntext\n  ```",
        "- a\n\n \n  ```",
        "1)\n   ~~~\n   code",
        "> ```\n> aws s3 ls",
        "    ```\n    no fence",
        "``",
    ],
)
def test_what_leaves_no_fence_open_stays_as_it_is(markdown: str) -> None:
    assert next_part_is_seen(markdown)
    assert with_fence_closed(markdown) == markdown


@given(TOP_LEVEL)
def test_the_next_part_is_seen_after_whatever_an_agent_leaves_open(markdown: str) -> None:
    closed = with_fence_closed(markdown)
    assert next_part_is_seen(closed)
    assert (closed == markdown) == next_part_is_seen(markdown)
    assert with_fence_closed(closed) == closed


@given(NESTED)
def test_in_lists_and_quotes_nothing_gets_worse(markdown: str) -> None:
    closed = with_fence_closed(markdown)
    assert closed == markdown or (next_part_is_seen(closed) and not next_part_is_seen(markdown))


@given(NESTED)
def test_after_lists_and_quotes_too_the_next_part_is_seen_unless_a_fence_may_be_in_a_list(markdown: str) -> None:
    assert next_part_is_seen(with_fence_closed(markdown)) or FENCE_AFTER_ITEM.search(markdown)
