"""What a question that is not understood gets back: what was understood, what was not, and questions that work."""

import difflib
import functools
import itertools
from collections.abc import Iterable, Sequence

from sample_agents.costs.charges import Costs
from sample_agents.errors import UnanswerableError
from sample_agents.query import Dimension, Field, Tag
from sample_agents.understanding.examples import topics
from sample_agents.understanding.question_text import Word, Words, words_of
from sample_agents.understanding.vocabulary import GRAMMAR, UNANSWERABLE, Item, Named, Names
from sample_agents.writing import bullets, paragraphs, plain

_MOST_NAMES = 20  # listed when a name is not in the data
_MOST_COMPARED = 5_000  # names that a misspelt word is compared with


def not_understood(question: Sequence[Word]) -> UnanswerableError:
    """Nothing in the question is about costs."""
    return UnanswerableError(
        paragraphs("I answer questions about the costs in the data, and found none in this one.", _nearest(question))
    )


def unknown_words(
    names: Names, question: Sequence[Word], left: Sequence[Item], items: Sequence[Item], understood: str
) -> UnanswerableError:
    """Words that no rule has taken: a number might depend on them."""
    reasons = list(dict.fromkeys(str(item.meaning) for item in left if item.kind == "refused"))
    sentences = [f"{reason}." for reason in reasons]
    for item in left:
        text = _written(question, item)
        before = items[items.index(item) - 1] if items.index(item) else None
        if item.kind == "refused":
            continue
        if before and (before.kind, before.meaning) == ("link", "by"):
            sentences.append(f'I cannot break costs down by "{text}": I know {_dimensions(names.costs)}.')
        elif named := names.qualified.get((text.casefold(),)):
            kind = _name(named[0].field)
            sentences.append(
                f'"{text}" alone can mean other things: for the {kind} of that name, ask for {kind} "{text}".'
            )
        elif item.kind in ("unknown", "number"):
            sentences.append(f'"{text}" is not in the data, and no word that I know.{_suggestion(names, text)}')
        else:
            sentences.append(f'I do not know what "{text}" means here.')
    words = ", ".join(f'"{_written(question, item)}"' for item in left)
    opening = f"I did not understand {words}, and do not guess: the number could depend on it."
    return UnanswerableError(
        paragraphs(
            opening,
            " ".join(dict.fromkeys(sentences)),
            f"Understood: {understood}." if understood else "",
            _nearest(question),
        )
    )


def absent(names: Names, text: str, options: Sequence[Named]) -> UnanswerableError:
    """A name that these data lack, with the names that they have."""
    text = text.strip('"')
    fields = list(dict.fromkeys(named.field for named in options))
    parts = [f'"{plain(text)}" is not in the data.{_suggestion(names, text)}']
    for field in fields[:2]:
        values = [value for value in names.costs.values(field) if value]
        there = [plain(names.costs.label(field, value)) for value in values[:_MOST_NAMES]]
        rest = [f"and {len(values) - _MOST_NAMES:,} more"] if len(values) > _MOST_NAMES else []
        parts += [f"Each {_name(field)} there:", bullets(there + rest)] if there else [f"They have no {_name(field)}."]
    return UnanswerableError(paragraphs(*parts))


def ambiguous(text: str, options: Sequence[Named]) -> UnanswerableError:
    """A name that means several things which cost differently."""
    readings = [f'{_name(named.field)} "{plain(value)}"' for named in options for value in named.values[:2]]
    return UnanswerableError(
        f'"{plain(text)}" can be {" or ".join(readings)}, which are different charges: say which, as in '
        f'"cost of {readings[0]}".'
    )


def ambiguous_field(options: Iterable[Field]) -> UnanswerableError:
    """A dimension's word that means several."""
    return UnanswerableError(f"Which of them: {', '.join(map(_name, options))}? Each gives other numbers.")


def _name(field: Field) -> str:
    return f"tag {plain(field.key)}" if isinstance(field, Tag) else field.value


def _dimensions(costs: Costs) -> str:
    tags = f", and the tags {', '.join(map(plain, costs.tag_keys[:_MOST_NAMES]))}" if costs.tag_keys else ""
    return f"{', '.join(dimension.value for dimension in Dimension if dimension is not Dimension.PRODUCT)}{tags}"


def _written(question: Sequence[Word], item: Item) -> str:
    return plain(" ".join(word.written for word in question[item.start : item.end]))


def _suggestion(names: Names, text: str) -> str:
    """Words and names like this one, for a slip of the finger."""
    word = text.casefold()
    known: list[Words] = [phrase for phrase in (*GRAMMAR, *UNANSWERABLE, *names.fields) if len(phrase) == 1]
    known += itertools.islice(names.free, _MOST_COMPARED)
    alike = {" ".join(phrase) for phrase in known if phrase[0][:1] == word[:1]} - {word}  # slips keep the first letter
    near = difflib.get_close_matches(word, sorted(alike), n=3, cutoff=0.8)
    return f" Did you mean {' or '.join(map(plain, near))}?" if near else ""


def _nearest(question: Sequence[Word]) -> str:
    """Three questions that work, with the most words in common."""
    asked = {word.text for word in question}
    ranked = sorted(_examples(), key=lambda example: -len(asked & example[1]))
    return paragraphs("Questions that work:", bullets([example for example, _ in ranked[:3]]))


@functools.cache
def _examples() -> list[tuple[str, frozenset[str]]]:
    return [(example, frozenset(words_of(example))) for topic in topics() for example in topic.questions]
