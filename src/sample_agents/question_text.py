"""The words of a question, and which of them have been understood so far. Pure."""

import re
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from sample_agents.service_names import Words, words_of

Meaning = TypeVar("Meaning")

_MONTH_ABBREVIATIONS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_START = rf"(?:{'|'.join(_MONTH_ABBREVIATIONS)})"


class Mention(NamedTuple, Generic[Meaning]):
    """A phrase found in the question: its words' positions and what it stands for."""

    start: int
    end: int  # excluded
    meaning: Meaning


class QuestionText:
    """A question as words; each word is taken at most once."""

    def __init__(self, text: str) -> None:
        """Split the question into words, spelling out dates in figures."""
        self.words = words_of(_spelled_out(text.casefold()))
        self._taken = [False] * len(self.words)

    def take(self, phrases: Mapping[Words, Meaning]) -> list[Mention[Meaning]]:
        """Take every phrase in the words left, the longest first; returned in reading order."""
        found = []
        for length in sorted({len(phrase) for phrase in phrases if phrase}, reverse=True):
            for start in range(len(self.words) - length + 1):
                end = start + length
                meaning = phrases.get(self.words[start:end])
                if meaning is not None and not any(self._taken[start:end]):
                    self._taken[start:end] = [True] * length
                    found.append(Mention(start, end, meaning))
        return sorted(found, key=lambda mention: mention.start)

    def left(self) -> list[int]:
        """The positions of the words that nothing has taken."""
        return [position for position, taken in enumerate(self._taken) if not taken]

    def word(self, position: int) -> str:
        """The word at a position, or an empty string beyond the ends."""
        return self.words[position] if 0 <= position < len(self.words) else ""


def _spelled_out(text: str) -> str:
    """The text with months in figures as words, and a dash between months as `to`."""
    text = re.sub(r"\b20\d\d-\d\d-\d\d\b", " day ", text)
    text = re.sub(r"\b(20\d\d)[-/.](0?[1-9]|1[0-2])\b", lambda found: _month(found[2], found[1]), text)
    text = re.sub(r"\b(0?[1-9]|1[0-2])[/.](20\d\d)\b", lambda found: _month(found[1], found[2]), text)
    text = re.sub(r"\b(20\d\d)[-/ ]?(q[1-4])\b", r"\2 \1", text)
    text = re.sub(rf"\b({_MONTH_START}[a-z]*|q[1-4])[ -]*['\u2019](\d\d)\b", r"\1 20\2", text)
    text = re.sub(rf"\s*[-\u2013\u2014]\s*(?={_MONTH_START}[a-z]*\b|q[1-4]\b)", " to ", text)
    return re.sub(r"\bmay (?=(?:i|we|you|it|they|be)\b)", " ", text)  # the verb


def _month(number: str, year: str) -> str:
    return f" {_MONTH_ABBREVIATIONS[int(number) - 1]} {year} "
