"""Which phrases of a question name a service, region, account or provider. Pure."""

import re
from collections.abc import Collection
from typing import NamedTuple

from sample_agents.costs import Costs, Dimension
from sample_agents.service_names import SERVICE_LABELS, Words, usual_name, words_of


class Named(NamedTuple):
    """What a phrase names: the values of a dimension, none if the data lack it."""

    dimension: Dimension
    label: str
    values: frozenset[str]


_PROVIDERS = {
    "AWS": "AWS, Amazon, Amazon Web Services",
    "Microsoft": "Microsoft, Azure, Microsoft Azure",
    "Google Cloud": "Google, Google Cloud, GCP, Google Cloud Platform",
    "Oracle": "Oracle, OCI, Oracle Cloud",
}
_VENDORS = frozenset({"amazon", "aws", "azure", "microsoft", "google", "oracle"})
_IN_PARENTHESES = re.compile(r"\(([^)]*)\)")


def known_names(costs: Costs, reserved: Collection[str]) -> dict[Words, Named]:
    """Every phrase that names something, from the data and from the tables of usual names.

    A name that is only one of the `reserved` words of questions (a service called "Other") is left out.
    """
    phrases: dict[Words, Named] = {}
    for label, names in _PROVIDERS.items():
        ours = {words_of(name) for name in names.split(", ")}
        values = frozenset(value for value in costs.values(Dimension.PROVIDER) if words_of(value) in ours)
        phrases |= dict.fromkeys(ours, Named(Dimension.PROVIDER, label, values))
    by_label: dict[str, set[str]] = {}
    for value in costs.values(Dimension.SERVICE):
        by_label.setdefault(usual_name(value), set()).add(value)
    for words, label in SERVICE_LABELS.items():
        phrases[words] = Named(Dimension.SERVICE, label, frozenset(by_label.get(label, ())))
    for dimension in Dimension:
        for value in costs.values(dimension):
            label = usual_name(value) if dimension is Dimension.SERVICE else costs.label(dimension, value)
            named = Named(dimension, label, frozenset({value}))
            for words in _spellings(value) + _spellings(costs.names[dimension].get(value, "")):
                if words and " ".join(words) not in reserved:
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
