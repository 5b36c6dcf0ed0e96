"""Searches logs for what nobody may read there: tokens, passwords, signed addresses, and what people asked. Pure."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

# A JWT's header and payload are JSON objects, which in base64url begin with eyJ; an unsigned one has no third part.
TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*")
# Whoever has such an address may read the answer that it leads to.
SIGNATURE = re.compile(r"X-Amz-Signature=\w+", re.IGNORECASE)
# Characters of a question that is searched for: a shorter one, such as "first", is in logs for reasons of its own.
SHORTEST_QUESTION = 12


@dataclass(frozen=True)
class LogSearch:
    """What was searched, for what, and each thing that was found, as a sentence that does not repeat it."""

    lines: int
    logs: int
    questions: int
    passwords: int
    findings: list[str]

    def summary(self) -> str:
        """Give one line for a person."""
        found = f"{len(self.findings)} found" if self.findings else "nothing found"
        return (
            f"{self.lines:,} lines of {self.logs} logs searched for questions ({self.questions:,}), passwords"
            f" ({self.passwords}), tokens and signed addresses: {found}"
        )


def search(logs: Mapping[str, str], asked: Collection[str], passwords: Collection[str]) -> LogSearch:
    """Search logs, given by their names, for questions that were asked, for passwords, and for any token."""
    questions = {question for question in asked if len(question) >= SHORTEST_QUESTION}
    needles = [
        *(("a question", written) for question in questions for written in spellings(question)),
        *(("a password", written) for password in passwords for written in spellings(password)),
    ]
    return LogSearch(
        sum(text.count("\n") for text in logs.values()),
        len(logs),
        len(questions),
        len(passwords),
        # A text is found more than once where its spellings are alike.
        list(dict.fromkeys(finding for name, text in logs.items() for finding in findings_in(name, text, needles))),
    )


def findings_in(name: str, text: str, needles: Collection[tuple[str, str]]) -> Iterator[str]:
    """Find what one log has: the first place of each question and password, and every token."""
    for what, written in needles:
        position = text.find(written)
        if position >= 0:
            yield f"{name}, line {line_of(text, position)}, has {what} in it"
    for what, pattern in (("a token", TOKEN), ("a signed address", SIGNATURE)):
        for found in pattern.finditer(text):
            yield f"{name}, line {line_of(text, found.start())}, has {what} in it"


def line_of(text: str, position: int) -> int:
    """Give the number of the line that a position is in, counted from 1."""
    return text.count("\n", 0, position) + 1


def spellings(text: str) -> set[str]:
    """Give the ways in which a text may stand in a log: as it is, in JSON with or without ASCII only, and in Python."""
    in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return {text, repr(text)[1:-1], *in_json, *(json.dumps(written)[1:-1] for written in in_json)}
