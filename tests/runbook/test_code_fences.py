"""Fences are found as CommonMark has them, and one that is never closed is said with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbook.code_fences import CodeFence, UnclosedFence, code_fences

# Lines that mean something to whoever reads markdown, put together in any way.
LINES = st.sampled_from(
    [
        *("", "text", "   text", "# A heading", "Heading\n===", "- item", "1. item", "> quoted", "---", "* * *"),
        *("```", "```bash", "````md", "  ```", "    ```", "\t```", "~~~", "~~~ bash", "   ~~~", "`a`", "``` `"),
        *("<pre>", "</pre>"),
    ]
)
DOCUMENTS = st.lists(LINES | st.text(max_size=20), max_size=30).map("\n".join)


def the_fence(document: str) -> CodeFence:
    (fence,) = code_fences(document)
    return fence


def test_a_fence_has_its_line_section_and_introduction() -> None:
    document = "# Title\n\n## Step `1`:\nStart\n\nAWS only: because\nof this.\n\n```bash aws-only\naws s3 ls\n```\n"
    assert the_fence(document) == CodeFence(
        9, "bash aws-only", "aws s3 ls\n", "Step `1`:", "AWS only: because of this."
    )


def test_a_paragraph_counts_only_right_before_the_fence() -> None:
    assert the_fence("Words.\n\n- item\n\n```bash\na\n```").introduction == ""
    assert the_fence("Words.\n\n# Heading\n```bash\na\n```").introduction == ""
    assert the_fence("```bash\na\n```").introduction == ""


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("````md\n```bash\nnested\n```\n````", "```bash\nnested\n```\n"),
        ("~~~bash\na\n```\n~~~", "a\n```\n"),
        ("- item\n\n  ```bash\n  a\n    b\n  ```\n", "a\n  b\n"),
        ("1. one\n   ```bash\n   a\n   ```\n2. two", "a\n"),
        ("> ```bash\n> a\n> ```\n", "a\n"),
        ("   ```bash\n   a\n  ```\n", "a\n"),
        ("```bash\n\n\n```\n", "\n\n"),
        ("```bash\n```", ""),
        ("```bash\r\na\r\n```\r\n", "a\n"),
    ],
)
def test_fences_are_read_as_markdown_has_them(document: str, code: str) -> None:
    assert the_fence(document).code == code


@pytest.mark.parametrize(
    ("document", "line"),
    [
        ("```bash\na\n", 1),
        ("text\n\n```", 3),
        ("```bash\na\n~~~\n", 1),
        ("````bash\na\n```\n", 1),
        ("```bash\na\n```\n\n```bash\nb\n", 5),
        ("- item\n\n  ```bash\n  a\n\nafter the list\n", 3),
        ("> ```bash\n> a\n\nafter the quotation", 1),
    ],
)
def test_an_unclosed_fence_is_said_with_its_line(document: str, line: int) -> None:
    with pytest.raises(UnclosedFence, match=f"line {line} is not closed") as raised:
        code_fences(document)
    assert raised.value.line == line


@given(DOCUMENTS | st.text())
def test_any_text_has_fences_or_an_unclosed_one(document: str) -> None:
    lines = len(document.splitlines()) + 1
    try:
        fences = code_fences(document)
    except UnclosedFence as error:
        assert 1 <= error.line <= lines
    else:
        numbers = [fence.line for fence in fences]
        assert numbers == sorted(set(numbers))
        assert all(1 <= number <= lines for number in numbers)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=20)))
def test_what_a_fence_holds_comes_back(lines: list[str]) -> None:
    code = "".join(f"{line}\n" for line in "\n".join(lines).replace("~", "").split("\n"))
    assert the_fence(f"before\n\n~~~bash\n{code}~~~\n\nafter").code == code
