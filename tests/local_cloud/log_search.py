"""Searches logs for what nobody may read: tokens, passwords, access keys, signed addresses, and questions. Pure."""

import base64
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

# A JWT's header and payload are JSON objects, which in base64url begin with eyJ; an unsigned one has no third part.
TOKEN = re.compile(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*")
# Whoever has such an address may read the answer that it leads to.
SIGNATURE = re.compile(r"X-Amz-Signature=\w+", re.IGNORECASE)
# Characters of a question that is searched for: a shorter one, such as "first", is in logs for reasons of its own.
SHORTEST_QUESTION = 12
# Characters of a question's beginning that are searched for too: a log may have it cut off.
BEGINNING = 24
# An access key's id, but for the one of AWS's own examples.
EXAMPLE_KEY = "AKIAIOSFODNN7EXAMPLE"  # pragma: allowlist secret (AWS's own example)
ACCESS_KEY = re.compile(rf"\b(?!{EXAMPLE_KEY})A(?:KIA|SIA)[A-Z0-9]{{16}}\b")

PATTERNS = (("a token", TOKEN), ("a signed address", SIGNATURE), ("an access key", ACCESS_KEY))


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


def search(
    logs: Mapping[str, str],
    asked: Collection[str],
    passwords: Collection[str],
    transcripts: Mapping[str, str] | None = None,
) -> LogSearch:
    """Search logs, given by their names, for questions that were asked, for passwords, and for any token or key.

    What shells have printed, the transcripts, is searched for passwords and tokens alone: questions are typed there.
    """
    transcripts = transcripts or {}
    questions = {question for question in asked if len(question) >= SHORTEST_QUESTION}
    secrets = [("a password", written) for password in passwords for written in spellings(password)]
    needles = [("a question", written) for question in questions for written in spellings(question)] + secrets
    beginnings = {
        folded(written)
        for question in questions
        if len(question) >= BEGINNING
        for written in plain_spellings(question[:BEGINNING])
    }
    found = [
        *(finding for name, text in logs.items() for finding in findings_in(name, text, needles, PATTERNS)),
        *(finding for name, text in logs.items() for finding in beginnings_in(name, text, beginnings)),
        *(finding for name, text in transcripts.items() for finding in findings_in(name, text, secrets, PATTERNS[:1])),
    ]
    searched = [*logs.values(), *transcripts.values()]
    return LogSearch(
        sum(text.count("\n") for text in searched),
        len(searched),
        len(questions),
        len(passwords),
        # A text is found more than once where its spellings are alike.
        list(dict.fromkeys(found)),
    )


def findings_in(
    name: str, text: str, needles: Collection[tuple[str, str]], patterns: Collection[tuple[str, re.Pattern[str]]]
) -> Iterator[str]:
    """Find what one log has: the first place of each question and password, and every place of a pattern."""
    for what, written in needles:
        position = text.find(written)
        if position >= 0:
            yield f"{name}, line {line_of(text, position)}, has {what} in it"
    for what, pattern in patterns:
        for found in pattern.finditer(text):
            yield f"{name}, line {line_of(text, found.start())}, has {what} in it"


def beginnings_in(name: str, text: str, beginnings: Collection[str]) -> Iterator[str]:
    """Find the first place of each beginning of a question, whatever its capitals and white space are."""
    lines = "\n".join(folded(line) for line in text.split("\n"))
    for beginning in beginnings:
        position = lines.find(beginning) if beginning else -1
        if position >= 0:
            yield f"{name}, line {line_of(lines, position)}, has a question in it"


def folded(text: str) -> str:
    """Give a text without capitals, with every run of white space as one space."""
    return " ".join(text.casefold().split())


def line_of(text: str, position: int) -> int:
    """Give the number of the line that a position is in, counted from 1."""
    return text.count("\n", 0, position) + 1


def spellings(text: str) -> set[str]:
    """Give the ways in which a text may stand in a log: plain ones, percent-encoded, and in base64."""
    encoded = text.encode(errors="surrogatepass")
    in_base64 = {base64.b64encode(encoded), base64.urlsafe_b64encode(encoded)}
    in_addresses = {quote(encoded), quote(encoded, safe=""), quote_plus(encoded)}
    return {*plain_spellings(text), *in_addresses, *(written.decode().rstrip("=") for written in in_base64)}


def plain_spellings(text: str) -> set[str]:
    """Give the ways in which a program writes a text: as it is, in JSON with or without ASCII only, and in Python."""
    in_json = {json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]}
    return {text, repr(text)[1:-1], *in_json, *(json.dumps(written)[1:-1] for written in in_json)}
