"""Words and names: how they are compared, and what `data/words.toml` and the data say they mean. Pure."""

import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

from sample_agents.costs import Costs, Dimension
from sample_agents.question import Named

Words = tuple[str, ...]


def words_of(text: str) -> Words:
    """The text's words in lower case, without punctuation: how names and questions are compared."""
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def listed(phrases: str) -> list[Words]:
    """The words of each phrase in a list that is separated by commas."""
    return [words_of(phrase) for phrase in phrases.split(",")]


def _meanings(table: Mapping[str, str]) -> dict[Words, str]:
    return {words: meaning for meaning, phrases in table.items() for words in (words_of(meaning), *listed(phrases))}


_TABLE = tomllib.loads((resources.files("sample_agents") / "data" / "words.toml").read_text(encoding="utf-8"))
COMMITTABLE_SERVICES = frozenset(listed(_TABLE["committable"]))
FILLER_WORDS = dict.fromkeys(listed(_TABLE["fillers"]), "")
KIND_WORDS, DIMENSION_WORDS = _meanings(_TABLE["kinds"]), _meanings(_TABLE["dimensions"])
_SERVICES, _PROVIDERS = _meanings(_TABLE["services"]), _meanings(_TABLE["providers"])

_ONE_TO_TWELVE = "one two three four five six seven eight nine ten eleven twelve"
NUMBER_WORDS = {word: number for number, word in enumerate(_ONE_TO_TWELVE.split(), start=1)}
# "top", "top 5", "5 biggest": how many are asked for.
RANKING_WORDS: dict[Words, int] = {
    words_of(phrase): number
    for ranking in ("top", "biggest", "largest", "highest", "most expensive", "most", "costliest", "priciest")
    for word, number in {"": 5, **{str(number): number for number in range(1, 101)}, **NUMBER_WORDS}.items()
    for phrase in (f"{ranking} {word}", f"{word} {ranking}")
}


@lru_cache(maxsize=1024)  # the same few names come with every row of an export
def usual_name(service: str) -> str:
    """The service's usual name (`Amazon S3` for `Amazon Simple Storage Service`), or the name as it is."""
    return _SERVICES.get(words_of(service), service)


def known_names(costs: Costs) -> dict[Words, Named]:
    """Every phrase that names a service, region, account or provider, in the data or in the tables of usual names.

    A name in the data that is only one of the words above (a service called "Other") is left out.
    """
    names: dict[Words, Named] = {}
    for dimension, usual in ((Dimension.PROVIDER, _PROVIDERS), (Dimension.SERVICE, _SERVICES)):
        labels = {value: usual.get(words_of(value)) for value in costs.values(dimension)}
        for words, label in usual.items():
            names[words] = Named(dimension, label, frozenset(value for value in labels if labels[value] == label))
    reserved = KIND_WORDS.keys() | DIMENSION_WORDS.keys() | RANKING_WORDS.keys() | FILLER_WORDS.keys() | {()}
    for dimension in Dimension:
        for value in costs.values(dimension):
            label = usual_name(value) if dimension is Dimension.SERVICE else costs.label(dimension, value)
            named = Named(dimension, label, frozenset({value}))
            for words in (_spellings(value) | _spellings(costs.names[dimension][value])) - reserved:
                known = names.setdefault(words, named)
                if known.dimension is dimension and not value.startswith("("):
                    names[words] = known._replace(values=known.values | {value})
    return names


_VENDORS = frozenset({"amazon", "aws", "azure", "microsoft", "google", "oracle"})
_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")


def _spellings(name: str) -> set[Words]:
    """The name's words: all of them, without the vendor, without and only the part in parentheses."""
    words = words_of(_IN_PARENTHESES.sub(" ", name))
    spellings = {words_of(name), words, words[1:] if words[:1] and words[0] in _VENDORS else words}
    for inside in map(words_of, _IN_PARENTHESES.findall(name)):
        # "US West (N. California)" is asked for as California.
        spellings |= {inside, tuple(word for word in inside if len(word) > 1)}
    return spellings
