"""The table of a document's command blocks and how each of them ended. Pure."""

from collections.abc import Sequence

from columns import laid_out
from runbook.command_block import CommandBlock
from runbook.shell_session import Outcome

HEADINGS = ("line", "section", "first command", "seconds", "result")
# Characters, so that most lines of the table fit a terminal.
WIDEST = 40


def block_table(blocks: Sequence[CommandBlock], outcomes: Sequence[Outcome]) -> list[str]:
    """Give the table's lines. The outcomes are those of the executable blocks that were run, in their order."""
    ended = iter(outcomes)
    rows = [row(block, next(ended, None) if block.is_executable else None) for block in blocks]
    return laid_out([HEADINGS, *rows])


def row(block: CommandBlock, outcome: Outcome | None) -> tuple[str, ...]:
    seconds = f"{outcome.seconds:.1f}" if outcome else ""
    return str(block.line), shortened(block.section), shortened(block.first_command), seconds, result(block, outcome)


def result(block: CommandBlock, outcome: Outcome | None) -> str:
    if not block.is_executable:
        return f"aws-only: {block.reason}"
    if outcome is None:
        return "not run"
    return "ok" if outcome.is_good else f"FAILED in line {outcome.failed_line}: {outcome.failure}"


def shortened(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."
