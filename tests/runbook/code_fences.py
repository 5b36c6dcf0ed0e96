"""The fenced blocks of a markdown document, with where they are and what is said right before them. Pure."""

from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token


class UnclosedFence(ValueError):
    """A fence that nothing closes: all that follows would be in the block, or the rest of its list."""

    def __init__(self, line: int) -> None:
        super().__init__(f"The fence in line {line} is not closed. Close it with as many of the same characters.")
        self.line = line


@dataclass(frozen=True)
class CodeFence:
    """A fenced block. `line` is that of the opening fence, counted from 1; `info` is what follows its characters."""

    line: int
    info: str
    code: str
    section: str
    """The nearest heading above it, or nothing."""
    introduction: str
    """The paragraph that ends right before it, on one line, or nothing."""


def code_fences(document: str) -> list[CodeFence]:
    """Give a document's fenced blocks in their order, those in lists and quotations included.

    Raises UnclosedFence for the first fence that is not closed.
    """
    # The last line has an end of its own, so that a block's lines can be counted.
    tokens = MarkdownIt("commonmark").parse(f"{document}\n")
    fences = []
    section = ""
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            section = one_line(tokens[index + 1].content)
        elif token.type == "fence":
            line = first_line(token)
            if not is_closed(token):
                raise UnclosedFence(line)
            fences.append(CodeFence(line, token.info.strip(), token.content, section, introduction_of(tokens[:index])))
    return fences


def first_line(token: Token) -> int:
    """Give the number of a token's first line, counted from 1."""
    assert token.map is not None
    return token.map[0] + 1


def is_closed(fence: Token) -> bool:
    """Say whether a fence ends with a line that closes it, and not with its document or list."""
    assert fence.map is not None
    begin, end = fence.map
    return fence.content.count("\n") == end - begin - 2


def introduction_of(before: list[Token]) -> str:
    """Give the paragraph that the tokens before a fence end with."""
    if len(before) < 2 or before[-1].type != "paragraph_close":
        return ""
    return one_line(before[-2].content)


def one_line(text: str) -> str:
    """Give a text with every run of white space as one space."""
    return " ".join(text.split())
