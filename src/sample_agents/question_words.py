"""The words of questions about costs: how a question is split, which words there are and what each means. Pure."""

import calendar
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, NamedTuple, TypeVar

from sample_agents.costs import Costs
from sample_agents.focus_export import Dimension
from sample_agents.vocabulary import SERVICE_LABELS, VOCABULARY, Words, listed, usual_name, words_of

Meaning = TypeVar("Meaning")


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


_MONTH_START = rf"(?:{'|'.join(calendar.month_abbr[1:]).lower()})"


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
    return f" {calendar.month_abbr[int(number)].lower()} {year} "


class Kind(StrEnum):
    """What a question asks for."""

    COST = "cost"
    COMPARISON = "comparison"
    FORECAST = "forecast"
    SAVINGS = "savings"


# The first of these that a question has decides.
KIND_PRECEDENCE = tuple(map(Kind, VOCABULARY["kinds"]))
KIND_WORDS: dict[Words, Kind] = {
    phrase: Kind(kind) for kind, phrases in VOCABULARY["kinds"].items() for phrase in listed(phrases)
}
MONTHLY = "month"  # what costs can be broken down by besides a Dimension
DIMENSION_WORDS: dict[Words, str] = {
    phrase: dimension for dimension, phrases in VOCABULARY["dimensions"].items() for phrase in listed(phrases)
}
# Words that change nothing about what is asked.
FILLER_WORDS: dict[Words, str] = {phrase: " ".join(phrase) for phrase in listed(VOCABULARY["fillers"])}

_ONE_TO_TWELVE = "one two three four five six seven eight nine ten eleven twelve"
NUMBER_WORDS = {word: number for number, word in enumerate(_ONE_TO_TWELVE.split(), start=1)}

_USUAL_TOP = 5
_NUMBERS = {str(number): number for number in range(1, 101)} | NUMBER_WORDS
# "top", "top 5", "5 biggest": how many are asked for.
RANKING_WORDS: dict[Words, int] = {
    phrase: number
    for ranking in ("top", "biggest", "largest", "highest", "most expensive", "most", "costliest", "priciest")
    for word, number in {"": _USUAL_TOP, **_NUMBERS}.items()
    for phrase in (words_of(f"{ranking} {word}"), words_of(f"{word} {ranking}"))
}


class Named(NamedTuple):
    """What a phrase names: the values of a dimension, none if the data lack it."""

    dimension: Dimension
    label: str
    values: frozenset[str]


_VENDORS = frozenset({"amazon", "aws", "azure", "microsoft", "google", "oracle"})
_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")


def known_names(costs: Costs) -> dict[Words, Named]:
    """Every phrase that names a service, region, account or provider, in the data or in the tables of usual names.

    A name in the data that is only one of the words above (a service called "Other") is left out.
    """
    phrases: dict[Words, Named] = {}
    for label, names in VOCABULARY["providers"].items():
        ours = set(listed(names))
        values = frozenset(value for value in costs.values(Dimension.PROVIDER) if words_of(value) in ours)
        phrases |= dict.fromkeys(ours, Named(Dimension.PROVIDER, label, values))
    by_label: dict[str, set[str]] = {}
    for value in costs.values(Dimension.SERVICE):
        by_label.setdefault(usual_name(value), set()).add(value)
    for words, label in SERVICE_LABELS.items():
        phrases[words] = Named(Dimension.SERVICE, label, frozenset(by_label.get(label, ())))
    reserved = KIND_WORDS.keys() | DIMENSION_WORDS.keys() | RANKING_WORDS.keys() | FILLER_WORDS.keys()
    for dimension in Dimension:
        for value in costs.values(dimension):
            label = usual_name(value) if dimension is Dimension.SERVICE else costs.label(dimension, value)
            named = Named(dimension, label, frozenset({value}))
            for words in _spellings(value) + _spellings(costs.names[dimension].get(value, "")):
                if words and words not in reserved:
                    known = phrases.setdefault(words, named)
                    if known.dimension is dimension and not value.startswith("("):
                        phrases[words] = known._replace(values=known.values | {value})
    return phrases


def _spellings(name: str) -> list[Words]:
    """The name's words: all of them, without the vendor, without and only the part in parentheses."""
    words = words_of(_IN_PARENTHESES.sub(" ", name))
    spellings = [words_of(name), words]
    if words and words[0] in _VENDORS:
        spellings.append(words[1:])
    for inside in _IN_PARENTHESES.findall(name):
        # "US West (N. California)" is asked for as California.
        spellings += [words_of(inside), tuple(word for word in words_of(inside) if len(word) > 1)]
    return spellings
