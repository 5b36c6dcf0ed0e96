"""A question as words, of which each is used once. Pure."""

import calendar
import re
from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from sample_agents.vocabulary import Words, words_of

Meaning = TypeVar("Meaning")


class Mention(NamedTuple, Generic[Meaning]):
    """A phrase found in the question: its words' positions and what it stands for."""

    start: int
    end: int  # excluded
    meaning: Meaning


class QuestionText:
    """A question as words; each word is taken at most once."""

    def __init__(self, text: str) -> None:
        self.words = words_of(_spelled_out(text.casefold()))
        self.left = set(range(len(self.words)))  # the positions of the words that nothing has taken

    def take(self, phrases: Mapping[Words, Meaning]) -> list[Mention[Meaning]]:
        """Take every phrase in the words left, the longest first; returned in reading order."""
        found = []
        for length in sorted({len(phrase) for phrase in phrases}, reverse=True):
            for start in range(len(self.words) - length + 1):
                end = start + length
                meaning = phrases.get(self.words[start:end])
                if meaning is not None and self.left.issuperset(range(start, end)):
                    self.left.difference_update(range(start, end))
                    found.append(Mention(start, end, meaning))
        return sorted(found, key=lambda mention: mention.start)

    def find(self, pattern: str, meaning: Callable[[re.Match[str]], Meaning]) -> list[Mention[Meaning]]:
        """Take every match of a pattern in the words left."""
        left = [word if position in self.left else "_" for position, word in enumerate(self.words)]
        matches = re.finditer(rf"\b(?:{pattern})\b", " ".join(left))
        return self.take({tuple(found[0].split()): meaning(found) for found in matches})

    def word(self, position: int) -> str:
        """The word at a position, or an empty string beyond the ends."""
        return self.words[position] if 0 <= position < len(self.words) else ""


_MONTH_START = rf"(?:{'|'.join(calendar.month_abbr[1:]).lower()})"


def _spelled_out(text: str) -> str:
    """The text with months in figures as words, and a dash between months as `to`."""

    def month(number: str, year: str) -> str:
        return f" {calendar.month_abbr[int(number)].lower()} {year} "

    text = re.sub(r"\b20\d\d-\d\d-\d\d\b", " day ", text)
    text = re.sub(r"\b(20\d\d)[-/.](0?[1-9]|1[0-2])\b", lambda found: month(found[2], found[1]), text)
    text = re.sub(r"\b(0?[1-9]|1[0-2])[/.](20\d\d)\b", lambda found: month(found[1], found[2]), text)
    text = re.sub(r"\b(20\d\d)[-/ ]?(q[1-4])\b", r"\2 \1", text)
    text = re.sub(rf"\b({_MONTH_START}[a-z]*|q[1-4])[ -]*['\u2019](\d\d)\b", r"\1 20\2", text)
    text = re.sub(rf"\s*[-\u2013\u2014]\s*(?={_MONTH_START}[a-z]*\b|q[1-4]\b)", " to ", text)
    return re.sub(r"\bmay (?=(?:i|we|you|it|they|be)\b)", " ", text)  # the verb
