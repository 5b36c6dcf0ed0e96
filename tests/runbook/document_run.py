"""A document's executable blocks, run in one shell in their order."""

from runbook.command_block import CommandBlock, as_script
from runbook.complete_commands import complete_commands
from runbook.shell_session import Outcome, ShellSession

# For one block. The longest builds the packages or deploys the stack, for which an idle machine needs half a minute.
SECONDS = 600


class BlockFailed(AssertionError):
    """A block did not do what it should; what is needed to see why is in the text."""

    def __init__(self, document: str, block: CommandBlock, outcome: Outcome) -> None:
        super().__init__(
            f"{document}, line {outcome.failed_line}, in {block.section!r}: {outcome.failure}.\n\n"
            f"The block in line {block.line}:\n{block.code}\nIts output:\n{outcome.output}"
        )


class DocumentRun:
    """The run of a document, as far as it has come: `outcomes` are those of the executable blocks that were run."""

    def __init__(
        self, document: str, blocks: list[CommandBlock], shell: ShellSession, seconds: float = SECONDS
    ) -> None:
        self._document = document
        self._executable = [block for block in blocks if block.is_executable]
        self._shell = shell
        self._seconds = seconds
        self.outcomes: list[Outcome] = []

    def run(self, block: CommandBlock) -> bool:
        """Run a block after all those before it, and say whether it was run: it is not after one that failed.

        Raises BlockFailed if this one fails, or one before it that was not run yet.
        """
        position = self._executable.index(block)
        while len(self.outcomes) <= position:
            if self.outcomes and not self.outcomes[-1].is_good:
                return False
            self._run_next()
        return True

    def _run_next(self) -> None:
        block = self._executable[len(self.outcomes)]
        outcome = self._shell.run(complete_commands(as_script([block])), self._seconds)
        self.outcomes.append(outcome)
        if not outcome.is_good:
            raise BlockFailed(self._document, block, outcome)
