"""Questions that work, by topic: what a refusal offers, and the page that says what may be asked. Pure."""

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True)
class Topic:
    """A part of what may be asked."""

    name: str
    what: str
    questions: tuple[str, ...]


@functools.cache
def topics() -> tuple[Topic, ...]:
    """The topics of examples.toml."""
    text = resources.files(__package__).joinpath("examples.toml").read_text(encoding="utf-8")
    return tuple(
        Topic(topic["name"], topic["what"].strip(), tuple(topic["questions"])) for topic in tomllib.loads(text)["topic"]
    )


def page() -> str:
    """The page docs/what_may_be_asked.md."""
    opening = (
        "# What may be asked\n\n"
        "The two sample agents answer these questions, from a cost export in FOCUS format; the examples are about the\n"
        "data that they ship. An answer begins with what was understood, and a question with a word that would change\n"
        "a number and is not understood is refused. Made by `page()` of sample_agents/understanding/examples.py from\n"
        "[examples.toml](../src/sample_agents/understanding/examples.toml); what is right for each is in\n"
        "[questions.tsv](../tests/unit/sample_agents/questions.tsv).\n\n"
        "| topic | what | examples |\n| --- | --- | --- |\n"
    )
    rows = (
        f"| {topic.name} | {' '.join(topic.what.split())} | {'<br>'.join(topic.questions)} |\n" for topic in topics()
    )
    return opening + "".join(rows)
