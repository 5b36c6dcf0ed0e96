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
TOP_LEVEL = st.lists(FENCE_LINES | TEXT_LINES).map("\n".join)
NESTED = st.lists(st.builds("".join, st.tuples(CONTAINERS, FENCE_LINES | TEXT_LINES))).map("\n".join)


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
        "``` code ``` in a line",
        "1. Run:\n\n   ```sh\n   aws s3 ls\n   ```\n",
        "- ```\n  aws s3 ls",
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
