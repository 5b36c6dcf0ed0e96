"""Prints an answer: drawn markdown on a terminal, the text as it is elsewhere.

An answer comes from agents and is not trusted. What a terminal would obey is taken out, also where markdown's entities
bring it back in. No link can be clicked: its address stands beside it, so nothing says one thing and leads to another.
Images are named with their address and never fetched, HTML is text, and code is not highlighted, because the answer
would choose the lexer. What would take long to draw, or is nested so deeply that there is no room for it, stays text.
"""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console
from rich.markdown import Markdown

from finops_client.terminal_text import clean_text

# Measured with fifty kinds of markup, each repeated up to this size: the worst of them is read in under two seconds.
# What people read of an answer is seldom a tenth of it.
MAX_CHARACTERS = 64 * 1024
# A part takes about 0.1 ms to draw, one in a table up to 0.4 ms.
MAX_TOKENS = 5000
# markdown-it reads no deeper than 20, and leaves out what is there.
MAX_DEPTH = 12
# A level is indented by at most four columns. Half of the width is left for the text.
COLUMNS_A_LEVEL = 8

TAB_COLUMNS = 4


def print_answer(markdown: str, console: Console) -> None:
    """Prints a whole answer; on a terminal as markdown if that is safe and quick."""
    text = clean_text(markdown).rstrip("\n")
    if not console.is_terminal:
        console.file.write(text + "\n")
        return
    tokens = _read(text) if len(text) <= MAX_CHARACTERS else None
    if tokens is None or _depth(tokens) > min(MAX_DEPTH, console.width // COLUMNS_A_LEVEL):
        console.file.write(text.expandtabs(TAB_COLUMNS) + "\n")
        return
    console.print(_Drawing(tokens))


class _Drawing(Markdown):
    """Markdown that is read already."""

    def __init__(self, tokens: list[Token]) -> None:
        super().__init__("", hyperlinks=False)
        self.parsed = tokens


def _read(text: str) -> list[Token] | None:
    """The parts of a markdown text, made safe to draw; None if there are too many."""
    # With HTML switched on, tags and whatever stands between them would be left out.
    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(text)
    if sum(1 + len(token.children or ()) for token in tokens) > MAX_TOKENS:
        return None
    for token in tokens:
        token.info = ""
        if token.children:
            token.children = [_as_text(child) for child in token.children]
    return tokens


def _as_text(token: Token) -> Token:
    if token.type == "image":
        return Token("text", "", 0, content=clean_text(f"{token.content} (image: {token.attrs['src']})"))
    token.content = clean_text(token.content)
    return token


def _depth(tokens: Sequence[Token]) -> int:
    return max((token.level for token in tokens if token.type != "inline"), default=0)
