"""Words and names: how they are compared, and what the table `data/words.toml` says they mean. Pure."""

import re
import tomllib
from functools import lru_cache
from importlib import resources
from typing import Any

Words = tuple[str, ...]

VOCABULARY: dict[str, Any] = tomllib.loads(
    (resources.files("sample_agents") / "data" / "words.toml").read_text(encoding="utf-8")
)


def words_of(text: str) -> Words:
    """The text's words in lower case, without punctuation: how names and questions are compared."""
    return tuple(re.findall(r"[^\W_]+", text.casefold()))


def listed(phrases: str) -> list[Words]:
    """The words of each phrase in a list that is separated by commas."""
    return [words_of(phrase) for phrase in phrases.split(",")]


# Each name's words, with the service's usual name.
SERVICE_LABELS: dict[Words, str] = {
    name: label for label, names in VOCABULARY["services"].items() for name in (words_of(label), *listed(names))
}


@lru_cache(maxsize=1024)  # the same few names come with every row of an export
def usual_name(service: str) -> str:
    """The service's usual name (`Amazon S3` for `Amazon Simple Storage Service`), or the name as it is."""
    return SERVICE_LABELS.get(words_of(service), service)
