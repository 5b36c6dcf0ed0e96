"""The documents' reader sees what a reader of the web page sees."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unit.docs.markdown_document import MarkdownDocument

TEXT = """# A guide's way: `first`

See [here](#second_part), [`code`](other.md#x) and ![no link](image.png "title").

```json
{"a": 1}
```

## Second_part (2)

```sh
# No heading, and [no link](nowhere.md)
ls `pwd`
```

````text
```json
````

  ```json
  {"b": 2}
  ```
"""


class DocumentOfText(MarkdownDocument):
    """A document whose path is its text."""

    @property
    def text(self) -> str:  # type: ignore[override]
        return self.path


def test_blocks_have_their_language_heading_and_line() -> None:
    blocks = DocumentOfText(TEXT).blocks("json")
    assert [(block.text.strip(), block.heading, block.line) for block in blocks] == [
        ('{"a": 1}', "A guide's way: first", 5),
        ('{"b": 2}', "Second_part (2)", 20),
    ]


def test_headings_links_and_code_within_a_block_are_none() -> None:
    document = DocumentOfText(TEXT)
    assert document.headings == ["A guide's way: first", "Second_part (2)"]
    assert document.links == ["#second_part", "other.md#x"]
    assert document.code_spans == ["first", "code"]


def test_anchors_are_github_s() -> None:
    assert DocumentOfText(TEXT).anchors == {"a-guides-way-first", "second_part-2"}


def test_prose_keeps_each_line_in_its_place() -> None:
    document = DocumentOfText(TEXT)
    assert document.prose.count("\n") == TEXT.count("\n")
    assert document.prose.splitlines()[8] == "## Second_part (2)"


@given(st.lists(st.sampled_from(["```", "```json", "# x", "a `b`", "", "[c](d)"])).map("\n".join))
def test_any_document_is_taken_apart(text: str) -> None:
    document = DocumentOfText(text)
    assert document.prose.count("\n") == text.count("\n")
    assert len(document.headings) <= text.count("# x")
    for block in document.blocks("json"):
        assert block.text in text


@pytest.mark.parametrize("name", ["README.md", "docs/WEBSOCKET_API_GUIDE.md"])
def test_a_document_of_the_project_is_read_by_its_path(name: str) -> None:
    assert MarkdownDocument(name).headings
