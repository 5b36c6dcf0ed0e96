"""A markdown document of the project's, taken apart: its fenced blocks, headings, links, and what it names in code."""

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]

_FENCED = re.compile(r"^( {0,3})(`{3,})([^\n`]*)\n(.*?)^\1\2 *$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^()\s]+)\)")
_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True)
class FencedBlock:
    """A fenced block: the word behind the fence, its text, and the heading that it stands under."""

    language: str
    text: str
    heading: str
    line: int


@dataclass(frozen=True)
class MarkdownDocument:
    """A document of the repository, by its path from the root."""

    path: str

    @cached_property
    def text(self) -> str:
        return (REPOSITORY / self.path).read_text(encoding="utf-8")

    @cached_property
    def prose(self) -> str:
        """The text with its fenced blocks blank, each line in its place."""
        return _FENCED.sub(lambda found: "\n" * found[0].count("\n"), self.text)

    @cached_property
    def headings(self) -> list[str]:
        """What the headings say, without their marks."""
        return [found[2].replace("`", "") for found in _HEADING.finditer(self.prose)]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link can name behind its #, as GitHub makes it of the headings."""
        return set(map(github_anchor, self.headings))

    @cached_property
    def links(self) -> list[str]:
        """Where the links lead, those of other places included."""
        return _LINK.findall(self.prose)

    @cached_property
    def code_spans(self) -> list[str]:
        """What stands between single backticks."""
        return _CODE.findall(self.prose)

    def blocks(self, language: str) -> list[FencedBlock]:
        """The fenced blocks of a language, in their order."""
        return [
            FencedBlock(
                language, found[4], self._heading_at(found.start()), self.text.count("\n", 0, found.start()) + 1
            )
            for found in _FENCED.finditer(self.text)
            if found[3].strip() == language
        ]

    def _heading_at(self, position: int) -> str:
        line = self.text.count("\n", 0, position)
        above = "\n".join(self.prose.splitlines()[:line])
        headings = [found[2].replace("`", "") for found in _HEADING.finditer(above)]
        return headings[-1] if headings else ""


def github_anchor(heading: str) -> str:
    """What GitHub makes of a heading, for links."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
