"""The documents' command blocks: which are run, which only AWS can run and why, and what is in them."""

from collections.abc import Iterable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from local_cloud.running_cloud import ROOT

RUNBOOK = "WEBSOCKET_DEPLOYMENT_GUIDE.md"
# The runbook, and the documents that the user's guide names, in this order.
DOCUMENTS = [
    RUNBOOK,
    "WEBSOCKET_API_GUIDE.md",
    "troubleshooting_notes.md",
    "agent_to_agent_communication_architecture.md",
    "project_rules.md",
]
EXECUTABLE = "bash"
AWS_ONLY = "bash aws-only"
# With which the paragraph before an aws-only block begins; the reason follows.
REASON = "AWS only:"


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

    @property
    def is_executable(self) -> bool:
        return self.info == EXECUTABLE

    @property
    def reason(self) -> str:
        """Why only AWS can run it."""
        return self.introduction.removeprefix(REASON).strip()

    @property
    def first_command(self) -> str:
        """The first line that is no comment, or nothing."""
        lines = (line.strip() for line in self.code.splitlines())
        return next((line for line in lines if line and not line.startswith("#")), "")


def text_of(document: str) -> str:
    """Read a document by its name."""
    return (ROOT / "docs" / document).read_text(encoding="utf-8")


def code_fences(document: str) -> list[CodeFence]:
    """Give a document's fenced blocks in their order, those in lists and quotations included.

    Raises ValueError for a fence that is not closed: all that follows would be in the block.
    """
    # The last line has an end of its own, so that a block's lines can be counted.
    tokens = MarkdownIt("commonmark").parse(f"{document}\n")
    fences = []
    section = ""
    for index, token in enumerate(tokens):
        if token.type == "heading_open":
            section = one_line(tokens[index + 1].content)
        elif token.type == "fence":
            assert token.map is not None
            begin, end = token.map
            if token.content.count("\n") != end - begin - 2:
                raise ValueError(
                    f"The fence in line {begin + 1} is not closed. Close it with as many of the same characters."
                )
            introduction = introduction_of(tokens[:index])
            fences.append(CodeFence(begin + 1, token.info.strip(), token.content, section, introduction))
    return fences


def introduction_of(before: list[Token]) -> str:
    """Give the paragraph that the tokens before a fence end with."""
    if len(before) < 2 or before[-1].type != "paragraph_close":
        return ""
    return one_line(before[-2].content)


def one_line(text: str) -> str:
    """Give a text with every run of white space as one space."""
    return " ".join(text.split())


def command_blocks(document: str) -> list[CodeFence]:
    """Give a document's command blocks in their order."""
    return [fence for fence in code_fences(document) if fence.info in {EXECUTABLE, AWS_ONLY}]


def as_script(blocks: Iterable[CodeFence]) -> str:
    """Give the commands of blocks as one script, each in the line that it has in the document."""
    lines: list[str] = []
    for block in blocks:
        lines += [""] * (block.line - len(lines))
        lines += block.code.splitlines()
    return "\n".join(lines) + "\n"
