"""The command blocks of a document: which are run, which only AWS can run and why, and what is in them. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from runbook.code_fences import CodeFence, code_fences

EXECUTABLE = "bash"
AWS_ONLY = "bash aws-only"
# With which the paragraph before an aws-only block begins; the reason follows.
REASON = "AWS only:"


@dataclass(frozen=True)
class CommandBlock:
    """A block of commands. `line` is that of its first command's fence; `reason` says why only AWS can run it."""

    section: str
    line: int
    code: str
    reason: str | None

    @property
    def is_executable(self) -> bool:
        return self.reason is None

    @property
    def first_command(self) -> str:
        """The first line that is no comment, or nothing."""
        lines = (line.strip() for line in self.code.splitlines())
        return next((line for line in lines if line and not line.startswith("#")), "")

    @property
    def name(self) -> str:
        """What a person calls it: its section and its first command."""
        return f"{self.section}: {self.first_command}"


def command_blocks(document: str) -> list[CommandBlock]:
    """Give a document's command blocks in their order. Raises UnclosedFence."""
    return [
        CommandBlock(fence.section, fence.line, fence.code, reason_of(fence))
        for fence in code_fences(document)
        if fence.info in {EXECUTABLE, AWS_ONLY}
    ]


def reason_of(fence: CodeFence) -> str | None:
    """Give the reason why only AWS can run a block, which may be missing from the document; None: here it is run."""
    return fence.introduction.removeprefix(REASON).strip() if fence.info == AWS_ONLY else None


def as_script(blocks: Iterable[CommandBlock]) -> str:
    """Give the commands of blocks as one script, each in the line that it has in the document."""
    lines: list[str] = []
    for block in blocks:
        lines += [""] * (block.line - len(lines))
        lines += block.code.splitlines()
    return "\n".join(lines) + "\n"
